"""The persons a model is fitted to under a specification, in the columns that it speaks of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.measurement.scoring import Scale, scale_score
from analysis.multiverse.factors import UnansweredError
from analysis.multiverse.frames import Analysed, Frames
from analysis.multiverse.inputs import Inputs
from analysis.multiverse.model_text import ModelAsked, model_asked, without_constant
from analysis.multiverse.specification import Specification
from analysis.sem.syntax import parse
from analysis.sem.table import ParameterTable, build_table

IntArray = npt.NDArray[np.integer[Any]]
BLOCKS = 40
"""Where no projects are known persons are independent, and so are blocks of them: that many take the projects' place
when signs are flipped."""

_DEPENDENT = 1e-9


@dataclass(frozen=True)
class ModelData:
    """A model's ``text`` and the ``frames`` it is fitted to: one, or one an imputation, with the same persons.

    ``project`` (persons,): of each person the place in ``projects``, -1 where not known; ``blocks`` (persons,): their
    block, 0 to ``BLOCKS`` - 1. ``missing``: as the engine takes it. ``ordered``: the items to be taken as ordered.
    """

    text: str
    frames: tuple[pd.DataFrame, ...]
    project: IntArray
    projects: tuple[str, ...]
    blocks: IntArray
    missing: str
    ordered: tuple[str, ...]

    @property
    def n_obs(self) -> int:
        """Persons."""
        return len(self.project)

    @property
    def n_projects(self) -> int:
        """Known projects of the persons."""
        return len(np.unique(self.project[self.project >= 0]))

    def units(self) -> tuple[IntArray, tuple[str, ...]]:
        """Of each person the unit whose sign is flipped, and the units' names: projects, persons of unknown ones
        together; without any project known blocks of persons."""
        if (self.project < 0).all():
            return self.blocks, tuple(f"block {k + 1}" for k in range(BLOCKS))
        return np.where(self.project < 0, len(self.projects), self.project), (*self.projects, "")


def model_data(inputs: Inputs, model: str, specification: Specification, *, of_known_projects: bool) -> ModelData:
    """What ``model`` is fitted to under ``specification``; ``of_known_projects`` leaves out persons whose project is
    not known. The clustering and the estimator chosen do not matter.

    Raises ``UnansweredError`` where too few persons are left (``too_few_persons``), something was not asked or not
    filled in (``no_data``), or a covariate of the model follows from the others (``confounded``), and what
    ``model_asked`` raises.
    """
    who = Frames(inputs).of(specification)
    who = who.only(who.project >= 0) if of_known_projects else who
    adjusted = [f"adjusted_{k}" for k in range(1, who.covariates.shape[1] + 1)]
    asked = model_asked(
        inputs.models[model], specification, scales=inputs.scales, covariates=adjusted,
        alternative=inputs.alternatives.get(specification.alternative, {}),
    )  # fmt: skip
    persons = inputs.persons.iloc[who.rows].assign(**dict(zip(adjusted, who.covariates.T, strict=True)))
    answers = _answers(inputs, specification, asked, persons, who)
    frames = [_columns(frame, asked, specification, inputs) for frame in answers]
    missing = "fiml" if specification.missing == "fiml" else "listwise"
    text = _varying(asked.text, frames[0], missing=missing)
    used = _takes_part(frames[0], build_table(parse(text)), missing=missing).to_numpy(bool)
    if used.sum() < inputs.minimum_n:
        raise UnansweredError("refused", "too_few_persons")
    text = without_constant(text, _dependent(frames[0][used], build_table(parse(text)), adjusted))
    return ModelData(
        text,
        tuple(frame[used] for frame in frames),
        who.project[used],
        who.projects,
        who.rows[used] % BLOCKS,
        missing,
        asked.items if specification.score == "ordinal" else (),
    )


def of_groups(data: ModelData, column: str, levels: Sequence[str]) -> ModelData:
    """The persons of ``data`` in these ``levels`` of ``column``, one level after the other, and the model without the
    covariates that do not vary in one of them. Raises ``UnansweredError`` where nobody is in a level."""
    of_level = [np.flatnonzero((data.frames[0][column] == level).to_numpy(bool)) for level in levels]
    if min(map(len, of_level)) == 0:
        raise UnansweredError("refused", "no_variation")
    covariates = build_table(parse(data.text)).covariates
    by_level = [data.frames[0].iloc[at] for at in of_level]
    constant = [name for name in covariates if min(part[name].nunique() for part in by_level) < 2]
    order = np.concatenate(of_level)
    return replace(
        data, text=without_constant(data.text, constant), frames=tuple(frame.iloc[order] for frame in data.frames),
        project=data.project[order], blocks=data.blocks[order],
    )  # fmt: skip


def _answers(
    inputs: Inputs, specification: Specification, asked: ModelAsked, persons: pd.DataFrame, who: Analysed
) -> list[pd.DataFrame]:
    """The persons' answers as given, or as filled in, a frame an imputation."""
    if specification.missing != "imputation":
        return [persons]
    imputed = inputs.imputed.get(specification.residents if specification.residents in inputs.imputed else "analysed")
    items = _items(asked)
    if imputed is None or not set(items) <= set(imputed.items):
        raise UnansweredError("refused", "no_data")
    return [persons.assign(**dict(zip(items, one.T, strict=True))) for one in imputed.answers(who.rows, items)]


