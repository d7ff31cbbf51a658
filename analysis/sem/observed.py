"""Data to sample statistics: what is fitted, group by group.

Three ways in: a frame with one row per person (complete rows, or every observed value with ``missing="fiml"``), ordered
items as category codes, and published moments. Sample covariances have divisor n for maximum likelihood and n - 1
(``unbiased``) for least squares.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.sem.errors import ModelError
from analysis.sem.moments import GroupMoments, Moments
from analysis.sem.ordinal import OrdinalMoments, ordinal_moments
from analysis.sem.patterns import MissingData
from analysis.sem.saturated import SaturatedFit, saturated
from analysis.sem.soundness import (
    check_answers,
    check_clusters,
    check_group_size,
    check_incomplete_answers,
    check_independent,
    where,
)
from analysis.sem.table import ParameterTable

Array = npt.NDArray[np.floating[Any]]
IntArray = npt.NDArray[np.integer[Any]]
Missing = Literal["listwise", "fiml"]
MAX_GROUPS = 50
_LARGEST = 1e50  # products of four such values are still numbers


@dataclass(frozen=True)
class GroupSample:
    """One group: ``n`` persons, ``mean`` (p,), ``cov`` (p, p; divisor n, or n - 1 for least squares), and where there
    is raw data ``data`` (n, p; NaN where missing), ``cluster`` codes (n,) unique over all groups, and for ordered items
    ``ordinal`` moments."""

    name: str
    n: int
    mean: Array
    cov: Array
    data: Array | None = None
    cluster: IntArray | None = None
    ordinal: OrdinalMoments | None = None

    @property
    def answers(self) -> Array:
        """``data``; raises ``ValueError`` for published moments, which hold nobody's answers."""
        if self.data is None:
            raise ValueError("published moments hold nobody's answers")
        return self.data

    @property
    def ordered(self) -> OrdinalMoments:
        """``ordinal``; raises ``ValueError`` where the answers are not ordered."""
        if self.ordinal is None:
            raise ValueError("the answers are not ordered")
        return self.ordinal

    @property
    def clusters(self) -> IntArray:
        """``cluster``; raises ``ValueError`` where no clusters were given."""
        if self.cluster is None:
            raise ValueError("the persons have no clusters")
        return self.cluster

    @cached_property
    def missing_data(self) -> MissingData:
        """The answers made ready for the likelihood of incomplete data."""
        return MissingData(self.answers)

    @cached_property
    def saturated(self) -> SaturatedFit:
        """The moments of incomplete answers without a model, by maximum likelihood."""
        return saturated(self.missing_data)

    @cached_property
    def complete(self) -> bool:
        """Whether nobody left anything open; published moments count as complete."""
        return self.data is None or not np.isnan(self.data).any()


@dataclass(frozen=True)
class Sample:
    """All groups, variables in the order ``names``. ``n_left_out`` counts persons who could not take part."""

    groups: tuple[GroupSample, ...]
    names: tuple[str, ...]
    missing: Missing = "listwise"
    n_left_out: int = 0
    cluster_names: tuple[str, ...] = ()

    @property
    def n(self) -> int:
        """Persons in all groups."""
        return sum(group.n for group in self.groups)

    @property
    def shares(self) -> Array:
        """Each group's share of the persons, (groups,)."""
        return np.array([group.n for group in self.groups]) / self.n

    @cached_property
    def kept(self) -> dict[tuple[object, ...], Any]:
        """What is the same for every model of these persons, computed once; by name and whatever else it hangs on."""
        return {}


@dataclass(frozen=True)
class Frame:
    """A data frame made ready: persons' group and cluster, known before the parameter table is built."""

    data: pd.DataFrame
    group_of: IntArray
    groups: tuple[str, ...]
    cluster_of: IntArray | None = None
    cluster_names: tuple[str, ...] = ()
    categories: dict[str, npt.NDArray[Any]] = field(default_factory=dict)
    n_left_out: int = 0


def prepare(
    frame: pd.DataFrame, *, group: str | None = None, cluster: str | None = None, ordered: Sequence[str] = ()
) -> Frame:
    """Find the groups (in order of first appearance), the clusters and the categories of ordered items.

    Persons whose group or cluster is not known are left out and counted. Raises ``ModelError`` when a column is not
    there or there twice, there is only one group, or there are more than 50.
    """
    for what, name in (("group", group), ("cluster", cluster), *(("ordered", name) for name in ordered)):
        if name is not None and name not in frame.columns:
            raise ModelError(f"The data have no column {name} ({what}). Check the spelling.")
    _refuse_twins(frame, [name for name in (group, cluster, *ordered) if name is not None])
    known = np.ones(len(frame), dtype=bool)
    for name in (group, cluster):
        if name is not None:
            known &= frame[name].notna().to_numpy()
    data = frame if known.all() else frame[known]
    group_of, groups = _coded(data[group]) if group else (np.zeros(len(data), dtype=np.intp), ("",))
    if group and len(groups) < 2:
        raise ModelError(f"The column {group} holds {len(groups)} group: at least two are needed. Leave --group out.")
    if len(groups) > MAX_GROUPS:
        raise ModelError(
            f"The column {group} holds {len(groups)} groups; {MAX_GROUPS} are the most. Does it hold groups?"
        )
    cluster_of, clusters = _coded(data[cluster]) if cluster else (None, ())
    categories = {name: _categories(data[name], name) for name in ordered}
    return Frame(data, group_of, groups, cluster_of, clusters, categories, int((~known).sum()))


