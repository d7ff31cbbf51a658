"""Made-up specification curves of the tiny study: one clear, one less so, one that could not be computed."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd

from pipeline.artefacts import table_contracts

Tables = dict[str, pd.DataFrame]
PROJECTS = ("ash", "birch", "cedar", "elm", "fir", "hazel", "larch", "oak")
AXES = (
    "score", "estimator", "missing", "careless", "residents", "covariates", "alternative", "clustering", "waves",
    "left_out",
)  # fmt: skip
SCORES = (("mean", "ols"), ("sum", "ols"), ("latent", "mlr"), ("latent", "sam"))


def framed(name: str, rows: list[tuple[object, ...]]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=list(table_contracts()[name].columns))


def curves() -> Tables:
    """Every table of the stage ``stress``."""
    specifications = pd.concat([clear(), less_clear(), without()], ignore_index=True)
    return {
        "specifications": specifications,
        "specification_curves": framed(
            "specification_curves",
            [
                (
                    *("T1", 864, 72, 71, 1, 0, 0.44, 0.36, 0.52, 1, 0.986, 1, 71, 0.0009, 0.0049, 0.0009, 0.0078),
                    *(128, "true", "signs"),
                ),
                (
                    *("T2", 2592, 79, 77, 0, 2, 0.36, 0.02, 0.71, 0.948, 0.39, 0.7, 77, 0.0714, 0.2, 0.0857, 0.0286),
                    *(70, "true", "permutation"),
                ),
                ("T3", 12, 3, 0, 0, 3, None, None, None, None, None, None, 0, None, None, None, None, 0, "", ""),
            ],
        ),
        "specification_choices": choices(specifications),
    }  # fmt: skip


def row(
    claim: str, made: tuple[str, ...], *, main: bool, estimate: float, se: float, n: int = 170, status: str = "ok",
    reason: str = "",
) -> tuple[object, ...]:  # fmt: skip
    """One row of ``specifications``; ``se`` and df 6 give the rest."""
    p = 0.0004 if abs(estimate) > 3 * se else 0.03 if abs(estimate) > 2.4 * se else 0.2
    figures = (estimate, se, 6.0, estimate - 2.4 * se, estimate + 2.4 * se, p)
    if status != "ok":
        figures = (np.nan,) * 6
    kind = "true" if main else "false"
    return (claim, ".".join(made), *made, kind, status, reason, n, 8 - (made[-1] != "none"), *figures)


def clear() -> pd.DataFrame:
    """T1, about persons: 72 ways, all but one above zero and clear; one impossible."""
    rows = []
    ways = itertools.product(("mlr", "sam"), ("fiml", "listwise"), ("ignored", "cluster_robust"), ("none", *PROJECTS))
    for i, (estimator, missing, clustering, left_out) in enumerate(ways):
        made = ("latent", estimator, missing, "keep", "analysed", "-", "-", clustering, "all", left_out)
        bad = i == 40
        rows.append(
            row(
                "T1",
                made,
                main=made[1:3] + made[7:] == ("mlr", "fiml", "cluster_robust", "all", "none"),
                estimate=0.36 + 0.16 * ((i * 29) % 72) / 71,
                se=0.2 if i == 3 else 0.05,
                n=170 - 20 * (missing == "listwise") - 10 * (left_out != "none"),
                status="inadmissible" if bad else "ok",
                reason="negative_variance" if bad else "",
            )
        )
    return framed("specifications", rows)


def less_clear() -> pd.DataFrame:
    """T2, about projects: 79 ways, of which four fall below zero and two failed."""
    rows = []
    ways = [
        (*score, "listwise", "keep", "analysed", covariates, "-", clustering, "all", left_out)
        for left_out in ("none", *PROJECTS)
        for score in SCORES
        for covariates in ("none", "adjusted")
        for clustering in ("project_means",)
    ]
    ways += [(*score, "listwise", "keep", "analysed", "none", "-", "ignored", "all", "none") for score in SCORES]
    ways += [("mean", "ols", "listwise", "keep", "analysed", "none", "-", "ignored", w, "none") for w in WAVES_OF_T2]
    for i, made in enumerate(ways):
        failed = i in (20, 21)
        rows.append(
            row(
                "T2",
                made,
                main=i == 0,
                estimate=0.5 if i == 0 else -0.05 + 0.8 * ((i * 37) % 82) / 81,
                se=0.19,
                n=180 - 22 * (made[-1] != "none"),
                status="not_converged" if failed else "ok",
            )
        )
    return framed("specifications", rows)


WAVES_OF_T2 = ("tiny-2020", "tiny-2022", "until:tiny-2020")


def without() -> pd.DataFrame:
    """T3: refused every time."""
    rows = [
        row(
            "T3",
            (score, "ols", "listwise", "keep", "analysed", "none", "-", "mixed", "all", "none"),
            main=i == 0,
            estimate=0.0,
            se=1.0,
            n=0,
            status="refused",
            reason="too_few_persons",
        )
        for i, score in enumerate(("mean", "sum", "latent"))
    ]
    return framed("specifications", rows)


def choices(specifications: pd.DataFrame) -> pd.DataFrame:
    """Medians and shares of every choice that was made, counted from the made-up rows."""
    rows: list[tuple[object, ...]] = []
    for claim, of_claim in specifications.groupby("claim", sort=False):
        for i, axis in enumerate(AXES):
            for choice, made in of_claim.groupby(axis, sort=False):
                found = made[made["status"] == "ok"]
                if choice != "-":
                    clear = ((found["estimate"] > 0) & (found["pvalue"] < 0.05)).mean()
                    share = (found["estimate"] > 0).mean()
                    rows.append(
                        (claim, axis, choice, len(made), len(found), found["estimate"].median(), share, clear, i / 20)
                        if len(found)
                        else (claim, axis, choice, len(made), 0, None, None, None, None)
                    )
    return framed("specification_choices", rows)
