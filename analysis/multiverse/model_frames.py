"""The persons a model is fitted to under a specification, in the columns that it speaks of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.measurement.scoring import Scale, scale_score
from analysis.multiverse.factors import UnansweredError
from analysis.multiverse.frames import Frames
from analysis.multiverse.inputs import Inputs
from analysis.multiverse.model_text import ModelAsked, model_asked, table_of, unlabelled, without_constant
from analysis.multiverse.specification import Specification
from analysis.sem.table import ParameterTable

Array = npt.NDArray[np.floating[Any]]
IntArray = npt.NDArray[np.integer[Any]]
Mask = npt.NDArray[np.bool_]
Columns = Mapping[str, Array]
BLOCKS = 40
"""Where no projects are known persons are independent, and so are blocks of them: that many take the projects' place
when signs are flipped."""

LEVEL = "(level)"
_DEPENDENT = 1e-9


@dataclass(frozen=True)
class ModelData:
    """A model's ``text`` and the ``columns`` it is fitted to, by name (imputations, persons): one row, or one an
    imputation.

    ``rows`` (persons,): their places in ``Inputs.persons``; ``project`` (persons,): the place of their project in
    ``projects``, -1 where not known. ``missing``: as the engine takes it. ``ordered``: the items taken as ordered.
    ``levels`` (persons,): the place of each person's level among those of a trait, where the model is one of groups.
    """

    text: str
    columns: Columns
    rows: IntArray
    project: IntArray
    projects: tuple[str, ...]
    missing: str
    ordered: tuple[str, ...]
    levels: IntArray | None = None

    @property
    def n_obs(self) -> int:
        """Persons."""
        return len(self.rows)

    @property
    def n_projects(self) -> int:
        """Known projects of the persons."""
        return len(np.unique(self.project[self.project >= 0]))

    @property
    def frames(self) -> list[pd.DataFrame]:
        """What the engine fits: a frame an imputation, persons by variables, and the column ``LEVEL`` of groups."""
        m = max(len(values) for values in self.columns.values())
        every = {name: np.broadcast_to(values, (m, self.n_obs)) for name, values in self.columns.items()}
        frames = [pd.DataFrame({name: values[i] for name, values in every.items()}) for i in range(m)]
        return frames if self.levels is None else [frame.assign(**{LEVEL: self.levels}) for frame in frames]

    def units(self) -> tuple[IntArray, tuple[str, ...]]:
        """Of each person the unit whose sign is flipped, and the units' names: projects, persons of unknown ones
        together; without any project known blocks of persons."""
        if (self.project < 0).all():
            return self.rows % BLOCKS, tuple(f"block {k + 1}" for k in range(BLOCKS))
        return np.where(self.project < 0, len(self.projects), self.project), (*self.projects, "")


class ModelFrames:
    """The persons and columns of one model under many specifications: what they share is made once."""

    def __init__(self, inputs: Inputs, model: str) -> None:
        self.inputs, self.declared = inputs, inputs.models[model]
        self._frames = Frames(inputs)
        self._columns: dict[tuple[str, ...], Columns] = {}

    def of(self, specification: Specification, *, of_known_projects: bool) -> ModelData:
        """What the model is fitted to under ``specification``; ``of_known_projects`` leaves out persons whose project
        is not known. The clustering and the estimator chosen do not matter.

        Raises ``UnansweredError`` where too few persons are left (``too_few_persons``), something was not asked or not
        filled in (``no_data``), or a covariate of the model follows from the others (``confounded``), and what
        ``model_asked`` raises.
        """
        inputs, who = self.inputs, self._frames.of(specification)
        who = who.only(who.project >= 0) if of_known_projects else who
        adjusted = {f"adjusted_{k}": values[None] for k, values in enumerate(who.covariates.T, start=1)}
        asked = model_asked(
            self.declared, specification, scales=inputs.scales, covariates=list(adjusted),
            alternative=inputs.alternatives.get(specification.alternative, {}),
        )  # fmt: skip
        everybody = self._of_everybody(specification, asked)
        columns = {**{name: values[:, who.rows] for name, values in everybody.items()}, **adjusted}
        missing = "fiml" if specification.missing == "fiml" else "listwise"
        text = _varying(asked.text, columns, missing=missing)
        used = _takes_part(table_of(text), columns, missing=missing)
        if used.sum() < inputs.minimum_n:
            raise UnansweredError("refused", "too_few_persons")
        text = without_constant(text, _dependent(table_of(text), columns, used, list(adjusted)))
        if asked.scores and missing == "fiml":
            # a score is regressed on what varies among those who have it, factors among all who answered anything
            complete = _takes_part(table_of(text), columns, missing="listwise")
            text = without_constant(text, _dependent(table_of(text), columns, complete, list(adjusted)))
        return ModelData(
            text,
            {name: columns[name][:, used] for name in table_of(text).observed},
            who.rows[used],
            who.project[used],
            who.projects,
            missing,
            asked.items if specification.score == "ordinal" else (),
        )

    def _of_everybody(self, s: Specification, asked: ModelAsked) -> Columns:
        """The variables of the model but what is adjusted for, of everybody."""
        filled_in = s.residents if s.missing == "imputation" else ""
        key = (s.score, filled_in, s.alternative)
        if key not in self._columns:
            self._columns[key] = _columns(self.inputs, s, asked)
        return self._columns[key]


def of_groups(data: ModelData, inputs: Inputs, column: str, levels: Sequence[str]) -> ModelData:
    """The persons of ``data`` in these ``levels`` of ``column``, one level after the other, and the model without
    labels and without the covariates that do not vary in one of them. Raises ``UnansweredError`` where nobody is in a
    level, or nobody has one."""
    if column not in inputs.persons.columns:
        raise UnansweredError("refused", "no_data")
    level = inputs.persons[column].to_numpy()[data.rows]
    of_level = [np.flatnonzero(level == name) for name in levels]
    if min(map(len, of_level)) == 0:
        raise UnansweredError("refused", "no_variation")
    constant = [
        name for name in table_of(data.text).covariates
        if min(len(np.unique(data.columns[name][0, at])) for at in of_level) < 2
    ]  # fmt: skip
    order, text = np.concatenate(of_level), unlabelled(without_constant(data.text, constant))
    return replace(
        data, text=text, rows=data.rows[order], project=data.project[order],
        columns={name: data.columns[name][:, order] for name in table_of(text).observed},
        levels=np.repeat(np.arange(len(levels)), [len(at) for at in of_level]),
    )  # fmt: skip


def _columns(inputs: Inputs, specification: Specification, asked: ModelAsked) -> dict[str, Array]:
    """The variables of the model but what is adjusted for, by name (imputations, everybody), scores made where it has
    them."""
    observed = [n for n in table_of(asked.text).observed if n not in asked.scores and not n.startswith("adjusted_")]
    scored = [item for scale in asked.scores.values() for item in scale.item_names]
    items = list(dict.fromkeys((*scored, *asked.items)))
    if not {*items, *observed} <= set(inputs.persons.columns):
        raise UnansweredError("refused", "no_data")
    given = [name for name in observed if name not in items]
    columns = {name: inputs.persons[name].to_numpy(float)[None] for name in given}
    answers = _answers(inputs, specification, items)
    columns |= {name: answers[:, :, items.index(name)] for name in asked.items}
    for name, scale in asked.scores.items():
        own = answers[:, :, [items.index(item) for item in scale.item_names]]
        columns[name] = _score(own, scale, specification.score)
    return columns


def _answers(inputs: Inputs, specification: Specification, items: Sequence[str]) -> Array:
    """Everybody's answers (imputations, persons, items), as given or as filled in; NaN where they were not."""
    if specification.missing != "imputation":
        return np.array([inputs.persons[item].to_numpy(float) for item in items]).T[None]
    imputed = inputs.imputed.get(specification.residents if specification.residents in inputs.imputed else "analysed")
    if imputed is None or not set(items) <= set(imputed.items):
        raise UnansweredError("refused", "no_data")
    answers = np.full((len(imputed.values), len(inputs.persons), len(items)), np.nan)
    answers[:, imputed.rows] = imputed.answers(imputed.rows, items)
    return answers