def sample_of(
    table: ParameterTable, frame: Frame, *, missing: Missing = "listwise", unbiased: bool = False
) -> Sample:  # fmt: skip
    """Sample statistics of the variables of ``table``; covariances ``unbiased`` with divisor n - 1.

    Raises ``ModelError`` for a variable that is not there or not numeric, a constant or linearly dependent variable, a
    group with too few persons, a category nobody of a group chose, and clusters that reach over groups.
    """
    values = _numbers(table, frame)
    use = _usable(table, values, missing)
    if not use.any():
        raise ModelError("Nobody answered every question the model uses: there are no complete rows.")
    n_unusable = int((~use).sum())
    group_of, cluster_of = frame.group_of, frame.cluster_of
    if n_unusable:
        values, group_of = values[use], group_of[use]
        cluster_of = None if cluster_of is None else cluster_of[use]
    if cluster_of is not None:
        check_clusters(cluster_of, group_of, frame.groups)
    groups = []
    categories = [frame.categories.get(name, np.zeros(0)) for name in table.observed]
    for g, name in enumerate(frame.groups):
        mine = group_of == g if len(frame.groups) > 1 else slice(None)
        cluster = None if cluster_of is None else cluster_of[mine]
        groups.append(_group_sample(table, name, values[mine], cluster, missing, categories))
    if unbiased and not table.ordered:
        groups = [replace(group, cov=group.cov * group.n / (group.n - 1)) for group in groups]
    return Sample(
        tuple(groups), table.observed, missing, frame.n_left_out + n_unusable, frame.cluster_names
    )  # fmt: skip


def sample_of_moments(table: ParameterTable, moments: Moments, *, unbiased: bool = False) -> Sample:
    """Sample statistics from published moments; covariances are brought to divisor n unless ``unbiased``.

    Raises ``ModelError`` when a variable is not there, means are needed and absent, or the matrix is not positive.
    """
    groups = []
    for given in moments.groups:
        absent = [name for name in table.observed if name not in given.names]
        if absent:
            raise ModelError(f"The model uses {', '.join(absent)}, which the moments do not have. Check the spelling.")
        if table.means and given.mean is None:
            raise ModelError('The model has means, and the moments have none: add "mean", one number a variable.')
        at = [given.names.index(name) for name in table.observed]
        cov = given.cov[np.ix_(at, at)] * (1.0 if unbiased else (given.n - 1) / given.n)
        mean = np.zeros(len(at)) if given.mean is None else given.mean[at]
        _check_moments(table.observed, cov, given)
        groups.append(GroupSample(given.name, given.n, mean, cov))
    return Sample(tuple(groups), table.observed)


def _check_moments(names: tuple[str, ...], cov: Array, given: GroupMoments) -> None:
    if given.n <= len(names):
        raise ModelError(
            f"Moments of {given.n} persons for {len(names)} variables{where(given.name)}: more persons than variables"
            " are needed."
        )
    check_independent(names, cov, given.name)


def _coded(column: pd.Series[Any]) -> tuple[IntArray, tuple[str, ...]]:
    """Codes and names in order of first appearance."""
    codes, names = pd.factorize(column, sort=False)
    return codes, tuple(group_name(name) for name in names)


def group_name(name: object) -> str:
    """A group's or cluster's name as a person would write it: ``1``, not ``1.0``."""
    return str(int(name)) if isinstance(name, float) and name.is_integer() else str(name)


def _categories(column: pd.Series[Any], name: str) -> npt.NDArray[Any]:
    """The values that occur, sorted."""
    if isinstance(column.dtype, np.dtype) and column.dtype.kind in "fiu":
        values = column.to_numpy(dtype=float)
    else:
        numbers = pd.to_numeric(column, errors="coerce")
        if bool((numbers.isna() & column.notna()).any()):
            raise ModelError(f"The ordered variable {name} holds values that are not numbers: give its codes.")
        values = numbers.to_numpy(dtype=float, na_value=np.nan)
    found = np.unique(values[~np.isnan(values)])
    if len(found) < 2:
        raise ModelError(f"{name} does not vary: leave it out of the model.")
    if len(found) > 50:
        raise ModelError(f"The ordered variable {name} has {len(found)} categories: treat it as continuous.")
    return found


