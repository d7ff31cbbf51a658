"""The claims under test: what a statement says, where its evidence stands, and the rules of the verdict.

Grammar of a statement (white space is free)::

    statement  = quantity (">" | "<") ("0" | effect)
    quantity   = path | correlation | effect
    path       = NAME "~" NAME                      SWB ~ HS         a standardised coefficient of the claim's model
    correlation = "cor(" NAME "," NAME ")"          cor(HS, SC)      a correlation in the claim's model
    effect     = "effect(" TRAIT "," OUTCOME ")"    effect(location, HS)   high minus low, in sd of the outcome

Only an effect may stand on the right, of another trait on the same outcome: the claim is then about the difference.

Verdict rules, version 2 (``RULES_VERSION``; what changed: at the end). The estimate is turned so that the claimed side
is positive; ``s`` is the claim's smallest effect of interest; the interval has the declared confidence.

1. No estimate, or none that can be trusted (refused contrast, model not fitted or inadmissible): *cannot tell*.
2. The whole interval lies below s: an effect that matters is ruled out. *Contradicted* when it also lies wholly below
   zero and reaches beyond -s, so that the opposite may matter; else *not supported*.
3. The whole interval lies above zero: *supported* when the estimate is at least s; *leaning* when it is smaller, since
   the direction is sure and the size is not.
4. The interval includes zero, and s: *leaning* when the estimate is at least s, else *cannot tell* (too imprecise).

Whoever looks at many claims finds something. *Supported* and *contradicted* therefore also need a p-value, adjusted for
how many were looked at, below alpha; else rule 3 says *leaning* and rule 2 *not supported*. What was looked at
together (``family_adjusted``): for a confirmatory claim all confirmatory claims of the study; for an exploratory one,
which nobody predicted, all outcomes its trait was compared on, or all exploratory claims about models. So among data
without any effect, one or more of the confirmatory claims is supported in at most alpha / 2 of the cases, as far as
the intervals are right.

A parameter of a model that does not describe the data says little, however precise. Where RMSEA exceeds 0.10 (Browne &
Cudeck 1993, p. 144) or CFI stays below 0.90 (Bentler & Bonett 1980, p. 600), *supported* becomes *leaning* and
*contradicted* becomes *cannot tell*. Both measures are their robust forms where the estimator has them.

Version 2: the interval of a claim about a model is that of the model's own errors, with their small-sample degrees of
freedom, where version 1 took persons as independent and the reference as normal; robust measures of fit where there
are any. The rules themselves are those of version 1.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import pandas as pd
from scipy.stats import norm
from scipy.stats import t as t_distribution

from analysis.multiplicity import adjusted
from analysis.sem.table import ParameterTable

RULES_VERSION = 2
MAXIMUM_RMSEA = 0.10
MINIMUM_CFI = 0.90

Verdict = Literal["supported", "leaning", "not_supported", "contradicted", "cannot_tell"]
Reason = Literal[
    "clear_effect",  # supported: interval on the claimed side, estimate large enough to matter
    "size_uncertain",  # leaning: direction sure, size not
    "interval_includes_zero",  # leaning: large enough to matter, direction not sure
    "not_after_adjustment",  # leaning: clear on its own, not among all that was looked at
    "model_fits_badly",  # leaning or cannot tell: clear, but in a model that does not describe the data
    "effect_too_small",  # not supported: an effect that matters is ruled out
    "opposite_effect",  # contradicted: interval wholly on the other side
    "too_imprecise",  # cannot tell: the interval holds both nothing and an effect that matters
    "too_few_projects", "too_few_persons", "no_clusters", "confounded", "no_variation",  # cannot tell: refused contrast
    "no_data",  # cannot tell: the outcome was not measured
    "model_not_fitted", "model_inadmissible",  # cannot tell: no solution, or one that cannot be true
]  # fmt: skip
Kind = Literal["confirmatory", "exploratory"]

_STATEMENT = re.compile(
    r"\s*(?:"
    r"(?P<outcome>[A-Za-z]\w*)\s*~\s*(?P<predictor>[A-Za-z]\w*)"
    r"|cor\s*\(\s*(?P<a>[A-Za-z]\w*)\s*,\s*(?P<b>[A-Za-z]\w*)\s*\)"
    r"|effect\s*\(\s*(?P<trait>[A-Za-z][\w-]*)\s*,\s*(?P<score>[A-Za-z]\w*)\s*\)"
    r")\s*"
)
_DIRECTION = re.compile(r"(?P<direction>[<>])\s*")
_AGAINST = re.compile(r"(?:0|effect\s*\(\s*(?P<trait>[A-Za-z][\w-]*)\s*,\s*(?P<score>[A-Za-z]\w*)\s*\))\s*$")


class ClaimError(ValueError):
    """A statement cannot be read, or speaks of something its model or study does not have; says where and what."""


@dataclass(frozen=True)
class Statement:
    """What a claim asserts: a ``kind`` of quantity between two names, and the side of zero it lies on.

    ``names`` are (outcome, predictor) of a path, the two variables of a correlation, (trait, outcome) of an effect, or
    (trait, other trait, outcome) of a difference. ``sign`` is 1 for ``>`` and -1 for ``<``.
    """

    kind: Literal["path", "correlation", "effect", "difference"]
    names: tuple[str, ...]
    sign: Literal[1, -1]

    @property
    def about_model(self) -> bool:
        """True when the evidence is a parameter of a model."""
        return self.kind in ("path", "correlation")


@dataclass(frozen=True)
class Evidence:
    """What a verdict stands on, in the metric of the claim; NaN and ``problem`` where there is nothing to judge.

    ``df`` is NaN for a normal reference. ``pvalue`` is two-sided. ``fits_badly`` is of the model, ``errors`` the kind
    of its standard errors (empty for a contrast). ``units`` are what is compared: persons also where the errors allow
    for their projects.
    """

    metric: Literal["std_all", "sd"]
    units: Literal["persons", "projects"]
    method: str
    n_obs: float = np.nan
    n_projects: float = np.nan
    estimate: float = np.nan
    se: float = np.nan
    df: float = np.nan
    ci_lower: float = np.nan
    ci_upper: float = np.nan
    pvalue: float = np.nan
    pvalue_adjusted: float = np.nan
    minimum_pvalue: float = np.nan
    problem: Reason | None = None
    fits_badly: bool = False
    errors: str = ""


def parse_statement(text: str) -> Statement:
    """Read a claim's statement; raises ``ClaimError`` with the position (from 1) and what was expected."""
    quantity = _STATEMENT.match(text)
    if quantity is None:
        raise _unreadable(text, 0, "expected `Y ~ X`, `cor(A, B)` or `effect(trait, outcome)`")
    direction = _DIRECTION.match(text, quantity.end())
    if direction is None:
        raise _unreadable(text, quantity.end(), "expected > or <")
    against = _AGAINST.match(text, direction.end())
    if against is None:
        raise _unreadable(text, direction.end(), "expected 0 or `effect(trait, outcome)`, and nothing after it")
    sign: Literal[1, -1] = 1 if direction["direction"] == ">" else -1
    if against["trait"]:
        if not quantity["trait"]:
            raise _unreadable(text, direction.end(), "only an effect can be compared with an effect; expected 0")
        if against["score"] != quantity["score"]:
            raise _unreadable(text, against.start("score"), f"expected the same outcome, {quantity['score']}")
        if against["trait"] == quantity["trait"]:
            raise _unreadable(text, against.start("trait"), "expected another trait")
        return Statement("difference", (quantity["trait"], against["trait"], quantity["score"]), sign)
    if quantity["trait"]:
        return Statement("effect", (quantity["trait"], quantity["score"]), sign)
    if quantity["a"]:
        return Statement("correlation", (quantity["a"], quantity["b"]), sign)
    return Statement("path", (quantity["outcome"], quantity["predictor"]), sign)