def _items(asked: ModelAsked) -> tuple[str, ...]:
    """All items the model is measured by, through factors or scores."""
    scored = [item for scale in asked.scores.values() for item in scale.item_names]
    return tuple(dict.fromkeys((*scored, *asked.items)))


def _columns(
    persons: pd.DataFrame, asked: ModelAsked, specification: Specification, inputs: Inputs
) -> pd.DataFrame:  # fmt: skip
    """The columns that the model speaks of, scores made where it has them, and the traits that may group persons."""
    given = [name for name in build_table(parse(asked.text)).observed if name not in asked.scores]
    if not {*_items(asked), *given} <= set(persons.columns):
        raise UnansweredError("refused", "no_data")
    scores = {name: _score(persons, scale, specification.score) for name, scale in asked.scores.items()}
    traits = [trait.name for trait in inputs.traits if trait.name in persons.columns and trait.name not in given]
    return persons[[*given, *traits]].assign(**scores)


def _score(persons: pd.DataFrame, scale: Scale, kind: str) -> pd.Series[float]:
    """A ``mean`` of the answered items where the instrument's rule finds them enough; a ``sum`` of complete sets."""
    if kind == "sum":
        return scale_score(persons, replace(scale, rule="sum", multiply=1.0, minimum_answered="all"))
    return scale_score(persons, replace(scale, rule="mean", multiply=1.0))


def _varying(text: str, frame: pd.DataFrame, *, missing: str) -> str:
    """``text`` without the covariates that take fewer than two values among those who otherwise take part."""
    table = build_table(parse(text))
    used = _takes_part(frame, table, missing=missing, without=table.covariates)
    return without_constant(text, [name for name in table.covariates if frame.loc[used, name].nunique() < 2])


def _takes_part(
    frame: pd.DataFrame, table: ParameterTable, *, missing: str, without: Sequence[str] = ()
) -> pd.Series[bool]:
    """Who has all covariates but those ``without``, and all other variables of the model (``fiml``: any)."""
    covariates = [name for name in table.covariates if name not in without]
    answered = frame[[name for name in table.observed if name not in table.covariates]].notna()
    enough = answered.all(axis=1) if missing == "listwise" else answered.any(axis=1)
    return frame[covariates].notna().all(axis=1) & enough


def _dependent(frame: pd.DataFrame, table: ParameterTable, adjusted: Sequence[str]) -> list[str]:
    """The ``adjusted`` covariates that follow from those before them, the model's own coming first. Raises
    ``UnansweredError`` where a covariate of the model's own does so."""
    own = [name for name in table.covariates if name not in adjusted]
    kept, dependent = [np.ones(len(frame))], []
    for name in (*own, *(name for name in table.covariates if name in adjusted)):
        column = frame[name].to_numpy(float)
        basis = np.column_stack(kept)
        residual = column - basis @ np.linalg.lstsq(basis, column, rcond=None)[0]
        if residual @ residual > _DEPENDENT * max(float(column @ column), 1e-300):
            kept.append(column)
        elif name in own:
            raise UnansweredError("refused", "confounded")
        else:
            dependent.append(name)
    return dependent
