"""What the structure stage fits: a model for everybody, for every level of every trait, and for both levels jointly."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import pandas as pd

from analysis.sem import FitResult, ModelError, fit, without_terms
from analysis.sem.across_groups import JointFit, joint_fits
from analysis.sem.estimate import Estimated
from analysis.sem.fit import estimated_by, prepared
from analysis.sem.options import Options
from analysis.sem.second_opinion import SecondOpinion, asked_for
from analysis.sem.syntax import parse
from analysis.sem.table import ParameterTable, build_table
from pipeline.declare import Study, Trait

CLUSTER = "project"
NOTES = ("few_projects", "projects_cross_levels", "project_unknown")
"""``few_projects``: fewer projects than errors that allow for them need, so errors take persons as independent.
``projects_cross_levels``: likewise, because a project has persons in both levels. ``project_unknown``: persons whose
project is not known were left out."""


@dataclass(frozen=True)
class HowFitted:
    """The options of one fit, and what a reader should know of them (codes of ``NOTES``)."""

    options: dict[str, object]
    notes: tuple[str, ...]

    @property
    def errors(self) -> str:
        """The kind of standard errors."""
        return str(self.options["errors"])


@dataclass(frozen=True)
class GroupFit:
    """A model in one group: who was in it, how it was fitted, and the result, or why there is none (``refusal``)."""

    trait: str
    level: str
    n_obs: int
    n_projects: int
    how: HowFitted
    result: FitResult | None
    refusal: str = ""


@dataclass(frozen=True)
class TraitFits:
    """A model in both levels of one trait at once: persons and projects (high, low), and its steps."""

    trait: Trait
    n_obs: tuple[int, int]
    n_projects: tuple[int, int]
    how: HowFitted
    steps: list[JointFit]


@dataclass(frozen=True)
class Opinion:
    """semopy beside maximum likelihood of the ``n_obs`` persons with complete answers, in one group."""

    trait: str
    level: str
    n_obs: int
    opinion: SecondOpinion


def groups_of(study: Study, persons: pd.DataFrame) -> list[tuple[str, str, pd.DataFrame]]:
    """Everybody first (``all``/``all``), then the levels of every trait, as declared."""
    groups = [("all", "all", persons)]
    if study.params.structure.groups:
        for trait in study.declaration.traits:
            groups += [(trait.name, level.value, persons[persons[trait.name] == level.value]) for level in trait.levels]
    return groups


def fit_groups(study: Study, *, model: str, persons: pd.DataFrame) -> list[GroupFit]:
    """``model`` in every group of ``groups_of``."""
    return [_fit_group(study, model, *group) for group in groups_of(study, persons)]


def fit_everybody(study: Study, *, model: str, persons: pd.DataFrame) -> GroupFit:
    """``model`` for all ``persons`` together, as the first of ``fit_groups``."""
    return _fit_group(study, model, "all", "all", persons)


def fit_jointly(study: Study, *, model: str, persons: pd.DataFrame) -> list[TraitFits]:
    """``model`` in both levels at once, for every trait whose levels both have persons enough."""
    found = []
    for trait in study.declaration.traits if study.params.structure.groups else ():
        fits = _fit_trait(study, model, trait, persons[persons[trait.name].isin([v.value for v in trait.levels])])
        if fits is not None:
            found.append(fits)
    return found


@contextmanager
def semopy_asked(study: Study, *, model: str, persons: pd.DataFrame) -> Iterator[Callable[[], list[Opinion]]]:
    """A second opinion on every group in which complete answers carry the model, by maximum likelihood.

    semopy computes while the block does; the value waits for its opinions (none where ``params.yaml`` wants none). It
    has no other estimator that is right; where the published fit is another one, it is the same model on the persons
    with complete answers that both programs fit here.
    """
    asked = _complete_fits(study, model, persons) if study.params.structure.second_opinion else []
    with asked_for([estimated for _, _, estimated in asked]) as answered:
        yield lambda: [
            Opinion(t, level, e.n, opinion) for (t, level, e), opinion in zip(asked, answered(), strict=True)
        ]


def _complete_fits(study: Study, model: str, persons: pd.DataFrame) -> list[tuple[str, str, Estimated]]:
    """Trait, level and the model fitted to the complete answers of each group that has enough of them."""
    found: list[tuple[str, str, Estimated]] = []
    for trait, level, frame in groups_of(study, persons):
        try:
            table, sample = prepared(_model_for(study, model, frame, missing="listwise"), frame, Options.checked())
            if sample.n >= study.params.structure.minimum_n:
                found.append((trait, level, estimated_by(table, sample, Options.checked())))
        except ModelError:
            continue  # its reason stands in the row of the published fit, or only complete answers are too few
    return found


def _fit_group(study: Study, model: str, trait: str, level: str, frame: pd.DataFrame) -> GroupFit:
    """The model in one group, without the trait dummies that do not vary, or are not known, in that group."""
    params = study.params.structure
    try:
        text = _model_for(study, model, frame, missing=params.missing)
        used = frame[_takes_part(text, frame, missing=params.missing)]
    except ModelError as error:
        return GroupFit(trait, level, 0, 0, how_fitted(study, frame.iloc[:0]), None, str(error))
    how = how_fitted(study, used)
    used = used if "project_unknown" not in how.notes else used[used[CLUSTER].notna()]
    n_obs, n_projects = len(used), int(used[CLUSTER].nunique())
    refusal = "" if n_obs >= params.minimum_n else _too_few(params.minimum_n)
    if refusal:
        return GroupFit(trait, level, n_obs, n_projects, how, None, refusal)
    try:
        return GroupFit(trait, level, n_obs, n_projects, how, fit(text, used, **how.options))
    except ModelError as error:
        return GroupFit(trait, level, n_obs, n_projects, how, None, str(error))


def _too_few(minimum_n: int) -> str:
    # the number of persons stays out of the message: the gate that hides small counts reads columns, not sentences
    return f"Fewer than {minimum_n} persons gave the answers the model needs: it is not fitted."


def _fit_trait(study: Study, model: str, trait: Trait, frame: pd.DataFrame) -> TraitFits | None:
    """The model in both levels at once; ``None`` where a level has too few persons or lacks a question."""
    params = study.params.structure
    levels = [level.value for level in trait.levels]
    try:
        text = study.models[model]
        for level in levels:
            text = _without_constant(study, text, frame[frame[trait.name] == level], missing=params.missing)
        used = frame[_takes_part(text, frame, missing=params.missing)]
    except ModelError:
        return None  # the rows of the levels say why
    how = how_fitted(study, used, across=trait.name)
    used = used if "project_unknown" not in how.notes else used[used[CLUSTER].notna()]
    # groups stand in the order of the declaration, whoever comes first in the frame
    parts = [used[used[trait.name] == level] for level in levels]
    if min(map(len, parts)) < params.minimum_n:
        return None
    steps = joint_fits(text, pd.concat(parts), group=trait.name, **how.options)
    n_obs, n_projects = [len(part) for part in parts], [int(part[CLUSTER].nunique()) for part in parts]
    return TraitFits(trait, (n_obs[0], n_obs[1]), (n_projects[0], n_projects[1]), how, steps)


def how_fitted(study: Study, used: pd.DataFrame, *, across: str | None = None) -> HowFitted:
    """As ``params.yaml`` says; errors that allow for projects only where there are enough of them, in every level of
    ``across``, and none has persons in two."""
    params = study.params.structure
    options: dict[str, object] = {
        "estimator": params.estimator, "missing": params.missing, "errors": params.errors,
        "confidence": params.confidence,
    }  # fmt: skip
    if not params.errors.startswith("cr"):
        return HowFitted(options, ())
    known = used[used[CLUSTER].notna()]
    by_level = [known] if across is None else [known[known[across] == level] for level in known[across].unique()]
    n_projects = min((int(part[CLUSTER].nunique()) for part in by_level), default=0)
    crossing = across is not None and bool((known.groupby(CLUSTER)[across].nunique() > 1).any())
    if crossing or n_projects < params.minimum_units:
        note = "projects_cross_levels" if crossing else "few_projects"
        return HowFitted(options | {"errors": "robust"}, (note,))
    notes = ("project_unknown",) if len(known) < len(used) else ()
    return HowFitted(options | {"cluster": CLUSTER}, notes)


def _model_for(study: Study, model: str, frame: pd.DataFrame, *, missing: str) -> str:
    """The model's text without the trait dummies that do not vary in ``frame``."""
    return _without_constant(study, study.models[model], frame, missing=missing)