def _unreadable(text: str, position: int, expected: str) -> ClaimError:
    found = text[position : position + 20].strip() or "the end"
    return ClaimError(f"statement {text!r}, position {position + 1}: {expected}; found {found!r}")


def check_statement(
    statement: Statement,
    *,
    table: ParameterTable | None,
    unit_traits: Collection[str],
    person_traits: Collection[str],
    outcomes: Collection[str],
) -> None:
    """Raise ``ClaimError`` when ``statement`` speaks of what is not there: a path or correlation of the claim's model
    (``table``; ``None``: the claim names none), a trait or an outcome of the study."""
    if statement.about_model:
        if table is None:
            raise ClaimError("a path or correlation lives in a model; name it under `model`")
        _check_parameter(statement, table)
        return
    *traits, outcome = statement.names
    unknown = [trait for trait in traits if trait not in unit_traits and trait not in person_traits]
    if unknown:
        known = ", ".join([*unit_traits, *person_traits])
        raise ClaimError(f"the study has no trait {unknown[0]} (traits: {known})")
    if outcome not in outcomes:
        raise ClaimError(f"{outcome} is not among the study's outcomes ({', '.join(outcomes)})")
    if statement.kind == "difference" and not all(trait in unit_traits for trait in traits):
        raise ClaimError(f"effects of {' and '.join(traits)} can only be compared when both are traits of units")


