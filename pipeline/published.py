"""The published bundle, ``build/published/<pool>/``: the aggregate tables as they passed the disclosure gate.

Each table has the columns of its contract and a last column ``suppressed``. How the tables hang together, so that
nothing hidden follows from what is shown, is declared in ``contracts/links.yaml``.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd
from ruamel.yaml import YAML

from analysis.disclosure import (
    Beside,
    GroupMeans,
    Levels,
    Links,
    Moment,
    Nearly,
    SameMeans,
    Sum,
    TableRule,
    Term,
    around,
    roughly,
    sizes_of_choice,
)
from pipeline.artefacts import TableContract, read_contract_csv, table_contracts, write_csv

MARK = "suppressed"


@cache
def declared_links() -> Mapping[str, Any]:
    """``contracts/links.yaml`` as plain data."""
    path = Path(__file__).with_name("contracts") / "links.yaml"
    content: Mapping[str, Any] = YAML(typ="safe").load(path)
    return content


@cache
def published_contracts() -> dict[str, TableContract]:
    """The tables that are published, by name, in the order of the contract, with the columns that are."""
    unpublished = declared_links()["unpublished"]
    return {
        name: replace(contract, columns={c: role for c, role in contract.columns.items() if role != "dominant"})
        for name, contract in table_contracts().items()
        if name not in unpublished
    }


def table_rule(contract: TableContract, *, by_design: Collection[str] = ()) -> TableRule:
    """What the gate must know of one table; ``by_design``: background variables that are part of a study's design."""
    declared = declared_links()
    silent = {column: tuple(values) for column, values in declared["silent"].get(contract.name, {}).items()}
    for dimension in {entry["dimension"] for entry in declared["projects"]} & silent.keys():
        silent[dimension] += tuple(by_design)
    return TableRule(
        name=contract.name,
        keys=tuple(contract.with_role("key")),
        bases=tuple(contract.with_role("base")),
        counts=tuple(contract.with_role("count")),
        shares=tuple(contract.with_role("share")),
        statistics=tuple(contract.with_role("statistic")),
        dominant=tuple(table_contracts()[contract.name].with_role("dominant")),
        partition=contract.partition,
        silent=silent,
        ordered=contract.name in declared["ordered"],
        repeated=contract.name in declared["repeated"],
        residue={column: tuple(values) for column, values in declared["residue"].get(contract.name, {}).items()},
    )


def links_between(
    project_traits: pd.DataFrame,
    projects: pd.DataFrame | None = None,
    ranges: Mapping[str, tuple[float, float]] | None = None,
) -> Links:
    """How the published tables hang together.

    ``project_traits`` says which projects make up a level of a trait, ``projects`` which are a corporation's;
    ``ranges``: the lowest and the highest score there can be, by outcome.
    """
    declared = declared_links()
    members = members_of(project_traits, projects)
    return Links(
        levels=tuple(
            Levels(
                table,
                tuple(entry["keys"]),
                tuple(entry["whole"]),
                tuple(entry["outside"]) if "outside" in entry else None,
            )
            for table, entry in declared["levels"].items()
        ),
        sums=(
            *(
                Sum(tuple(entry["by"]), tuple(Term(**term) for term in entry["terms"]), entry.get("rest", False))
                for entry in declared["sums"]
            ),
            *_sums_over_projects(members),
        ),
        moments=tuple(
            Moment(**{**entry, "by": tuple(entry["by"])}, decimals=decimals_of(entry["table"], entry["mean"]))
            for entry in declared["moments"]
        ),
        means=_group_means(members, ranges or {}),
        nearly=tuple(_nearly(entry) for entry in declared["nearly"]),
    )


def _nearly(entry: Mapping[str, Any]) -> Nearly:
    beside = tuple(
        Beside(b["table"], b["by"], b["base"], decimals_of(b["table"], b["mean"]) if "mean" in b else None)
        for b in entry["beside"]
    )
    figures = tuple(entry["figures"])
    named = {key: entry[key] for key in ("table", "sd", "base", "width")}
    return Nearly(**named, figures=figures, beside=beside, decimals=decimals_of(entry["table"], figures[0]))


