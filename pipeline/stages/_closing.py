"""Rows that are hidden for more than their own size: what gives away few persons, and what stands or falls together."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from analysis.disclosure import (
    Columns,
    Rounding,
    Scopes,
    Sizes,
    Tie,
    curves_to_hide,
    medians_to_hide,
    rows_beside_merged,
    rows_without_few,
)
from analysis.disclosure.scopes import UNTIL
from pipeline.declare import Study
from pipeline.published import decimals_of, declared_links


def closed_rows(study: Study, tables: Mapping[str, pd.DataFrame], sizes: Sizes) -> dict[str, np.ndarray]:
    """Rows of results from some of the persons, or without a project, that would tell of few; by table."""
    declared = declared_links()
    minimum = study.params.disclose.minimum_group
    unit_traits = [trait.name for trait in study.declaration.traits if trait.of == "unit"]
    traits = traits_by_project(tables["project_traits"], unit_traits)
    compared = {claim.id: [*(t for t, _ in claim.effects), *claim.differing] for claim in study.claims.claims}
    closed = {}
    for name, columns in declared["scopes"]["tables"].items():
        table = tables[name]
        if scope := columns.get("scope"):
            so_far = table[scope] == "so_far"
            table = table.assign(
                **{columns["waves"]: table[columns["waves"]].where(~so_far, UNTIL + table[columns["waves"]])}
            )
        rounding = Rounding(decimals_of(name, "estimate"), declared["scopes"]["width"])
        scopes = Scopes(sizes, traits, unit_traits, minimum, rounding)
        named = {key: value for key, value in columns.items() if key != "scope"}
        closed[name] = scopes.rows_to_hide(table, Columns(**named, compared=compared))
    for name, link in declared["left_out"].items():
        closed[name] = rows_without_few(tables[name], traits, minimum_group=minimum, **link)
    for name, link in declared["merged"].items():
        closed[name] = rows_beside_merged(tables[name], **link)
    choices = declared["scopes"]["choices"]
    table, of, curves = choices["table"], choices["of"], choices["curves"]
    unseen = closed[of] | (tables[of][declared["scopes"]["tables"][of]["base"]] < minimum).to_numpy(dtype=bool)
    named = {key: choices[key] for key in ("claim", "axis", "choice")}
    closed[table] = medians_to_hide(tables[table], tables[of], unseen, **named)
    closed[curves] = curves_to_hide(tables[curves], tables[of], unseen, claim=choices["claim"])
    return closed


def traits_by_project(project_traits: pd.DataFrame, unit_traits: list[str]) -> dict[str, tuple[str, ...]]:
    """The levels of the ``unit_traits`` of every project."""
    wide = project_traits.pivot(index="project", columns="trait", values="level").reindex(columns=unit_traits)
    return {str(project): tuple(map(str, levels)) for project, *levels in wide.itertuples(name=None)}


def ties_between(study: Study, tables: Mapping[str, pd.DataFrame]) -> list[Tie]:
    """Rows that hold a difference between levels of a trait: contrasts, and verdicts on trait effects."""
    ties: list[Tie] = []
    for link in declared_links()["differences"]:
        ties += _ties_of_differences(study, tables, link)
    joint = declared_links()["joint"]
    for name in joint["tables"]:
        pairs = tables[name][["model", "trait"]].drop_duplicates().itertuples(index=False, name=None)
        compared = [{"model": str(model), "trait": str(trait)} for model, trait in pairs]
        ties += [Tie(name, row, source, row) for row in compared for source in joint["sources"]]
    return ties + ties_of_groups(study, tables)


def ties_of_groups(study: Study, tables: Mapping[str, pd.DataFrame]) -> list[Tie]:
    """Rows that go where the mean of a group goes: the same mean elsewhere, and results without a project."""
    declared, group = declared_links()["groups"], declared_links()["means"]
    source, whole = group["table"], group["whole"]
    outcome, division, name, wave = (group[key] for key in ("outcome", "division", "group", "wave"))
    ties = []
    for table in declared["same"]:
        for of, trait, level in tables[table][["outcome", "trait", "level"]].itertuples(index=False, name=None):
            here = {"outcome": of, "trait": trait, "level": level}
            there = {outcome: of, division: trait, name: level, wave: whole}
            ties += [Tie(table, here, source, there), Tie(source, there, table, here)]
            ties += [
                Tie(other, {"scale": of, "trait": trait, "level": level}, table, here)
                for other, what in declared["of"].items()
                if what == table
            ]
    projects = tables[source][tables[source][division] == group["unit"]]
    for of, project, told in projects[[outcome, name, wave]].itertuples(index=False, name=None):
        there = {outcome: of, division: group["unit"], name: project, wave: told}
        if told == whole:
            ties += [
                Tie(table, {keys["outcome"]: of, keys["left_out"]: project}, source, there)
                for table, keys in declared["without"].items()
            ]
        for table, keys in declared["claims"].items():
            for claim in study.claims.claims:
                if of in {effect for _, effect in claim.effects}:
                    here = {keys["claim"]: claim.id, keys["left_out"]: project}
                    here |= {} if told == whole else {keys["waves"]: told}
                    ties.append(Tie(table, here, source, there))
    return ties


def _ties_of_differences(study: Study, tables: Mapping[str, pd.DataFrame], link: Mapping[str, Any]) -> list[Tie]:
    """Rows of one table of contrasts with the levels they compare; claims too, where they speak of the same ones."""
    by, key, source = link["by"], link["trait"], link["source"]
    traits = [trait.name for trait in study.declaration.traits]
    ties = []
    for *what, compared in tables[link["table"]][[*by, key]].drop_duplicates().itertuples(index=False, name=None):
        of = dict(zip(by, map(str, what), strict=True))
        row = of | {key: str(compared)}
        ties += [Tie(link["table"], row, source, of | {key: trait}) for trait in _traits_in(str(compared), traits)]
    for table in link["claims"]:
        ties += [
            Tie(table, {"claim": claim.id}, source, {by[0]: outcome, key: trait})
            for claim in study.claims.claims
            for trait, outcome in claim.effects
            if outcome is not None
        ]
    return ties


def _traits_in(compared: str, traits: list[str]) -> list[str]:
    """The trait called ``compared``, or both traits of a difference ``a-b``."""
    if compared in traits:
        return [compared]
    return next(([a, b] for a in traits for b in traits if compared == f"{a}-{b}"), [])
