"""Stage disclose: the only door to the outside.

``python -m pipeline.stages.disclose --pool NAME``: every aggregate table of the pool to ``build/published/<pool>/``,
with what could point at a person hidden (rules: ``analysis/disclosure``, ``contracts/links.yaml``), ``about.json``
beside them, the pool's metrics to ``reports/metrics/<pool>.json``, and last of all the seal (``pipeline/seal.py``).
Ends with an error when a hidden figure could be worked out from the shown ones.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from analysis.disclosure import (
    HIDE,
    Columns,
    DisclosureError,
    Links,
    Rounding,
    Scopes,
    Sizes,
    Thresholds,
    Tie,
    audit,
    decimals_beside,
    medians_to_hide,
    protect_tables,
    rows_beside_merged,
    rows_without_few,
)
from analysis.disclosure.scopes import UNTIL
from pipeline.artefacts import TableContract, empty_table, read_table, write_json
from pipeline.declare import Study
from pipeline.errors import InputError
from pipeline.published import (
    MARK,
    bundle_path,
    decimals_of,
    declared_links,
    links_between,
    published_contracts,
    roughen,
    table_rule,
    write_published,
)
from pipeline.seal import break_seal, write_seal
from pipeline.stages._evidence import evidence_table
from pipeline.stages._ranges import score_ranges
from pipeline.stages._releases import (
    about_earlier,
    earlier_tables,
    held_back,
    history_of,
    releases_of,
    sentence,
)
from pipeline.stages._run import run_stage

CODES = re.compile(r"[a-z_;]*")
RESPONDENT_ID = re.compile(r"[0-9a-f]{16}")


def run(study: Study, pool: str) -> None:
    """Publish one pool's tables.

    Raises ``InputError`` when the gate cannot be closed. Looser limits than the standard are refused where
    ``params.yaml`` is read, unless they are looser on purpose.
    """
    limits = study.params.disclose
    thresholds = Thresholds(limits.minimum_group, limits.minimum_cell, limits.dominance_share)
    tables = read_tables(study, pool)
    rules = {name: table_rule(c, by_design=design_variables(study)) for name, c in published_contracts().items()}
    ranges = score_ranges(study.instrument_of_pool(pool))
    links = links_between(tables["project_traits"], tables["projects"], ranges)
    sizes = Sizes(read_table(study.root, declared_links()["scopes"]["sizes"], pool=pool), waves_in_order(study, pool))
    closed = closed_rows(study, tables, sizes)
    releases = releases_of(study, pool)
    history = history_of(study, pool, tables["waves"], releases)
    try:
        protected = protect_tables(tables, rules, links, thresholds, ties_between(study, tables), closed, history)
        audit(protected, thresholds)
    except DisclosureError as error:
        raise InputError(f"pool {pool} cannot be published: {error}") from None
    coarsen(protected.tables, tables, links, minimum_group=thresholds.minimum_group)
    published = {
        name: publishable(protected.tables[name], contract) for name, contract in published_contracts().items()
    }
    evidence = "component_evidence"
    published[evidence] = publishable(evidence_table(study, published), published_contracts()[evidence])
    for name, table in earlier_tables(study, pool, tables["waves"], releases).items():
        published[name] = publishable(table, published_contracts()[name])
    held = held_back(history, tables, rules, links, minimum_group=thresholds.minimum_group)
    earlier = about_earlier(study, releases, *held)
    if earlier and earlier["nearly_all"]:
        print(sentence(pool, earlier["last"], earlier["share_held_back"]), file=sys.stderr)
    folder = bundle_path(study.root, pool)
    break_seal(folder)
    for name, table in published.items():
        write_published(study.root, pool, name, table)
    write_json(folder / "about.json", about(study, pool, published) | ({"earlier": earlier} if earlier else {}))
    remove_others(folder, {"about.json", *(f"{name}.csv" for name in published)})
    write_seal(folder)
    write_json(study.root / "reports" / "metrics" / f"{pool}.json", metrics(study, pool, published))


def coarsen(
    protected: Mapping[str, pd.DataFrame], tables: Mapping[str, pd.DataFrame], links: Links, *, minimum_group: int
) -> None:
    """Round figures of ``protected`` further, in place, where ``tables`` have nearly the same persons twice."""
    for nearly in links.nearly:
        if nearly.table not in protected:
            continue
        decimals = decimals_beside(tables, nearly, minimum_group=minimum_group)
        table = protected[nearly.table]
        for fewer in sorted(set(decimals.tolist()) - {nearly.decimals, HIDE}):
            rows = decimals == fewer
            for column in nearly.figures:
                table.loc[rows, column] = table.loc[rows, column].astype("float64").round(fewer)


def remove_others(folder: Path, made: Collection[str]) -> None:
    """Remove files of an earlier run that are not among ``made``."""
    for path in sorted(folder.iterdir()):
        if path.is_file() and path.name not in made:
            path.unlink()


def design_variables(study: Study) -> list[str]:
    """Variables whose values follow from where people live and whom the study is about."""
    variable = study.declaration.population.variable
    traits = [trait.name for trait in study.declaration.traits if trait.of == "unit"]
    return traits + ([variable] if variable else [])


def read_tables(study: Study, pool: str) -> dict[str, pd.DataFrame]:
    """Every table that is to be published; those made per model below one another."""
    tables = {}
    derived = declared_links()["derived"]
    for name, contract in published_contracts().items():
        if name in derived:
            tables[name] = empty_table(name)
            continue
        models = study.params.models if "{model}" in contract.path else [None]
        frames = [read_table(study.root, name, pool=pool, **({"model": model} if model else {})) for model in models]
        tables[name] = pd.concat(frames, ignore_index=True) if frames else empty_table(name)
    return tables


def waves_in_order(study: Study, pool: str) -> tuple[str, ...]:
    """The waves of the pool as the study declares them."""
    return tuple(wave.wave for wave in study.waves_of(pool))


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
    table, of = choices["table"], choices["of"]
    named = {key: choices[key] for key in ("claim", "axis", "choice")}
    closed[table] = medians_to_hide(tables[table], tables[of], closed[of], **named)
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


def publishable(table: pd.DataFrame, contract: TableContract) -> pd.DataFrame:
    """The protected table as it is written: rounded, no free text where a whole row is hidden.

    Raises ``ValueError`` when a text looks like a respondent's id.
    """
    table = table[[*contract.columns, MARK]].copy()
    roughen(table, contract.name)
    for column in contract.with_role("statistic", "share", "design"):
        table[column] = table[column].astype("float64").round(decimals_of(contract.name, column))
    for column in contract.with_role("base", "count"):
        table[column] = table[column].astype("Int64")
    hidden = table[MARK] == "group"
    for column in set(contract.with_role("fact")) & set(declared_links()["sentences"]):
        # a sentence may name numbers of the group; codes do not
        free_text = ~table[column].astype(str).str.fullmatch(CODES.pattern)
        table.loc[hidden & free_text, column] = ""
    for column in contract.with_role("key", "fact"):
        if table[column].astype(str).str.fullmatch(RESPONDENT_ID.pattern).any():
            raise ValueError(f"table {contract.name}, column {column}: a text that looks like a respondent's id")
    return table


def about(study: Study, pool: str, published: Mapping[str, pd.DataFrame]) -> dict[str, Any]:
    """What the bundle is: pool, origin, waves with checksums, thresholds, how much is hidden."""
    origins = sorted({wave.origin for wave in study.waves_of(pool)})
    declared = study.params.disclose
    waves = published["waves"]
    return {
        "study": study.declaration.name,
        "pool": pool,
        "origin": origins[0] if len(origins) == 1 else origins,
        "simulated": origins == ["simulated"],
        "waves": [
            {"wave": wave, "start": start, "end": end, "sha256": sha256}
            for wave, start, end, sha256 in waves[["wave", "start", "end", "sha256"]].itertuples(index=False, name=None)
        ],
        "minimum_group": declared.minimum_group,
        "minimum_cell": declared.minimum_cell,
        "dominance_share": declared.dominance_share,
        "looser_on_purpose": declared.looser_on_purpose,
        "hidden_rows": {
            name: {mark: int((table[MARK] == mark).sum()) for mark in ("group", "cell")}
            for name, table in published.items()
            if (table[MARK] != "").any()
        },
    }


def metrics(study: Study, pool: str, published: Mapping[str, pd.DataFrame]) -> dict[str, Any]:
    """Small figures for ``dvc metrics diff``, from published tables only; ``null`` where hidden or not computed."""
    instrument = study.instrument_of_pool(pool)
    reliability = _overall(published["reliability"]).set_index("scale")
    fit = _overall(published["model_fit"]).set_index("model")
    verdicts = published["verdicts"].set_index("claim")
    return {
        "reliability": {
            scale.name: {name: _figure(reliability, scale.name, name) for name in ("alpha", "omega")}
            for scale in instrument.constructs
            if scale.primary
        },
        "fit": {
            model: {name: _figure(fit, model, name) for name in ("n_obs", "chisq", "df", "cfi", "tli", "rmsea", "srmr")}
            for model in study.params.models
        },
        "claims": {
            claim.id: {
                "verdict": str(verdicts.at[claim.id, "verdict"]) if claim.id in verdicts.index else None,
                "estimate": _figure(verdicts, claim.id, "estimate"),
            }
            for claim in study.claims.claims
        },
    }


def _overall(table: pd.DataFrame) -> pd.DataFrame:
    return table[(table["trait"] == "all") & (table["level"] == "all")]


def _figure(table: pd.DataFrame, row: str, column: str) -> float | None:
    found = table[column].astype("float64").get(row)
    if found is None or pd.isna(found):
        return None
    value = float(found)
    return int(value) if value.is_integer() and column in ("n_obs", "df") else round(value, 4)


if __name__ == "__main__":
    run_stage(run, "pool")