def members_of(
    project_traits: pd.DataFrame, projects: pd.DataFrame | None = None
) -> dict[tuple[str, str], frozenset[str]]:
    """The projects of every level of a trait and of every corporation, by what divides them and the group's name."""
    found: dict[tuple[str, str], set[str]] = {}
    named = project_traits[["project", "trait", "level"]].astype(str).itertuples(index=False, name=None)
    told = [(trait, level, project) for project, trait, level in named]
    if projects is not None:
        for fact in declared_links()["members"]["facts"]:
            rows = projects[["project", fact]].astype(str).itertuples(index=False, name=None)
            told += [(fact, value, project) for project, value in rows]
    for division, group, project in told:
        if group:
            found.setdefault((division, group), set()).add(project)
    return {key: frozenset(of) for key, of in sorted(found.items())}


def _group_means(
    members: Mapping[tuple[str, str], frozenset[str]], ranges: Mapping[str, tuple[float, float]]
) -> GroupMeans:
    declared = dict(declared_links()["means"])
    same = tuple(
        SameMeans(**entry, decimals=decimals_of(entry["table"], entry["mean"])) for entry in declared.pop("same")
    )
    interval, table, mean = tuple(declared.pop("interval")), declared["table"], declared["mean"]
    return GroupMeans(
        **declared, interval=interval, decimals=decimals_of(table, mean), members=members, ranges=ranges, same=same
    )


def _sums_over_projects(members: Mapping[tuple[str, str], frozenset[str]]) -> list[Sum]:
    """A level of a trait of projects, and a corporation, count whoever lives in their projects."""
    sums = []
    for declared in declared_links()["projects"]:
        table, column = declared["table"], declared["column"]
        dimension, category, project = declared["dimension"], declared["category"], declared["project"]
        for (division, group), projects in members.items():
            whole = Term(table, column, where={dimension: division, category: group})
            parts = [
                Term(table, column, where={dimension: project, category: name}, times=-1.0) for name in sorted(projects)
            ]
            sums.append(Sum(tuple(declared["by"]), (whole, *parts)))
    return sums


def decimals_of(table: str, column: str) -> int:
    """Decimals a figure is published with."""
    decimals = declared_links()["decimals"]
    return int(decimals.get(table, {}).get(column, decimals["default"]))


def roughen(table: pd.DataFrame, name: str) -> None:
    """Make sizes rough, and intervals stand around rounded estimates, in place, where the links say so.

    Degrees of freedom that tell a hidden or a rough size are left out."""
    declared = declared_links()
    if link := declared["coarse"].get(name):
        column, to = link["column"], link["to"]
        if rest := link.get("rest"):
            whole = table[column].astype("float64") + table[rest].astype("float64")
            table[column] = roughly(table[column], to)
            table[rest] = whole - table[column]
        else:
            table[column] = sizes_of_choice(
                table, column=column, to=to, like=link["like"], nobody_out=link["nobody_out"]
            )
    if estimate := declared["around"].get(name):
        for end in ("ci_lower", "ci_upper"):
            table[end] = around(table[estimate], table[end], decimals_of(name, end))
    if link := declared["freedom"].get(name):
        told = table[MARK] == "group"
        for column, values in link.get("always", {}).items():
            told |= table[column].astype(str).isin(values)
        table.loc[told, link["columns"]] = float("nan")


def bundle_path(root: Path, pool: str) -> Path:
    """The folder of a pool's published tables."""
    return root / "build" / "published" / pool


def write_published(root: Path, pool: str, name: str, frame: pd.DataFrame) -> Path:
    """Write one published table; raises ``ValueError`` when its columns are not the contract's and ``suppressed``."""
    expected = [*published_contracts()[name].columns, MARK]
    if list(frame.columns) != expected:
        raise ValueError(f"published table {name}: columns {list(frame.columns)}, expected {expected}")
    path = bundle_path(root, pool) / f"{name}.csv"
    write_csv(path, frame)
    return path


def read_published(root: Path, pool: str, name: str) -> pd.DataFrame:
    """Read one published table: keys, facts and the mark as text, the others as numbers (NaN where hidden)."""
    return read_contract_csv(bundle_path(root, pool) / f"{name}.csv", published_contracts()[name], extra_text=(MARK,))


def read_about(root: Path, pool: str) -> dict[str, Any]:
    """``about.json`` of a pool's bundle."""
    content: dict[str, Any] = json.loads((bundle_path(root, pool) / "about.json").read_text(encoding="utf-8"))
    return content