def _score(answers: Array, scale: Scale, kind: str) -> Array:
    """Scores (imputations, persons): a ``mean`` of the answered items where the instrument's rule finds them enough; a
    ``sum`` of complete sets."""
    rule = replace(scale, rule="mean", multiply=1.0)
    if kind == "sum":
        rule = replace(rule, rule="sum", minimum_answered="all")
    frame = pd.DataFrame(answers.reshape(-1, answers.shape[2]), columns=scale.item_names)
    return scale_score(frame, rule).to_numpy(float).reshape(answers.shape[:2])


def _varying(text: str, columns: Columns, *, missing: str) -> str:
    """``text`` without the covariates that take fewer than two values among those who otherwise take part."""
    table = table_of(text)
    used = _takes_part(table, columns, missing=missing, without=table.covariates)
    values = {name: columns[name][0, used] for name in table.covariates}
    return without_constant(text, [n for n, v in values.items() if len(np.unique(v[~np.isnan(v)])) < 2])


def _takes_part(table: ParameterTable, columns: Columns, *, missing: str, without: Sequence[str] = ()) -> Mask:
    """Who has all covariates but those ``without``, and all other variables of the model (``fiml``: any), (persons,).
    In all imputations these are the same persons."""
    answered = {name: ~np.isnan(columns[name][0]) for name in table.observed}
    others = np.array([answered[name] for name in table.observed if name not in table.covariates])
    enough: Mask = np.asarray(others.all(axis=0) if missing == "listwise" else others.any(axis=0))
    for name in table.covariates:
        if name not in without:
            enough = enough & answered[name]
    return enough


def _dependent(table: ParameterTable, columns: Columns, used: Mask, adjusted: Sequence[str]) -> list[str]:
    """The ``adjusted`` covariates that follow from those before them among the persons ``used``, the model's own coming
    first. Raises ``UnansweredError`` where a covariate of the model's own does so."""
    own = [name for name in table.covariates if name not in adjusted]
    kept, dependent = [np.ones(int(used.sum()))], []
    for name in (*own, *(name for name in table.covariates if name in adjusted)):
        column = columns[name][0, used]
        basis = np.column_stack(kept)
        residual = column - basis @ np.linalg.lstsq(basis, column, rcond=None)[0]
        if residual @ residual > _DEPENDENT * max(float(column @ column), 1e-300):
            kept.append(column)
        elif name in own:
            raise UnansweredError("refused", "confounded")
        else:
            dependent.append(name)
    return dependent
