"""What reports published earlier mean for this one: what the gate holds back for their sake, and what the page of
changes shows of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from ruamel.yaml import YAML

from analysis.claims import RULES_VERSION
from analysis.disclosure import Earlier, Follow, History, Links, Rough, TableRule, WaveColumn
from pipeline.artefacts import empty_table
from pipeline.declare import Study
from pipeline.published import MARK
from pipeline.releases import Release, read_released, read_releases

HOW_FIGURES_ARE_MADE = ("clean", "measure", "compare", "structure", "directions", "stress", "judge", "disclose")
_HOW_WORK_IS_DONE = ("processes", "workers")
NEARLY_ALL = 0.5
"""From this share of all rows with figures on, a report is said to hold nearly everything back."""


@cache
def _declared() -> Mapping[str, Any]:
    """``contracts/earlier.yaml`` as plain data."""
    content: Mapping[str, Any] = YAML(typ="safe").load(Path(__file__).parents[1] / "contracts" / "earlier.yaml")
    return content


def releases_of(study: Study, pool: str) -> list[Release]:
    """The earlier reports that have this pool, first one first."""
    return [release for release in read_releases(study.root) if pool in release.pools]


def history_of(study: Study, pool: str, waves: pd.DataFrame, releases: list[Release]) -> History | None:
    """The earlier reports beside the published table ``waves`` of this one; None without any."""
    if not releases:
        return None
    declared = _declared()
    return History(
        dict(zip(waves["wave"].astype(str), waves["sha256"].astype(str), strict=True)),
        [Earlier(r.name, r.waves(pool), read_released(study.root, r, pool)) for r in releases],
        {table: WaveColumn(**entry) for table, entry in declared["waves"].items()},
        [Follow(table, entry["source"], tuple(entry["by"])) for table, entry in declared["follows"].items()],
        {table: Rough(**entry) for table, entry in declared["rough"].items()},
    )


def held_back(
    history: History | None,
    tables: Mapping[str, pd.DataFrame],
    rules: Mapping[str, TableRule],
    links: Links,
    *,
    minimum_group: int,
) -> tuple[dict[str, int], float]:
    """Rows that are hidden because they differ from an earlier report by few, by table; their share of all rows."""
    if history is None:
        return {}, 0.0
    few = history.few_rows(tables, rules, links, minimum_group=minimum_group)
    figures = {name: _with_figures(frame, rules[name]) for name, frame in tables.items()}
    found = {name: int((mask & figures[name]).sum()) for name, mask in few.items()}
    total = sum(int(mask.sum()) for mask in figures.values())
    return {name: n for name, n in found.items() if n}, sum(found.values()) / total if total else 0.0


def _with_figures(frame: pd.DataFrame, rule: TableRule) -> np.ndarray:
    numbers = [column for column in rule.numbers if column in frame]
    return frame[numbers].notna().any(axis=1).to_numpy(dtype=bool)


def earlier_tables(study: Study, pool: str, waves: pd.DataFrame, releases: list[Release]) -> dict[str, pd.DataFrame]:
    """``earlier_waves``, ``earlier_verdicts``, ``earlier_scales``: what earlier reports published, put through."""
    made: dict[str, list[pd.DataFrame]] = {"earlier_waves": [], "earlier_verdicts": [], "earlier_scales": []}
    now = dict(zip(waves["wave"].astype(str), waves["sha256"].astype(str), strict=True))
    for release in releases:
        tables = read_released(study.root, release, pool)
        told = [
            {"wave": wave["wave"], "start": wave["start"], "end": wave["end"], "status": _status(wave, now)}
            for wave in release.pools[pool]["waves"]
        ]
        made["earlier_waves"].append(pd.DataFrame(told).assign(release=release.name, number=str(release.number)))
        if "verdicts" in tables:
            made["earlier_verdicts"].append(tables["verdicts"].assign(release=release.name))
        if "reliability" in tables:
            scales = tables["reliability"]
            overall = scales[(scales["trait"] == "all") & (scales["level"] == "all")]
            made["earlier_scales"].append(overall.assign(release=release.name))
    return {name: _together(name, frames) for name, frames in made.items()}


def _status(wave: Mapping[str, Any], now: Mapping[str, str]) -> str:
    """Whether a wave of then is there as it was: kept | changed | withdrawn."""
    if wave["wave"] not in now:
        return "withdrawn"
    return "kept" if now[wave["wave"]] == wave["sha256"] else "changed"


def _together(name: str, frames: list[pd.DataFrame]) -> pd.DataFrame:
    empty = empty_table(name)
    filled = [frame.reindex(columns=empty.columns) for frame in frames if len(frame)]
    table = pd.concat(filled, ignore_index=True) if filled else empty
    return table.assign(**{MARK: ""})


def about_earlier(
    study: Study, releases: list[Release], rows_held_back: Mapping[str, int], share: float
) -> dict[str, Any] | None:
    """``about.json: earlier``; None without an earlier report."""
    if not releases:
        return None
    last = releases[-1]
    return {
        "releases": [{"name": r.name, "number": r.number, "version": r.version, "commit": r.commit} for r in releases],
        "last": last.name,
        "rules_then": last.rules,
        "rules_now": RULES_VERSION,
        "params": changed_params(last.params, study.params.model_dump(mode="json")),
        "held_back": dict(rows_held_back),
        "share_held_back": round(share, 2),
        "nearly_all": share >= NEARLY_ALL,
    }


def changed_params(then: Mapping[str, Any], now: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What is set otherwise than then, of what figures depend on: ``{key, then, now}``."""
    before = dict(_flat({key: then[key] for key in HOW_FIGURES_ARE_MADE if key in then}))
    after = dict(_flat({key: now[key] for key in HOW_FIGURES_ARE_MADE if key in now}))
    return [
        {"key": key, "then": before.get(key), "now": after.get(key)}
        for key in sorted(before.keys() | after.keys())
        if before.get(key) != after.get(key) and key.split(".")[-1] not in _HOW_WORK_IS_DONE
    ]


def _flat(values: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in values.items():
        if isinstance(value, Mapping) and value:
            yield from _flat(value, f"{above}{key}.")
        else:
            yield f"{above}{key}", value


def sentence(pool: str, last: str, share: float) -> str:
    """What whoever runs the stage must know when nearly everything is held back."""
    return (
        f"pool {pool}: {100 * share:.0f} % of the rows differ from the published report {last} by too few persons and"
        f" are hidden. Keep {last} in use, and publish again after the next wave."
    )
