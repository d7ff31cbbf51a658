"""The entry: a model in lavaan syntax and data (or published moments) to one frozen result."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analysis.sem.admissible import Problem, inadmissible, not_converged
from analysis.sem.errors import ModelError
from analysis.sem.estimate import Estimated, estimate, n_needed
from analysis.sem.moments import Moments
from analysis.sem.observed import Array, Frame, Sample, prepare, sample_of, sample_of_moments
from analysis.sem.options import Options
from analysis.sem.result import FitResult
from analysis.sem.sam import SamEstimated, estimate_sam
from analysis.sem.syntax import Statement, parse
from analysis.sem.table import ParameterTable, build_table, observed_of

if TYPE_CHECKING:
    from analysis.sem.inference import Inference

FEW_CLUSTERS = 40
NO_SATURATED_MOMENTS = (
    "No measures of fit: the moments of the incomplete answers without a model, which a model is held against, were not"
    " found. Too few persons answered some of the items together: more answers or fewer items are needed."
)


def fit(model: str, data: pd.DataFrame | Moments, **asked: object) -> FitResult:
    """Fit ``model`` (lavaan syntax) to ``data``: one row per person, or published moments.

    Keyword arguments are the fields of ``Options``; without any it is lavaan's ``sem()`` with its defaults: one group,
    complete rows, maximum likelihood, expected information. Raises ``ModelError`` for a model that cannot be read,
    options that do not go together, and data that cannot carry the model.
    """
    options = Options.checked(**asked)
    table, sample = prepared(model, data, options)
    if options.estimator == "SAM":
        return result_of_sam(estimate_sam(table, sample, options))
    return result_of(estimated_by(table, sample, options))


def prepared(model: str, data: pd.DataFrame | Moments, options: Options) -> tuple[ParameterTable, Sample]:
    """The parameter table and the sample statistics a fit starts from."""
    statements = parse(model)
    source = _source(data, options)
    categories: dict[str, int] = {}
    if isinstance(source, Moments):
        groups = tuple(g.name for g in source.groups)
    else:
        groups = source.groups
        categories = {name: len(codes) for name, codes in source.categories.items()}
    means = _means(statements, data, options)
    table = _table(model, options, groups=groups, categories=tuple(categories.items()), means=means)
    unbiased = options.recipe.discrepancy != "ML"
    if isinstance(source, Moments):
        return table, sample_of_moments(table, source, unbiased=unbiased)
    return table, sample_of(table, source, missing=options.missing, unbiased=unbiased)


def refit(model: str, first: FitResult, **asked: object) -> FitResult:
    """Another ``model`` of the same variables, fitted to the sample statistics of ``first`` (not computed again).

    ``asked`` are all options again; those that make the sample statistics must be what they were. Raises
    ``ModelError`` as ``fit`` does, and where the statistics would be others.
    """
    options, before, sample = Options.checked(**asked), first.estimated.options, first.estimated.sample
    made = [(o.group, o.cluster, o.missing, o.ordered, o.recipe.discrepancy == "ML") for o in (options, before)]
    if made[0] != made[1]:
        raise ModelError("A fit to the same persons needs the same groups, clusters, missing and ordered.")
    known = first.estimated.table
    categories = {
        name: int(count) + 1
        for name, count in zip(known.observed, np.bincount(sample.groups[0].ordered.threshold_item), strict=True)
    } if known.ordered else {}  # fmt: skip
    table = _table(model, options, groups=known.groups, categories=tuple(categories.items()), means=known.means)
    if table.observed != sample.names:
        raise ModelError("The model has other variables, or in another order, than the fit whose persons it takes.")
    if options.estimator == "SAM":
        return result_of_sam(estimate_sam(table, sample, options))
    return result_of(estimated_by(table, sample, options))


@lru_cache(maxsize=256)
def _table(
    model: str,
    options: Options,
    *,
    groups: tuple[str, ...],
    categories: tuple[tuple[str, int], ...],
    means: bool | None,
) -> ParameterTable:
    """The parameter table of the options asked; made once where the same model is fitted to many samples."""
    if (options.group_equal or options.group_partial) and len(groups) < 2:
        raise ModelError("group_equal and group_partial need several groups: name their column with --group.")
    return build_table(
        parse(model),
        groups=groups,
        ordered=options.ordered,
        categories=dict(categories),
        group_equal=options.group_equal,
        group_partial=options.group_partial,
        means=means,
        std_lv=options.std_lv,
        # the weights of least squares tie the covariates' moments to the others: there they are parameters
        fixed_x=options.recipe.discrepancy == "ML",
        parameterization=options.parameterization,
        bounds=options.bounds,
    )


def _source(data: pd.DataFrame | Moments, options: Options) -> Frame | Moments:
    """What there is to fit, refused where the options need what it does not have."""
    if isinstance(data, Moments):
        _refuse_moments(data, options)
        return data
    return prepare(data, group=options.group, cluster=options.cluster, ordered=options.ordered)


def _means(statements: Sequence[Statement], data: pd.DataFrame | Moments, options: Options) -> bool | None:
    """Whether there is a mean structure, ``None`` for the table's default. Published covariances without means are
    fitted without one, unless the model speaks of means."""
    if options.missing == "fiml" or options.cluster is not None:
        return True
    speaks = any(s.op == "~1" for s in statements) or not {"intercepts", "means"}.isdisjoint(options.group_equal)
    if options.means is None and isinstance(data, Moments) and not data.has_means and not speaks:
        return False
    return options.means


def estimated_by(
    table: ParameterTable, sample: Sample, options: Options, *, start: Array | None = None
) -> Estimated:  # fmt: skip
    """Estimate, after refusing samples too small for what the estimator needs; from ``start`` (n_free,) where that
    leads to a solution, else from the usual starting values."""
    needed = n_needed(table)
    if options.recipe.discrepancy == "ML" and sample.n <= needed:
        raise ModelError(
            f"No more usable rows than free parameters ({needed}, own intercepts apart): more persons than parameters"
            " are needed. Estimator sam asks for fewer."
        )
    near = None if start is None else estimate(table, sample, options, start=start)
    return near if near is not None and near.converged else estimate(table, sample, options)


def result_of(estimated: Estimated) -> FitResult:
    """Errors, tests, indices and verdicts for a solution."""
    from analysis.sem.inference import infer
    from analysis.sem.measures import measures

    unfit = {"npar": float(estimated.npar), "df": float(estimated.df)}
    if not estimated.converged:
        return _result(estimated, None, (not_converged(estimated),), unfit)
    inference = infer(estimated)
    problems = (*inference.problems, *inadmissible(estimated))
    # without identification the parameters are fewer than they seem, so that no df, and no fit built on it, is right
    fit_measures = unfit if inference.problems else measures(estimated)
    unmeasured = () if inference.problems or "chisq" in fit_measures else (NO_SATURATED_MOMENTS,)
    result = _result(estimated, inference, problems, fit_measures, unmeasured)
    return _with_bootstrap(result) if estimated.options.bootstrap else result


def result_of_sam(sam: SamEstimated) -> FitResult:
    """The result of local SAM. Its measures are those of the structural part to the latent variables' moments, named
    ``structural_…``: the whole model has no minimum to test. ``sam`` keeps the measurement blocks with theirs."""
    fit_measures = {"npar": float(sam.estimated.npar)} | sam.fit if sam.estimated.converged else {}
    result = replace(_result(sam.estimated, sam.inference, sam.problems, fit_measures, sam.notes), sam=sam)
    return _with_bootstrap(result) if sam.estimated.options.bootstrap and sam.estimated.converged else result


def _result(
    estimated: Estimated,
    inference: Inference | None,
    problems: tuple[Problem, ...],
    fit_measures: dict[str, float],
    notes: tuple[str, ...] = (),
) -> FitResult:
    options, sample = estimated.options, estimated.sample
    n_clusters = len({int(c) for g in sample.groups if g.cluster is not None for c in np.unique(g.cluster)})
    return FitResult(
        converged=estimated.converged,
        identified=inference is not None and not inference.problems,
        admissible=estimated.converged and not problems,
        problems=problems,
        notes=(*_notes(options, n_clusters), *_of_ordered(sample), *estimated.table.remarks, *notes),
        estimator=options.estimator,
        missing=options.missing,
        errors=inference.errors if inference is not None else "none",
        groups=estimated.table.groups,
        n_by_group=tuple(g.n for g in sample.groups),
        n_left_out=sample.n_left_out,
        n_clusters=n_clusters,
        fit=fit_measures,
        confidence=options.confidence,
        estimated=estimated,
        inference=inference,
    )


def _of_ordered(sample: Sample) -> tuple[str, ...]:
    """What the ordered items' moments have to remark on."""
    return tuple(remark for group in sample.groups if group.ordinal is not None for remark in group.ordinal.remarks)


