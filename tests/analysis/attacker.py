"""An attacker of published tables: solves them as a linear system and says how closely every hidden figure is known.

Written apart from the gate it is to test: it reads the published figures, the contracts and the links, and shares no
code with ``analysis.disclosure``. The truth beside it says only which figures had to be hidden, and whether a sum
leaves nobody over (the strongest attacker knows that; where the links say ``rest`` nobody can).
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from ruamel.yaml import YAML
from scipy.optimize import linprog
from scipy.sparse import coo_matrix, csr_matrix
from scipy.sparse.csgraph import connected_components

CONTRACTS = Path(__file__).resolve().parents[2] / "pipeline" / "contracts"
Figure = tuple[Any, ...]
"""Table, row and column of a figure; anything else for what is nowhere published."""
Group = tuple[str, str, str, str]
"""Outcome, division, group and wave."""
NEARLY = 1e-6


@cache
def declared(name: str) -> dict[str, Any]:
    """``tables.yaml`` or ``links.yaml`` as plain data."""
    content: dict[str, Any] = YAML(typ="safe").load(CONTRACTS / name)
    return content


@dataclass(frozen=True)
class Told:
    """A figure that had to be hidden: the whole numbers it can be (``low`` to ``high``), and how wide that should be.

    ``alone``: no other figure that could be hidden stands in a sum with it."""

    figure: Figure
    low: float
    high: float
    need: int
    alone: bool

    @property
    def wide(self) -> bool:
        """Whether what is left is as wide as declared, or as it can be and not a single number."""
        return self.high - self.low >= (1 if self.alone else self.need)


@dataclass
class Attacker:
    """``published`` and ``truth``: tables by name with the same rows; ``members``: projects by (division, group)."""

    published: Mapping[str, pd.DataFrame]
    truth: Mapping[str, pd.DataFrame]
    members: Mapping[tuple[str, str], set[str]]
    by_design: tuple[str, ...] = ()
    minimum_group: int = 10
    minimum_cell: int = 5
    contracts: dict[str, Any] = field(default_factory=lambda: declared("tables.yaml"))
    links: dict[str, Any] = field(default_factory=lambda: declared("links.yaml"))

    def __post_init__(self) -> None:
        self.value: dict[Figure, float] = {}
        self.known: dict[Figure, float] = {}
        self.sums: list[tuple[dict[Figure, float], float, float]] = []
        self._same: dict[Figure, Figure] = {}
        for name in self.truth:
            self._read(name)
        for name in self.truth:
            self._within(name)
        for name, link in self.links["levels"].items():
            if name in self.truth:
                self._levels(name, link)
        for link in self.links["sums"]:
            self._sum(link["by"], link["terms"], rest=link.get("rest", False))
        self._projects()
        for link in self.links["moments"]:
            if {link["table"], link["distribution"]} <= self.truth.keys():
                self._moments(link)

    # what is published ------------------------------------------------------------------------------------------------

    def columns(self, name: str, *roles: str) -> list[str]:
        """Columns of a table with one of these roles."""
        return [column for column, role in self.contracts[name]["columns"].items() if role in roles]

    def groups(self, name: str, keys: list[str]) -> Iterator[tuple[tuple[str, ...], list[int]]]:
        """Rows of a table by the values of ``keys``."""
        found: dict[tuple[str, ...], list[int]] = defaultdict(list)
        for row, values in enumerate(self.truth[name][keys].astype(str).to_numpy()):
            found[tuple(values)].append(row)
        yield from found.items()

    def figure(self, *place: Any) -> Figure:
        """The one name of a figure that stands in several rows."""
        return self._same.get(place, place)

    def _read(self, name: str) -> None:
        full, shown = self.truth[name], self.published[name]
        assert len(full) == len(shown), name
        counts, bases, shares = (self.columns(name, role) for role in ("count", "base", "share"))
        if counts and bases:
            for _, rows in self.groups(name, list(self.contracts[name].get("partition", []))):
                for base in bases:
                    first: dict[float, int] = {}
                    for row in rows:
                        size = float(full[base].iloc[row])
                        self._same[name, row, base] = (name, first.setdefault(size, row), base)
        for column in (*counts, *bases):
            exact, visible = full[column].to_numpy(dtype=float), shown[column].to_numpy(dtype=float)
            for row in range(len(full)):
                if math.isfinite(exact[row]):
                    figure = self.figure(name, row, column)
                    self.value[figure] = exact[row]
                    if math.isfinite(visible[row]):
                        self.known[figure] = visible[row]
        if counts:
            return
        for column in shares:
            of = self.base_of(name, column)
            for row in range(len(full)):
                share, whole = float(full[column].iloc[row]), self.figure(name, row, of)
                if whole not in self.value or not math.isfinite(share):
                    continue
                size = self.value[whole]
                for persons, label in ((round(share * size), column), (size - round(share * size), f"not {column}")):
                    self.value[name, row, label] = persons
                    if math.isfinite(float(shown[column].iloc[row])):
                        self.known[name, row, label] = persons
                self._add({whole: 1.0, (name, row, column): -1.0, (name, row, f"not {column}"): -1.0})

    def base_of(self, name: str, column: str) -> str | None:
        """The base that a share is of: the one that makes all of them whole persons."""
        full = self.truth[name]
        for base in reversed(self.columns(name, "base")):
            persons = (full[column] * full[base]).dropna()
            if np.allclose(persons, persons.round(), atol=1e-3):
                return base
        return None

    # sums -------------------------------------------------------------------------------------------------------------

    def _add(self, terms: Mapping[Figure, float], *, rest: bool = False) -> None:
        """The terms add up to zero, or leave persons over."""
        over = sum(self.value[figure] * times for figure, times in terms.items())
        if rest or abs(over) > NEARLY:
            left = ("left", len(self.sums))
            self.value[left] = abs(over)
            terms = {**terms, left: -1.0 if over >= 0 else 1.0}
        self.sums.append((dict(terms), 0.0, 0.0))

    def _within(self, name: str) -> None:
        """Categories of one partition and one base add up to it, where they do."""
        partition = self.contracts[name].get("partition")
        if not partition:
            return
        for count in self.columns(name, "count"):
            for _, rows in self.groups(name, list(partition)):
                for base in self.columns(name, "base"):
                    by_base: dict[Figure, list[Figure]] = defaultdict(list)
                    for row in rows:
                        if {(name, row, count), self.figure(name, row, base)} <= self.value.keys():
                            by_base[self.figure(name, row, base)].append((name, row, count))
                    for whole, parts in by_base.items():
                        if abs(self.value[whole] - sum(self.value[part] for part in parts)) < NEARLY:
                            self._add({whole: 1.0, **dict.fromkeys(parts, -1.0)})

    def _levels(self, name: str, link: Mapping[str, Any]) -> None:
        keys = [key for key in self.columns(name, "key") if key not in link["keys"]]
        labels = [*self.columns(name, "base", "count")]
        labels += [f"{side}{share}" for share in self.columns(name, "share") for side in ("", "not ")]
        named = self.truth[name][link["keys"]].astype(str).to_numpy()
        for _, rows in self.groups(name, keys):
            for label in labels:
                there = [row for row in rows if self.figure(name, row, label) in self.value]
                whole = [row for row in there if list(named[row]) == list(link["whole"])]
                divisions: dict[str, set[Figure]] = defaultdict(set)
                for row in there:
                    if row not in whole:
                        division = named[row][0] if len(link["keys"]) > 1 else ""
                        divisions[division].add(self.figure(name, row, label))
                for parts in divisions.values():
                    if whole:
                        self._add({self.figure(name, whole[0], label): 1.0, **dict.fromkeys(parts, -1.0)})

    def _sum(self, by: list[str], terms: list[Mapping[str, Any]], *, rest: bool = False) -> None:
        if not {term["table"] for term in terms} <= self.truth.keys():
            return
        found: dict[tuple[str, ...], list[dict[Figure, float]]] = defaultdict(lambda: [{} for _ in terms])
        for place, term in enumerate(terms):
            frame, keys = self.truth[term["table"]], term.get("keys", {})
            values = frame[[keys.get(key, key) for key in by]].astype(str).to_numpy()
            meant = np.ones(len(frame), dtype=bool)
            for column, value in term.get("where", {}).items():
                meant &= (frame[column].astype(str) == value).to_numpy()
            for column, value in term.get("unless", {}).items():
                meant &= (frame[column].astype(str) != value).to_numpy()
            for row in map(int, np.flatnonzero(meant)):
                figure = self.figure(term["table"], row, term["column"])
                taken = found[tuple(values[row])][place]
                if figure in self.value and not (term.get("once") and taken):
                    taken[figure] = float(term.get("times", 1.0))
        for parts in found.values():
            each = [part for part, term in zip(parts, terms, strict=True) if term.get("each")]
            fixed = [part for part, term in zip(parts, terms, strict=True) if not term.get("each")]
            if not parts[0] or sum(bool(part) for part in parts) < 2:
                continue
            together = {figure: times for part in fixed for figure, times in part.items()}
            for last in [{f: t} for part in each for f, t in part.items()] or [{}]:
                self._add({**together, **last}, rest=rest)

    def _projects(self) -> None:
        for link in self.links["projects"]:
            for (division, group), projects in self.members.items():
                where = {"table": link["table"], "column": link["column"]}
                whole = {**where, "where": {link["dimension"]: division, link["category"]: group}}
                parts = [
                    {**where, "where": {link["dimension"]: link["project"], link["category"]: project}, "times": -1.0}
                    for project in sorted(projects)
                ]
                self._sum(link["by"], [whole, *parts])

    def _moments(self, link: Mapping[str, Any]) -> None:
        name, other = link["table"], link["distribution"]
        codes = pd.to_numeric(self.truth[other][link["value"]]).to_numpy(dtype=float)
        answers = dict(self.groups(other, list(link["by"])))
        for key, (row,) in self.groups(name, list(link["by"])):
            full, shown = self.truth[name].iloc[row], self.published[name].iloc[row]
            cells = [(other, r, link["count"]) for r in answers.get(key, [])]
            counts = np.asarray([self.value[cell] for cell in cells])
            n, mean = float(full[link["base"]]), float(shown[link["mean"]])
            if not cells or not math.isfinite(n):
                continue
            code = codes[answers[key]]
            turned = all(str(full[column]) == value for column, value in link["turned"].items())
            scored = code.min() + code.max() - code if turned else code
            self._ends(name, row, link, cells, scored, counts.sum() - n)
            if counts.sum() != n or not math.isfinite(mean):
                continue
            half = 0.005 if abs(mean - float(full[link["mean"]])) <= 0.005 + NEARLY else 0.05
            self.sums.append((dict(zip(cells, scored, strict=True)), n * mean, n * half))
            sd = float(shown[link["sd"]])
            if math.isfinite(sd):
                # the squares around the rounded mean: (n - 1) sd², and n times the square of its rounding error
                loose = (n - 1) * (2 * sd * half + half**2) + n * half**2
                self.sums.append((dict(zip(cells, (scored - mean) ** 2, strict=True)), (n - 1) * sd**2, loose))

    def _ends(
        self, name: str, row: int, link: Mapping[str, Any], cells: list[Figure], scored: np.ndarray, more: float
    ) -> None:
        for column, end in ((link["lowest"], scored.argmin()), (link["highest"], scored.argmax())):
            share = (name, row, column)
            if share not in self.value or not 0 <= self.value[cells[end]] - self.value[share] <= more:
                continue
            if more == 0:
                self._add({cells[end]: 1.0, share: -1.0})
            else:
                self.sums.append(({cells[end]: 1.0, share: -1.0}, more / 2, more / 2))

    # the attack -------------------------------------------------------------------------------------------------------

    def secrets(self) -> Iterator[tuple[Figure, int]]:
        """Figures that may not be known, and how wide the range left for them must be."""
        links = self.links
        for name, full in self.truth.items():
            counts, bases, shares = (self.columns(name, role) for role in ("count", "base", "share"))
            residue, silent = (self._any(name, links[kind].get(name, {})) for kind in ("residue", "silent"))
            for base in [] if name in links["repeated"] else bases:
                for row in range(len(full)):
                    figure = self.figure(name, row, base)
                    if figure == (name, row, base) and 0 < self.value.get(figure, 0) < self.minimum_group:
                        yield figure, self.minimum_group
            if not counts:
                for share in shares:
                    for row in range(len(full)):
                        for label, other in ((share, f"not {share}"), (f"not {share}", share)):
                            few = self.value.get((name, row, label), math.inf)
                            if few < self.minimum_cell and few + self.value.get((name, row, other), 0) > 0:
                                yield (name, row, label), self.minimum_cell
            for count in counts:
                for _, rows in self.groups(name, list(self.contracts[name].get("partition", []))):
                    answers = [r for r in rows if (name, r, count) in self.value and not residue[r]]
                    total = sum(self.value[name, row, count] for row in answers)
                    for row in answers if len(answers) > 1 and total > 0 else []:
                        n = self.value[name, row, count]
                        all_or_nobody = bool(bases and shares) and not silent[row]
                        all_alike = any(self.value[name, r, count] == total for r in answers)
                        if 0 < n < self.minimum_cell or (all_or_nobody and (n == 0 or all_alike)):
                            yield (name, row, count), self.minimum_cell

    def _any(self, name: str, values: Mapping[str, list[str]]) -> np.ndarray:
        mask = np.zeros(len(self.truth[name]), dtype=bool)
        for column, listed in values.items():
            told = {*listed, *self.by_design} if column == "dimension" else set(listed)
            mask |= (self.truth[name][column].astype(str).isin(told) | ("*" in told)).to_numpy()
        return mask

    def told(self) -> list[Told]:
        """Every secret, and what can be told of it."""
        hidden = {figure: i for i, figure in enumerate(f for f in self.value if f not in self.known)}
        rows = []
        for terms, total, loose in self.sums:
            unknown = {hidden[figure]: times for figure, times in terms.items() if figure in hidden}
            seen = sum(self.known[figure] * times for figure, times in terms.items() if figure in self.known)
            if unknown:
                rows.append((unknown, total - seen - loose, total - seen + loose, terms))
            else:
                assert abs(total - seen) <= loose + NEARLY, "the published figures contradict each other"
        pairs = [(i, j) for unknown, *_ in rows for i in unknown for j in unknown]
        i, j = zip(*pairs, strict=True) if pairs else ((), ())
        graph = coo_matrix((np.ones(len(pairs)), (i, j)), shape=(len(hidden), len(hidden)))
        part = connected_components(graph, directed=False)[1]
        by_part: dict[int, list[Any]] = defaultdict(list)
        for row in rows:
            by_part[part[next(iter(row[0]))]].append(row)
        found = []
        for figure, need in self.secrets():
            if figure in self.known:
                found.append(Told(figure, self.known[figure], self.known[figure], need, False))
                continue
            mine = by_part.get(part[hidden[figure]], [])
            low, high = _range(mine, hidden[figure])
            found.append(Told(figure, low, high, need, self._alone(mine)))
        return found

    def _alone(self, rows: list[Any]) -> bool:
        """Whether nothing that is shown beside these hidden figures could be hidden too: bases alone stand there."""
        return not any(figure in self.known and self._could_be_hidden(figure) for *_, terms in rows for figure in terms)

    def _could_be_hidden(self, figure: Figure) -> bool:
        return len(figure) == 3 and figure[2] not in self.columns(figure[0], "base")


def _range(rows: list[Any], target: int) -> tuple[float, float]:
    """The lowest and highest whole number that one unknown can be; none is below zero."""
    if not rows:
        return 0.0, math.inf
    column = {unknown: place for place, unknown in enumerate(sorted({u for terms, *_ in rows for u in terms}))}
    entries = [(r, column[u], times) for r, (terms, *_) in enumerate(rows) for u, times in terms.items()]
    at, of, times = zip(*entries, strict=True)
    matrix = csr_matrix((times, (at, of)), shape=(len(rows), len(column)))
    low, high = (np.asarray([row[k] for row in rows]) for k in (1, 2))
    exact = high - low < NEARLY
    ends = []
    for sign in (1.0, -1.0):
        objective = np.zeros(len(column))
        objective[column[target]] = sign
        loose = ~exact
        solved = linprog(
            objective, A_eq=matrix[exact] if exact.any() else None, b_eq=low[exact] if exact.any() else None,
            A_ub=csr_matrix(np.vstack([matrix[loose].toarray(), -matrix[loose].toarray()])) if loose.any() else None,
            b_ub=np.concatenate([high[loose], -low[loose]]) if loose.any() else None, bounds=(0, None),
            method="highs",
        )  # fmt: skip
        assert solved.status in (0, 3), f"the published figures contradict each other: {solved.message}"
        ends.append(sign * float(solved.fun) if solved.status == 0 else -sign * math.inf)
    return math.ceil(ends[0] - NEARLY), math.floor(ends[1] + NEARLY) if math.isfinite(ends[1]) else math.inf


# means ----------------------------------------------------------------------------------------------------------------


def told_means(
    published: Mapping[str, pd.DataFrame],
    truth: Mapping[str, pd.DataFrame],
    members: Mapping[tuple[str, str], set[str]],
    ranges: Mapping[str, tuple[float, float]],
) -> dict[Group, tuple[float, float]]:
    """What can be told of every hidden mean of ``group_results``: by outcome, division, group and wave.

    Every mean is an unknown within half a hundredth of what is shown. A project's mean is that of its waves by persons,
    that of several projects by projects; ``trait_means`` and ``reliability`` say the same of all waves, the latter by
    persons. How many persons there are is taken as known.
    """
    full, shown = truth["group_results"], published["group_results"]
    keys: list[Group] = [
        (str(o), str(d), str(g), str(w)) for o, d, g, w in full[["outcome", "division", "group", "wave"]].to_numpy()
    ]
    place = {key: i for i, key in enumerate(keys)}
    n = dict(zip(keys, full["n_obs"].astype(float), strict=True))
    equal: list[dict[int, float]] = []
    for outcome, division, group, wave in keys:
        key = (outcome, division, group, wave)
        if division == "project":
            waves = [k for k in keys if k[:3] == key[:3] and k[3] != "all"]
            if wave == "all":
                equal.append({place[key]: -n[key], **{place[k]: n[k] for k in waves}})
            continue
        projects = [k for k in keys if k[0] == outcome and k[1] == "project" and k[3] == wave]
        if (division, group) != ("all", "all"):
            projects = [k for k in projects if k[2] in members.get((division, group), set())]
        if projects:
            equal.append({place[key]: -float(len(projects)), **{place[k]: 1.0 for k in projects}})
    bounds: list[tuple[float, float]] = []
    for key, mean in zip(keys, shown["mean"].astype(float), strict=True):
        low, high = ranges[key[0]]
        bounds.append((mean - 0.005, mean + 0.005) if math.isfinite(mean) else (low, high))
    loose: list[tuple[dict[int, float], float, float]] = []
    for outcome, trait, level, mean in _rows(published.get("trait_means"), ["outcome", "trait", "level", "mean"]):
        key = (str(outcome), str(trait), str(level), "all")
        if key in place and math.isfinite(mean):
            loose.append(({place[key]: 1.0}, mean - 0.005, mean + 0.005))
    for (scale, trait, level, mean), persons in zip(
        _rows(published.get("reliability"), ["scale", "trait", "level", "mean"]),
        truth["reliability"]["n_scored"] if "reliability" in truth else [],
        strict=True,
    ):
        inside = [
            k for k in keys
            if k[0] == scale and k[1] == "project" and k[3] == "all"
            and (trait == "all" or k[2] in members.get((trait, level), set()))
        ]  # fmt: skip
        if inside and math.isfinite(mean) and sum(n[k] for k in inside) == persons:
            loose.append(({place[k]: n[k] / persons for k in inside}, mean - 0.005, mean + 0.005))
    found = {}
    for outcome in sorted({key[0] for key in keys}):
        mine = [i for i, key in enumerate(keys) if key[0] == outcome]
        column = {i: at for at, i in enumerate(mine)}
        rows = [[terms.get(i, 0.0) for i in mine] for terms in equal if set(terms) <= column.keys()]
        some = [(terms, low, high) for terms, low, high in loose if set(terms) <= column.keys()]
        upper = [[terms.get(i, 0.0) for i in mine] for terms, *_ in some]
        for i in mine:
            if math.isfinite(float(shown["mean"].iloc[i])):
                continue
            ends = []
            for sign in (1.0, -1.0):
                solved = linprog(
                    sign * (np.arange(len(mine)) == column[i]),
                    A_eq=np.asarray(rows) if rows else None, b_eq=np.zeros(len(rows)) if rows else None,
                    A_ub=np.vstack([upper, np.negative(upper)]) if upper else None,
                    b_ub=[high + NEARLY for *_, high in some] + [NEARLY - low for _, low, _ in some] if some else None,
                    bounds=[bounds[k] for k in mine], method="highs",
                )  # fmt: skip
                assert solved.status == 0, f"the published means contradict each other: {solved.message}"
                ends.append(sign * float(solved.fun))
            found[keys[i]] = (ends[0], ends[1])
    return found


def _rows(frame: pd.DataFrame | None, columns: list[str]) -> Iterator[tuple[Any, ...]]:
    yield from frame[columns].itertuples(index=False, name=None) if frame is not None else ()