def _check_parameter(statement: Statement, table: ParameterTable) -> None:
    a, b = statement.names
    if statement.kind == "path":
        if not any(r.op == "~" and (r.lhs, r.rhs) == (a, b) for r in table.rows):
            raise ClaimError(f"the model has no path {a} ~ {b}")
        return
    explained = sorted({a, b} & {r.lhs for r in table.rows if r.op == "~"})
    if explained:
        raise ClaimError(
            f"cor({a}, {b}): the model regresses {' and '.join(explained)} on something, so that covariance is one of"
            " residuals; name a model that leaves both unexplained"
        )
    if a == b or not any(r.op == "~~" and {r.lhs, r.rhs} == {a, b} for r in table.rows):
        raise ClaimError(f"the model has no covariance {a} ~~ {b}")


def model_evidence(
    statement: Statement, *, parameters: pd.DataFrame, model_fit: Mapping[str, float | bool | str], confidence: float
) -> Evidence:
    """The standardised parameter a path or correlation speaks of, with an interval from its own (delta-method) error:
    t with ``std_all_df_t`` degrees of freedom, normal where that is NaN.

    ``parameters`` (rows ``lhs op rhs std_all std_all_se std_all_df_t``) and ``model_fit`` (``n_obs n_projects cfi
    rmsea`` and where there are any ``cfi_robust rmsea_robust``; ``converged admissible`` as booleans; ``estimator
    errors`` as text) are of the claim's model for everybody. A path that was left out because its covariate does not
    vary in these data is ``no_variation``.
    """
    method, errors = str(model_fit["estimator"]).lower(), str(model_fit["errors"])
    n_obs, n_projects = float(model_fit["n_obs"]), float(model_fit["n_projects"])
    empty = Evidence("std_all", "persons", method, n_obs, n_projects, errors=errors)
    if not model_fit["converged"]:
        return replace(empty, problem="model_not_fitted")
    if not model_fit["admissible"]:
        return replace(empty, problem="model_inadmissible")
    a, b = statement.names
    if statement.kind == "path":
        wanted = (parameters["op"] == "~") & (parameters["lhs"] == a) & (parameters["rhs"] == b)
    else:
        pair = parameters["lhs"].isin([a, b]) & parameters["rhs"].isin([a, b])
        wanted = (parameters["op"] == "~~") & pair & (parameters["lhs"] != parameters["rhs"])
    if not wanted.any():
        return replace(empty, problem="no_variation")
    row = parameters.loc[wanted].iloc[0]
    measured = replace(
        empty,
        estimate=float(row["std_all"]),
        se=float(row["std_all_se"]),
        df=float(row["std_all_df_t"]),
        fits_badly=_robust(model_fit, "rmsea") > MAXIMUM_RMSEA or _robust(model_fit, "cfi") < MINIMUM_CFI,
    )
    return _with_interval(measured, confidence)


def _robust(model_fit: Mapping[str, float | bool | str], name: str) -> float:
    """The robust form of a measure; the plain one where there is none."""
    robust = float(model_fit.get(f"{name}_robust", np.nan))
    return float(model_fit[name]) if np.isnan(robust) else robust


def contrast_evidence(
    statement: Statement,
    *,
    contrasts: pd.DataFrame,
    n_projects_by_outcome: Mapping[str, float],
    unit_traits: Collection[str],
    confidence: float,
) -> Evidence:
    """The contrast an effect or difference speaks of, in standard deviations of the outcome among persons.

    ``contrasts`` has the rows of ``analysis.clusters.contrasts.trait_contrasts``. A trait of units is judged on
    ``project_means``; a trait of persons on ``mixed``, or on ``persons`` where no units are known.
    ``n_projects_by_outcome`` says how many units persons with the outcome live in.
    """
    *traits, outcome = statement.names
    of_units = all(trait in unit_traits for trait in traits)
    sign, name = _contrast_name(traits, contrasts)
    here = contrasts[contrasts["outcome"] == outcome]
    rows = here[here["trait"] == name]
    method = "project_means" if of_units else "mixed"
    if not of_units and (rows.loc[rows["method"] == "mixed", "refused"] == "no_clusters").any():
        method = "persons"
    units: Literal["projects", "persons"] = "projects" if of_units else "persons"
    chosen = rows[rows["method"] == method]
    if chosen.empty:
        return Evidence("sd", units, method, problem="no_data")
    row = chosen.iloc[0]
    n_projects = n_projects_by_outcome.get(outcome, np.nan)
    empty = Evidence("sd", units, method, float(row["n_obs"]), n_projects, minimum_pvalue=float(row["minimum_pvalue"]))
    if row["refused"]:
        return replace(empty, problem=row["refused"])
    measured = replace(
        empty,
        estimate=sign * float(row["effect_size"]),
        se=_effect_size_se(row),
        df=float(row["df"]),
        pvalue_adjusted=float(row["pvalue_adjusted"]),
    )
    return _with_interval(measured, confidence, pvalue=float(row["pvalue"]))