def _with_bootstrap(result: FitResult) -> FitResult:
    """With draws, where there is an identified solution to draw from; errors are theirs unless others were asked."""
    from analysis.sem.bootstrap import LEAST, bollen_stine, bootstrap
    from analysis.sem.resample import By

    options = result.estimated.options
    if not result.identified:
        return result
    by: By = "cluster" if options.cluster is not None else "case"
    asked = {"draws": options.bootstrap, "seed": options.seed}
    if options.bollen_stine:
        test = bollen_stine(result.estimated, by=by, **asked)
        measured = result.fit | {"pvalue_bollen_stine": test.pvalue}
        result = replace(result, bollen_stine=test, fit=measured, notes=(*result.notes, *test.notes))
    drawn = bootstrap(result.estimated, by=by, **asked)
    theirs = options.errors in (None, "bootstrap") and drawn.n_converged >= LEAST
    errors = "bootstrap" if theirs else result.errors
    return replace(result, bootstrap=drawn, errors=errors, notes=(*result.notes, *drawn.notes))


def _notes(options: Options, n_clusters: int) -> tuple[str, ...]:
    """What a careful reader should know besides the numbers."""
    return (*_cluster_notes(options, n_clusters), *_least_squares_notes(options))


def _least_squares_notes(options: Options) -> tuple[str, ...]:
    """What lavaan's names and defaults for least squares do not say."""
    notes = []
    errors = options.recipe.errors if options.errors is None else options.errors
    if options.recipe.discrepancy in ("ULS", "DWLS") and errors == "standard":
        assumed = "independent and equally precise" if options.recipe.discrepancy == "ULS" else "independent"
        notes.append(
            f"These standard errors (and the test) take the sample's moments for {assumed}, which they are not. Use"
            f" --estimator {'ulsmv' if options.recipe.discrepancy == 'ULS' else 'wlsmv'}."
        )
    if options.ordered and options.parameterization == "delta" and "residuals" in options.group_equal:
        notes.append(
            "group_equal residuals does nothing here: under the delta parameterisation ordered items have no residual"
            " variances of their own. Use --parameterization theta."
        )
    return tuple(notes)


