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

import pandas as pd

from analysis.disclosure import (
    HIDE,
    DisclosureError,
    Links,
    Sizes,
    Thresholds,
    audit,
    decimals_beside,
    protect_tables,
)
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
from pipeline.stages._closing import closed_rows, ties_between
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
