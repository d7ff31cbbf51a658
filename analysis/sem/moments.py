"""Published moments: a correlation or covariance table and a number of persons instead of anybody's answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from analysis.sem.errors import ModelError

Array = npt.NDArray[np.floating[Any]]
# what an entry may be called
_NAMES = {
    "cov": ("cov", "covariances", "covariance"), "cor": ("cor", "correlations", "correlation"),
    "sd": ("sd", "sds"), "mean": ("mean", "means"),
}  # fmt: skip
_EXPECTED = 'an object with "n", "names" and "cov" (or "cor" and "sd"), or several of them as "groups"'
_SYMMETRIC = 1e-8


@dataclass(frozen=True)
class GroupMoments:
    """Published moments of one group: ``n`` persons, covariances ``cov`` (p, p; divisor n - 1, as programs print them)
    of the variables ``names``, and their means (p,) where known."""

    n: int
    names: tuple[str, ...]
    cov: Array
    mean: Array | None = None
    name: str = ""


@dataclass(frozen=True)
class Moments:
    """Published moments, to fit a model without anybody's answers; groups differ in ``name``."""

    groups: tuple[GroupMoments, ...]

    @classmethod
    def from_dict(cls, content: Any) -> Moments:
        """Read ``{"groups": [{"name", "n", "names", "cov" or "cor" + "sd", "mean"}]}``; one group may stand alone.

        A matrix may be given as its lower triangle, row by row; the longer names ``covariances``, ``correlations``,
        ``means`` are understood. Groups without a name are called 1, 2, …; as an object, ``groups`` gives each its
        name. Raises ``ModelError`` naming the entry that is missing or has the wrong shape.
        """
        entries = _entries(content)
        groups = [_group(entry, position) for position, entry in enumerate(entries)]
        if len(groups) > 1:
            groups = [_named(group, position) for position, group in enumerate(groups)]
        twice = {g.name for g in groups if [other.name for other in groups].count(g.name) > 1}
        if twice:
            raise ModelError(f"Moments: two groups are called {min(twice)!r}; give each its own name.")
        return cls(tuple(groups))

    @property
    def has_means(self) -> bool:
        """Whether every group has means."""
        return all(group.mean is not None for group in self.groups)


def _entries(content: Any) -> list[Any]:
    """The groups' entries, whichever way they are given."""
    groups = content.get("groups", [content]) if isinstance(content, Mapping) else content
    if isinstance(groups, Mapping):
        groups = [{"name": k, **v} if isinstance(v, Mapping) else v for k, v in groups.items()]
    if not isinstance(groups, Sequence) or isinstance(groups, str) or not groups:
        raise ModelError(f"Moments: expected {_EXPECTED}.")
    return list(groups)


def _named(group: GroupMoments, position: int) -> GroupMoments:
    return GroupMoments(group.n, group.names, group.cov, group.mean, group.name or str(position + 1))


def _group(entry: Any, position: int) -> GroupMoments:
    where = f"Moments, group {position + 1}"
    if not isinstance(entry, Mapping):
        raise ModelError(f"{where}: expected {_EXPECTED}.")
    names, n = _variables(entry, where), _persons(entry, where)
    p = len(names)
    cov, cor, sd, mean = (_entry(entry, key) for key in ("cov", "cor", "sd", "mean"))
    if cov is not None:
        matrix = _shaped(cov, (p, p), where, "cov")
    elif cor is not None and sd is not None:
        matrix = _correlations(cor, p, where) * np.outer(*2 * [_deviations(sd, p, where)])
    else:
        raise ModelError(f'{where}: expected "cov", or "cor" with "sd".')
    if not np.allclose(matrix, matrix.T, rtol=_SYMMETRIC, atol=1e-12):
        raise ModelError(f"{where}: the matrix is not symmetric.")
    means = _shaped(mean, (p,), where, "mean") if mean is not None else None
    name = entry.get("name")
    return GroupMoments(n, names, (matrix + matrix.T) / 2, means, "" if name is None else str(name))


def _entry(entry: Mapping[str, Any], key: str) -> Any:
    """What an entry holds under one of the names ``key`` may have."""
    return next((entry[name] for name in _NAMES[key] if entry.get(name) is not None), None)


def _variables(entry: Mapping[str, Any], where: str) -> tuple[str, ...]:
    names = entry.get("names")
    if names is None:
        raise ModelError(f'{where}: "names" is missing.')
    if not isinstance(names, Sequence) or isinstance(names, str) or not all(isinstance(v, str) and v for v in names):
        raise ModelError(f'{where}: "names" must be a list of variables\' names.')
    twice = [name for name in names if list(names).count(name) > 1]
    if twice:
        raise ModelError(f"{where}: the name {twice[0]} occurs twice in names.")
    return tuple(names)


def _persons(entry: Mapping[str, Any], where: str) -> int:
    n = entry.get("n")
    if n is None:
        raise ModelError(f'{where}: "n" is missing.')
    if not isinstance(n, int | float) or isinstance(n, bool) or not 2 <= n < 1e12 or n != int(n):
        raise ModelError(f'{where}: "n" must be a whole number of at least 2.')
    return int(n)


def _correlations(value: Any, p: int, where: str) -> Array:
    cor = _shaped(value, (p, p), where, "cor")
    if not np.allclose(np.diag(cor), 1, atol=1e-6) or (np.abs(cor) > 1 + 1e-6).any():
        raise ModelError(f'{where}: "cor" must hold correlations: 1 on the diagonal, none beyond one.')
    return cor


def _deviations(value: Any, p: int, where: str) -> Array:
    sd = _shaped(value, (p,), where, "sd")
    if (sd <= 0).any():
        raise ModelError(f'{where}: "sd" must hold standard deviations above nil.')
    return sd


def _shaped(value: Any, shape: tuple[int, ...], where: str, key: str) -> Array:
    """An array of that shape; a matrix may be given as its lower triangle, row by row."""
    wrong = ModelError(f'{where}: "{key}" must hold {" by ".join(map(str, shape))} numbers.')
    if not _are_numbers(value, len(shape)):
        raise wrong
    if len(shape) == 2 and [len(row) for row in value] == list(range(1, shape[0] + 1)):
        full = np.zeros(shape)
        for i, row in enumerate(value):
            full[i, : i + 1] = full[: i + 1, i] = row
        value = full
    try:
        array = np.array(value, dtype=float)
    except (ValueError, OverflowError):  # rows of different lengths, a whole number beyond all floats
        raise wrong from None
    if array.shape != shape or not np.isfinite(array).all():
        raise wrong
    return array


def _are_numbers(value: Any, depth: int) -> bool:
    """Whether ``value`` is a list of numbers, or of lists of them: text that looks like one is not."""
    if depth == 0:
        return isinstance(value, int | float) and not isinstance(value, bool)
    if not isinstance(value, Sequence) or isinstance(value, str):
        return False
    return all(_are_numbers(part, depth - 1) for part in value)