def _cluster_notes(options: Options, n_clusters: int) -> tuple[str, ...]:
    """What clusters do to the errors asked for."""
    if 0 < n_clusters < FEW_CLUSTERS and options.errors in (None, "robust_cluster", "robust", "cr0", "cr1"):
        return (
            f"{n_clusters} clusters are few: these errors are too small on average. Use --se cr2 (t intervals with"
            " small-sample degrees of freedom).",
        )
    if n_clusters and options.errors in ("standard", "robust_sem"):
        return (f"Errors {options.errors} take persons as independent: they do not allow for clusters.",)
    return ()


def observed_variables(model: str) -> tuple[str, ...]:
    """The observed variables a model speaks of, in order."""
    return observed_of(parse(model))


def _refuse_moments(moments: Moments, options: Options) -> None:
    """Raise ``ModelError`` for what needs persons."""
    asked: Sequence[tuple[bool, str]] = (
        (options.group is not None, "group"), (options.cluster is not None, "cluster"),
        (bool(options.ordered), "ordered"),
        (options.missing == "fiml", "missing fiml"), (options.bootstrap > 0, "bootstrap"),
        (options.estimator not in ("ML", "GLS", "ULS", "SAM"), f"estimator {options.estimator.lower()}"),
        (options.errors not in (None, "standard", "none"), f"se {options.errors}"),
    )  # fmt: skip
    wrong = [name for is_asked, name in asked if is_asked]
    if wrong:
        raise ModelError(f"{', '.join(wrong)} needs the persons' answers: moments hold none.")
    if not moments.groups:
        raise ModelError("The moments hold no group.")