def _contrast_name(traits: list[str], contrasts: pd.DataFrame) -> tuple[int, str]:
    """The contrast's name in the table; a difference may stand there the other way round."""
    name, mirrored = "-".join(traits), "-".join(reversed(traits))
    if name not in set(contrasts["trait"]) and mirrored in set(contrasts["trait"]):
        return -1, mirrored
    return 1, name


def _effect_size_se(row: pd.Series) -> float:
    """Standard error of the effect size: that of the estimate, scaled as the intervals are."""
    scale = (row["effect_size_ci_upper"] - row["effect_size_ci_lower"]) / (row["ci_upper"] - row["ci_lower"])
    return float(row["se"] * scale)


def _with_interval(evidence: Evidence, confidence: float, *, pvalue: float | None = None) -> Evidence:
    """``evidence`` with its interval, and its p-value unless given; t with ``df``, normal where that is NaN."""
    normal = np.isnan(evidence.df)
    quantile = norm.ppf(0.5 + confidence / 2) if normal else t_distribution.ppf(0.5 + confidence / 2, evidence.df)
    half = float(quantile) * evidence.se
    if pvalue is None:
        size = abs(evidence.estimate / evidence.se)
        pvalue = float(2 * (norm.sf(size) if normal else t_distribution.sf(size, evidence.df)))
    return replace(evidence, ci_lower=evidence.estimate - half, ci_upper=evidence.estimate + half, pvalue=pvalue)


def verdict(
    evidence: Evidence, *, sign: Literal[1, -1], smallest_effect: float, alpha: float
) -> tuple[Verdict, Reason]:
    """The verdict on one claim and the code of its deciding reason, by the rules at the head of this module."""
    if evidence.problem is not None:
        return "cannot_tell", evidence.problem
    decided, reason = _by_interval(evidence, sign=sign, smallest_effect=smallest_effect, alpha=alpha)
    if evidence.fits_badly and decided in ("supported", "contradicted"):
        return "leaning" if decided == "supported" else "cannot_tell", "model_fits_badly"
    return decided, reason


def _by_interval(
    evidence: Evidence, *, sign: Literal[1, -1], smallest_effect: float, alpha: float
) -> tuple[Verdict, Reason]:
    """Rules 2 to 4 and the adjusted p-value."""
    estimate = sign * evidence.estimate
    lower, upper = sorted((sign * evidence.ci_lower, sign * evidence.ci_upper))
    adjusted_away = not evidence.pvalue_adjusted < alpha
    if upper < smallest_effect:
        opposite = upper < 0 and lower < -smallest_effect
        return ("contradicted", "opposite_effect") if opposite and not adjusted_away else (
            "not_supported", "effect_too_small"
        )  # fmt: skip
    if lower > 0:
        if estimate < smallest_effect:
            return "leaning", "size_uncertain"
        return ("leaning", "not_after_adjustment") if adjusted_away else ("supported", "clear_effect")
    if estimate >= smallest_effect:
        return "leaning", "interval_includes_zero"
    return "cannot_tell", "too_imprecise"


def family_adjusted(
    evidence: Mapping[str, Evidence], *, kinds: Mapping[str, Kind], statements: Mapping[str, Statement]
) -> dict[str, Evidence]:
    """``evidence`` by claim with ``pvalue_adjusted`` over what was looked at together (Holm).

    Confirmatory claims form one family, exploratory claims about models another; an exploratory effect keeps the
    adjustment over outcomes that its contrast came with. A claim without a p-value is in no family.
    """
    families = [
        [name for name in evidence if kinds[name] == "confirmatory"],
        [name for name in evidence if kinds[name] == "exploratory" and statements[name].about_model],
    ]
    result = dict(evidence)
    for family in families:
        tested = [name for name in family if np.isfinite(evidence[name].pvalue)]
        pvalues = adjusted([evidence[name].pvalue for name in tested], method="holm")
        for name, pvalue in zip(tested, pvalues, strict=True):
            result[name] = replace(evidence[name], pvalue_adjusted=float(pvalue))
    return result
