"""Made-up aggregates of the tiny study on directions and on effects that run through others."""

from __future__ import annotations

import pandas as pd

from pipeline.artefacts import table_contracts

Tables = dict[str, pd.DataFrame]


def framed(name: str, rows: list[tuple[object, ...]]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=list(table_contracts()[name].columns))


def directions() -> Tables:
    """Two directions that fit equally well, and two effects of the one of them."""
    how = (170, 8, "MLR", "fiml", "cr2", "true", "true")
    fits = (14.2, 12, 0.2884, 0.991, 0.0284, 3085.2)
    rows: list[tuple[object, ...]] = [
        ("forth", "TIES ~ SAT", "a", *how, *fits, 0.46, 0.07, 0.32, 0.6, ""),
        ("back", "SAT ~ TIES", "a", *how, *fits, 0.39, 0.08, 0.22, 0.56, ""),
    ]
    drawn = ("expanded_percentile", 1000, 4, "")
    effects: list[tuple[object, ...]] = [
        ("forth", "place_SAT_TIES", "central -> SAT -> TIES", "projects", 170, 8, 0.11, 0.055, 0.031, -0.012, 0.135,
         -0.021, 0.131, *drawn),
        ("forth", "sum", "p+q", "projects", 170, 8, 0.6, 0.58, 0.09, 0.35, 0.8, 0.36, 0.8, *drawn),
    ]  # fmt: skip
    return {"directions": framed("directions", rows), "indirect_effects": framed("indirect_effects", effects)}


def rests_on() -> Tables:
    """What the comparisons rest on, and the one of projects without each of them in turn."""
    projects = ("ash", "birch", "cedar", "elm", "fir", "hazel", "larch", "oak")
    designs: list[tuple[object, ...]] = []
    left_out: list[tuple[object, ...]] = []
    for outcome in ("SAT", "TIES"):
        designs += [
            (outcome, "place", 180, 4, 4, 0.08, 2.7, 66.7, None, None, "few_projects"),
            (outcome, "tenure", 160, 8, 8, 0.08, 2.5, 64.0, None, None, ""),
        ]
        left_out.append((outcome, "place", "(none)", 0, 180, 8, 0.55, 0.15, 0.95, 0.0361, ""))
        left_out += [
            (outcome, "place", project, 22, 158, 7, 0.4 + 0.04 * i, -0.1, 1.1, 0.1 - 0.01 * i, "")
            for i, project in enumerate(projects)
        ]
    return {
        "contrast_designs": framed("contrast_designs", designs),
        "contrast_left_out": framed("contrast_left_out", left_out),
    }
