"""Who is analysed under a specification, and what they are adjusted for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.multiverse.choices import in_waves
from analysis.multiverse.imputing import predictors
from analysis.multiverse.inputs import Inputs
from analysis.multiverse.specification import UNTOUCHED, Specification

Array = npt.NDArray[np.floating[Any]]
Who = tuple[str, str, str, str]

_INDEPENDENT = 1e-7


@dataclass(frozen=True)
class Analysed:
    """The n persons of a specification.

    ``rows`` (n,): their places in ``Inputs.persons``; ``project`` (n,): their projects' numbers among ``projects``, -1
    where not known. ``covariates`` (n, q): what is adjusted for, centred, no column a sum of others; none: (n, 0).
    """

    rows: npt.NDArray[np.intp]
    project: npt.NDArray[np.intp]
    projects: tuple[str, ...]
    covariates: Array

    @property
    def n(self) -> int:
        """How many persons."""
        return len(self.rows)

    def only(self, kept: npt.NDArray[np.bool_]) -> Analysed:
        """Those of them who are ``kept`` (n,); covariates are centred on who remains."""
        if kept.all():
            return self
        covariates = independent(self.covariates[kept])
        return Analysed(self.rows[kept], self.project[kept], self.projects, covariates)


class Frames:
    """Frames of specifications; the same persons are found once."""

    def __init__(self, inputs: Inputs, *, known: tuple[str, ...] = ()) -> None:
        """``known``: columns that everybody must have a value of."""
        self.inputs = inputs
        persons = inputs.persons
        self._analysed = persons["analysed"].to_numpy(bool)
        self._careless = persons["careless"].to_numpy(bool)
        cluster = persons[inputs.cluster]
        codes, projects = pd.factorize(cluster.astype("str").where(cluster.notna()), sort=True)
        self.projects: tuple[str, ...] = tuple(map(str, projects))
        self._project = codes.astype(np.intp)
        self._known = persons[list(known)].notna().all(axis=1).to_numpy(bool)
        self._found: dict[tuple[Who, str], Analysed] = {}

    def of(self, s: Specification) -> Analysed:
        """The persons of ``s``: those with all covariates where they are adjusted for (listwise)."""
        key = (who(s), s.covariates)
        if key not in self._found:
            self._found[key] = self._make(s)
        return self._found[key]

    def _make(self, s: Specification) -> Analysed:
        chosen = self._known.copy()
        if s.residents != "all":
            chosen &= self._analysed
        if s.careless == "drop":
            chosen &= ~self._careless
        chosen &= in_waves(self.inputs.persons, s.waves, self.inputs.waves).to_numpy(bool)
        if s.left_out not in ("none", UNTOUCHED):
            chosen &= self._project != self.projects.index(s.left_out)
        known, columns = self._background(tuple(adjusted_columns(self.inputs, s)))
        rows = np.flatnonzero(chosen & known)
        return Analysed(rows, self._project[rows], self.projects, independent(columns[rows]))

    def _background(self, names: tuple[str, ...]) -> tuple[npt.NDArray[np.bool_], Array]:
        """Who of everybody (N) has all of ``names``, and what they are, as numbers (N, q)."""

        def make() -> tuple[npt.NDArray[np.bool_], Array]:
            persons = self.inputs.persons[list(names)]
            made = predictors(persons, names).to_numpy(dtype=float).reshape(len(persons), -1)
            return persons.notna().all(axis=1).to_numpy(bool), made

        return self.inputs.once(("background", *names), make)


def who(s: Specification) -> Who:
    """The choices that decide who is analysed, covariates apart."""
    return s.careless, s.residents, s.waves, s.left_out


def adjusted_columns(inputs: Inputs, s: Specification) -> list[str]:
    """What ``s`` adjusts for: the declared background variables there are; the role too where all residents take part,
    since who is analysed and who is not differ in more than what the claim is about."""
    if s.covariates != "adjusted":
        return []
    names = [*([inputs.role] if inputs.role and s.residents == "all" else []), *inputs.adjusted_for]
    persons = inputs.persons
    return [name for name in dict.fromkeys(names) if name in persons.columns and persons[name].notna().any()]


def independent(columns: Array) -> Array:
    """``columns`` (n, q) centred, without those that earlier ones (or a constant) add up to."""
    if columns.shape[1] == 0 or len(columns) == 0:
        return np.empty((len(columns), 0))
    centred = columns - columns.mean(axis=0)
    spread = np.sqrt((centred**2).sum(axis=0))
    # a column that does not vary leaves rounding
    varies = spread > _INDEPENDENT * np.sqrt((columns**2).sum(axis=0))
    scaled = np.where(varies, centred / np.where(varies, spread, 1.0), 0.0)
    left = np.abs(np.diag(np.linalg.qr(scaled, mode="r"))) if len(columns) >= columns.shape[1] else np.zeros(0)
    if len(left) == columns.shape[1] and (left > _INDEPENDENT).all():
        return np.asarray(centred)
    kept: list[int] = []
    for j in range(columns.shape[1]):
        if np.linalg.matrix_rank(scaled[:, [*kept, j]], tol=_INDEPENDENT) == len(kept) + 1:
            kept.append(j)
    return np.asarray(centred[:, kept])