def _numbers(table: ParameterTable, frame: Frame) -> Array:
    """The model's observed variables, persons by variables; ordered ones as codes 0, 1, …"""
    absent = [name for name in table.observed if name not in frame.data.columns]
    if absent:
        raise ModelError(
            f"The model uses {', '.join(absent)}, which the data do not have. Check the spelling, or define a latent"
            " variable with =~."
        )
    _refuse_twins(frame.data, table.observed)
    # a variable's answers side by side in memory, as sums over persons want them
    values = np.array([_number_column(frame.data[name], name) for name in table.observed]).T
    infinite = np.isinf(values)
    if infinite.any():
        named = [name for name, column in zip(table.observed, infinite.T, strict=True) if column.any()]
        raise ModelError(f"{', '.join(named)} holds infinite values: leave them open, or correct them.")
    huge = [name for name, column in zip(table.observed, values.T, strict=True) if (np.abs(column) > _LARGEST).any()]
    if huge:
        raise ModelError(f"{', '.join(huge)} holds values too large to compute with: express them in larger units.")
    for name, categories in frame.categories.items():
        if name in table.observed:
            at = table.observed.index(name)
            answered = ~np.isnan(values[:, at])
            values[answered, at] = np.searchsorted(categories, values[answered, at])
    return values


def _refuse_twins(frame: pd.DataFrame, names: Sequence[str]) -> None:
    """Refuse a name that two columns have."""
    if frame.columns.is_unique:
        return
    twice = [name for name in names if (frame.columns == name).sum() > 1]
    if twice:
        raise ModelError(f"The data have two columns called {twice[0]}: give each its own name.")


def _number_column(column: pd.Series[Any], name: str) -> Array:
    if isinstance(column.dtype, np.dtype) and column.dtype.kind in "fiu":
        return column.to_numpy(dtype=float)
    numbers = pd.to_numeric(column, errors="coerce")
    if bool((numbers.isna() & column.notna()).any()):
        raise ModelError(f"The variable {name} holds values that are not numbers.")
    return numbers.to_numpy(dtype=float, na_value=np.nan)


def _usable(table: ParameterTable, values: Array, missing: Missing) -> npt.NDArray[np.bool_]:
    """Who takes part: everybody with complete answers; with FIML everybody with an answer and all covariates."""
    absent = np.isnan(values)
    if missing == "listwise":
        return np.asarray(~absent.any(axis=1))
    covariates = [table.observed.index(name) for name in table.covariates]
    others = [i for i in range(values.shape[1]) if i not in covariates]
    return np.asarray(~absent[:, covariates].any(axis=1) & ~absent[:, others].all(axis=1))


def _group_sample(
    table: ParameterTable,
    name: str,
    data: Array,
    cluster: IntArray | None,
    missing: Missing,
    categories: Sequence[npt.NDArray[Any]],
) -> GroupSample:
    n = len(data)
    check_group_size(n, name)
    if table.ordered:
        return _ordered_sample(table, name, data, cluster, categories)
    if missing == "fiml" and np.isnan(data).any():
        check_incomplete_answers(table.observed, data, name)
        # available-case moments: for starting values and for what is fixed to the sample, never a result
        mean = np.nanmean(data, axis=0)
        spread = np.nan_to_num(data - mean)
        answered = (~np.isnan(data)).astype(float)
        cov = (spread.T @ spread) / np.maximum(answered.T @ answered, 1)
        return GroupSample(name, n, mean, cov, data, cluster)
    mean = data.mean(axis=0)
    centred = data - mean
    cov = centred.T @ centred / n
    check_answers(table.observed, data, cov, name)
    return GroupSample(name, n, mean, cov, data, cluster)


def _ordered_sample(
    table: ParameterTable, name: str, data: Array, cluster: IntArray | None, categories: Sequence[npt.NDArray[Any]]
) -> GroupSample:
    if set(table.ordered) != set(table.observed):
        others = [v for v in table.observed if v not in table.ordered]
        raise ModelError(
            f"{', '.join(others)} {'is' if len(others) == 1 else 'are'} not ordered: ordered and continuous variables"
            " cannot be in one model. Declare all of them ordered, or none."
        )
    answers = [values.tolist() for values in categories]
    ordinal = ordinal_moments(data.astype(np.intp), table.observed, categories=answers, group=name)
    p = len(table.observed)
    return GroupSample(name, len(data), np.zeros(p), ordinal.correlation_matrix, data, cluster, ordinal)