def _without_constant(study: Study, text: str, frame: pd.DataFrame, *, missing: str) -> str:
    """``text`` without the dummies that take fewer than two values among those who otherwise take part."""
    table = _table(text, frame)
    dummies = [trait.dummy for trait in study.declaration.traits if trait.dummy in table.observed]
    used = _used(frame, table, without=dummies, missing=missing)
    constant = [dummy for dummy in dummies if frame.loc[used, dummy].nunique() < 2]
    return without_terms(text, constant) if constant else text


def _takes_part(text: str, frame: pd.DataFrame, *, missing: str) -> pd.Series[bool]:
    """Who takes part in the model: everybody with all its answers, or with ``fiml`` all covariates and any answer."""
    return _used(frame, _table(text, frame), without=(), missing=missing)


def _used(frame: pd.DataFrame, table: ParameterTable, *, without: Sequence[str], missing: str) -> pd.Series[bool]:
    needed = [name for name in table.covariates if name not in without]
    others = [name for name in table.observed if name not in table.covariates and name not in without]
    answered = frame[others].notna()
    enough = answered.all(axis=1) if missing == "listwise" else answered.any(axis=1)
    return frame[needed].notna().all(axis=1) & enough


def _table(text: str, frame: pd.DataFrame) -> ParameterTable:
    """The model's parameter table; raises ``ModelError`` when this pool does not have one of its variables."""
    table = build_table(parse(text))
    absent = [name for name in table.observed if name not in frame.columns]
    if absent:
        raise ModelError(f"The model uses {', '.join(absent)}, which this pool's questionnaire does not have.")
    return table
