"""Made-up tables of how well the tiny study's scales measure: nobody stands behind them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from pipeline.artefacts import table_contracts

Row = dict[str, Any]
ITEMS = {"SAT": ["sat1", "sat2", "sat3", "sat4"], "TIES": ["tie1", "tie2", "tie3"]}
TRAITS = {"place": ("centre", "edge"), "tenure": ("own", "rent")}
GROUPS = [("all", "all"), *((trait, level) for trait, levels in TRAITS.items() for level in levels)]
LANGUAGES = [("language", "nl"), ("language", "en")]
N = {"all": 180, "centre": 90, "edge": 90, "own": 82, "rent": 78, "nl": 120, "en": 60}


def frame(name: str, rows: Sequence[Row]) -> pd.DataFrame:
    """A table as its contract has it; a column that it does not have is a mistake here."""
    columns = list(table_contracts()[name].columns)
    unknown = {column for row in rows for column in row} - set(columns)
    if unknown:
        raise ValueError(f"{name} has no {sorted(unknown)}")
    return pd.DataFrame(rows, columns=columns)


def around(name: str, value: float, half: float) -> Row:
    """An estimate with its interval."""
    return {name: value, f"{name}_ci_lower": round(value - half, 4), f"{name}_ci_upper": round(value + half, 4)}


def how_well_measured() -> dict[str, pd.DataFrame]:
    """Every table of the stage ``measure``."""
    return {
        **consistency(), **scoring(), **dimensions(), **validity(), "invariance": ladders(),
        "latent_means": latent_means(), **places(), **missing(),
    }  # fmt: skip


def consistency() -> dict[str, pd.DataFrame]:
    reliability = [
        {
            "scale": scale, "trait": trait, "level": level, "n_obs": N[level] - 6, "n_scored": N[level],
            "n_items": len(items), "alpha": 0.81, "alpha_ci_lower": 0.75, "alpha_ci_upper": 0.86,
            **around("omega", 0.82, 0.04), "alpha_ordinal": 0.85, "omega_ordinal": 0.86,
            "mean": 3.456, "sd": 0.912, "floor_share": 0.1,
            "ceiling_share": 0.2, "problem": "",
        }
        for scale, items in ITEMS.items()
        for trait, level in GROUPS + LANGUAGES
    ]  # fmt: skip
    items = [
        {
            "scale": scale, "item": item, "reversed": str(item == "sat3").lower(), "trait": trait, "level": level,
            "n_obs": N[level] - 6, "mean": 3.41, "sd": 1.21, "floor_share": 0.08, "ceiling_share": 0.23,
            "item_rest": 0.61, "alpha_if_dropped": 0.77,
            **around("loading", 0.71, 0.09), "loading_ordinal": 0.76, "problem": "",
        }
        for scale, names in ITEMS.items()
        for item in names
        for trait, level in GROUPS + LANGUAGES
    ]  # fmt: skip
    fit = {
        "scale": "SAT", "n_obs": 174, "converged": "true", "admissible": "true", "chisq": 3.21, "df": 2,
        "pvalue": 0.2009, "cfi": 0.994, "tli": 0.982, "rmsea": 0.0589, "rmsea_ci_lower": 0, "rmsea_ci_upper": 0.1712,
        "srmr": 0.0198, "message": "",
    }  # fmt: skip
    just = {
        **fit, "scale": "TIES", "chisq": 0, "df": 0, "pvalue": None, "cfi": 1, "tli": 1, "rmsea": 0,
        "rmsea_ci_lower": None, "rmsea_ci_upper": None, "srmr": 0, "message": "just_identified",
    }  # fmt: skip
    pair = {"scale_a": "SAT", "scale_b": "TIES", "n_obs": 176, "r": 0.42, "ci_lower": 0.29, "ci_upper": 0.54}
    return {
        "reliability": frame("reliability", reliability), "item_statistics": frame("item_statistics", items),
        "factor_fit": frame("factor_fit", [fit, just]), "score_correlations": frame("score_correlations", [pair]),
    }  # fmt: skip


def scoring() -> dict[str, pd.DataFrame]:
    few = {"all": 70, "centre": 30, "edge": 40, "own": 33, "rent": 31}
    bands = [
        {"scale": "TIES", "trait": trait, "level": level, "band": band, "n": n, "base": N[level], "share": n / N[level]}
        for trait, level in GROUPS
        for band, n in (("3-8", few[level]), ("9-15", N[level] - few[level]))
    ]
    reversal = {
        "scale": "SAT", "items": "sat3", "n_obs": 174, "alpha": 0.81, "alpha_unreversed": 0.24,
        "lowest_item_rest": 0.61, "lowest_item_rest_unreversed": -0.61, "noticed": "true", "noticed_by": "items",
        "all_reversed": "false", "other": "", "problem": "",
    }  # fmt: skip
    scores = [
        {"scale": scale, "method": method, "n_obs": 180, "se": se, "determinacy": 0.93, "r_scale": 0.96, "problem": ""}
        for scale in ITEMS
        for method, se in (("regression", 0.37), ("bartlett", 0.41))
    ]
    return {
        "score_bands": frame("score_bands", bands), "reversal_checks": frame("reversal_checks", [reversal]),
        "factor_scores": frame("factor_scores", scores),
    }  # fmt: skip


def dimensions() -> dict[str, pd.DataFrame]:
    values = {"all": [3.4, 1.5, 0.6, 0.5, 0.4, 0.35, 0.25], "SAT": [2.5, 0.6, 0.5, 0.4], "TIES": [2.1, 0.5, 0.4]}
    parallel = [
        {
            "set": name, "answers": answers, "method": method, "position": i, "n_obs": 170, "n_items": len(eigenvalues),
            "eigenvalue": value - less, "reference": 1.3 - 0.12 * i - less,
            "reference_mean": 1.2 - 0.12 * i - less, "kept": str(i <= kept).lower(), "problem": "",
        }
        for name, eigenvalues in values.items()
        for answers in ("continuous", "ordered")
        for method, less in (("components", 0.0), ("factors", 0.6))
        for kept in [2 if name == "all" else 1]
        for i, value in enumerate(eigenvalues, start=1)
    ]  # fmt: skip
    fit = [
        {
            "set": "all", "solution": solution, "n_obs": 170, "n_items": 7, "n_factors": n, "method": method,
            "rotation": "oblimin", "explained": 0.58, "rmsr": 0.031, "df": 8, "problem": "",
            **({"rmsea": 0.041, "tli": 0.971} if method == "ml" else {}),
        }
        for solution, n in (("declared", 2), ("suggested", 1))
        for method in ("minres", "ml")
    ]  # fmt: skip
    loadings = [
        {
            "set": "all", "solution": solution, "scale": scale, "item": item, "factor": str(f + 1),
            "factor_scale": owner if n > 1 else "", "n_obs": 170,
            "loading": (0.7 if owner == scale else 0.4 if item == "sat4" else 0.05) if n > 1 else 0.6,
            "uniqueness": 0.47, "n_obs_confirmatory": 178, "congruence": 0.98 if n > 1 else None, "problem": "",
            "confirmatory": 0.72 if owner == scale and n > 1 else None,
        }
        for solution, n in (("declared", 2), ("suggested", 1))
        for scale, items in ITEMS.items()
        for item in items
        for f, owner in list(enumerate(ITEMS))[:n]
    ]  # fmt: skip
    correlation = {
        "set": "all", "solution": "declared", "factor_a": "1", "factor_b": "2", "factor_scale_a": "SAT",
        "factor_scale_b": "TIES", "n_obs": 170, "r": 0.47, "n_obs_confirmatory": 178, "confirmatory": 0.51,
    }  # fmt: skip
    return {
        "parallel_analysis": frame("parallel_analysis", parallel), "exploratory_fit": frame("exploratory_fit", fit),
        "exploratory_loadings": frame("exploratory_loadings", loadings),
        "exploratory_correlations": frame("exploratory_correlations", [correlation]),
    }  # fmt: skip


def validity() -> dict[str, pd.DataFrame]:
    convergent = [
        {
            "scale": scale, "n_obs": 178, "n_items": len(items), **around("ave", 0.52, 0.07),
            **around("ave_std", 0.53, 0.07), **around("composite_reliability", 0.82, 0.04), "errors": "cr2",
            "problem": "",
        }
        for scale, items in ITEMS.items()
    ]  # fmt: skip
    pair = {
        "scale_a": "SAT", "scale_b": "TIES", "n_obs": 178, **around("r_latent", 0.51, 0.13), "chisq_diff": 88.4,
        "df_diff": 1, "pvalue_diff": 0.0, "n_obs_htmt": 168, **around("htmt", 0.52, 0.12), **around("htmt2", 0.5, 0.12),
        "resampled": "projects", "ave_smaller": 0.52, "r_squared": 0.2601, "fornell_larcker": "true",
        "classification": "none", "verdict": "distinct", "problem": "", "errors": "cr2",
    }  # fmt: skip
    shared = {
        "scale_a": "SAT", "scale_b": "TIES", "item": "sat4", "kind": "cross_loading", "other": "TIES",
        "closest": "true",
        "n_obs": 178, "r_latent": 0.51, "mi": 9.3, "pvalue": 0.0023, "epc_std": 0.24, "r_latent_without": 0.43,
        "problem": "",
    }  # fmt: skip
    return {
        "convergent_validity": frame("convergent_validity", convergent),
        "discriminant_validity": frame("discriminant_validity", [pair]),
        "shared_content": frame("shared_content", [shared]),
    }


def ladders() -> pd.DataFrame:
    """SAT holds to the end over place; partly over tenure; language is refused. TIES: one step fails for good."""
    rows: list[Row] = []
    for scale in ITEMS:
        rows += _ladder(
            scale,
            "place",
            [("configural", "true"), ("metric", "true"), ("scalar", "true"), ("strict", "true")],
            "scores",
        )
        first = _ladder(
            scale, "tenure", [("configural", "true"), ("metric", "true"), ("scalar", "false")], "means_partial"
        )
        item = ITEMS[scale][1]
        partly = {**first[-1], "partial": "true", "holds": "true", "freed": item, "cfi_diff": -0.004}
        strict = {**first[-1], "step": "strict", "freed": item}
        rows += [*first, partly, strict]
        empty = {
            "scale": scale,
            "variable": "language",
            "answers": "continuous",
            "step": "configural",
            "partial": "false",
        }
        rows.append(
            {
                **empty,
                "n_groups": 2,
                "freed": "",
                "allows": "",
                "refused": "too_few",
                "omitted": "en:too_few",
                "message": "",
            }
        )
    steps = [(step, "true") for step in ("configural", "thresholds", "metric", "scalar", "strict")]
    rows += [{**row, "answers": "ordered"} for row in _ladder("SAT", "place", steps, "scores")]
    return frame("invariance", rows)


def _ladder(scale: str, variable: str, steps: Sequence[tuple[str, str]], allows: str) -> list[Row]:
    levels = TRAITS[variable]
    small = {"chisq_diff": 5.1, "df_diff": 3, "pvalue_diff": 0.1646, "cfi_diff": -0.002, "rmsea_diff": 0.004}
    large = {"chisq_diff": 17.3, "df_diff": 3, "pvalue_diff": 0.0006, "cfi_diff": -0.021, "rmsea_diff": 0.024}
    later = {"cutoff_cfi": 0.005, "cutoff_rmsea": 0.01, "cutoff_srmr": 0.005, "cutoff_source": "chen2007"}
    cutoffs = {
        "metric": {**later, "cutoff_srmr": 0.025},
        "scalar": later,
        "strict": later,
        "thresholds": later,
        "configural": {},
    }
    rows = []
    for step, holds in steps:
        change = {} if step == "configural" else {**(small if holds == "true" else large), "srmr_diff": 0.008}
        rows.append(
            {
                "scale": scale, "variable": variable, "answers": "continuous", "step": step, "partial": "false",
                "n_obs": sum(N[level] for level in levels), "n_smallest": min(N[level] for level in levels),
                "n_groups": 2, "estimator": "MLR", "converged": "true", "admissible": "true",
                "chisq": 6.2, "df": 4, "pvalue": 0.1847,
                "cfi": 0.992, "rmsea": 0.043, "srmr": 0.021, **change, "holds_by_test": holds, "holds_by_fit": holds,
                "holds": holds, "freed": "", "allows": allows, "refused": "", "message": "",
                "omitted": "", **cutoffs[step],
            }
        )  # fmt: skip
    return rows


def latent_means() -> pd.DataFrame:
    rows = [
        {
            "scale": scale, "variable": variable, "model": model, "level": level, "reference": levels[0],
            "n_obs": N[level], "mean": mean, "se": 0.12, "df_t": 5.2, "ci_lower": mean - 0.3, "ci_upper": mean + 0.3,
            "errors": "cr2", "allowed": "true",
        }
        for scale in ITEMS
        for variable, model in (("place", "scalar"), ("tenure", "partial"))
        for levels in [TRAITS[variable]]
        for level, mean in zip(levels, (0.0, -0.37), strict=True)
    ]  # fmt: skip
    return frame("latent_means", rows)


def places() -> dict[str, pd.DataFrame]:
    """A profile of two places; no study need have declared it."""
    where = {"profile": "ties", "place_a": "near", "place_b": "far"}
    profiles = [
        {
            "profile": "ties", "place": place, "score": score, "trait": trait, "level": level, "n_obs": N[level] - 10,
            "n_projects": 8, "mean": mean, "sd": 0.8, "ci_lower": mean - 0.25, "ci_upper": mean + 0.25,
        }
        for trait, level in GROUPS
        for place, score, mean in (("near", "SAT", 3.62), ("far", "balance", 2.91))
    ]  # fmt: skip
    differences = [
        {
            **where, "trait": trait, "level": level, "n_obs": N[level] - 10, "n_projects": 8, "units": "projects",
            "difference": 0.71, "se": 0.14, "df": 7, "ci_lower": 0.38, "ci_upper": 1.04, "pvalue": 0.0014, "sd": 0.9,
            "effect_size": 0.79, "r": 0.33, "problem": "",
        }
        for trait, level in GROUPS
    ]  # fmt: skip
    contrast = {
        **where, "trait": "place", "method": "project_means", "n_obs": 170, "n_projects_high": 4, "n_projects_low": 4,
        "estimate": 0.44,
        "se": 0.16, "df": 6, "ci_lower": 0.05, "ci_upper": 0.83, "pvalue": 0.0331, "pvalue_adjusted": 0.0662,
        "minimum_pvalue": 0.0286, "effect_size": 0.49, "refused": "",
    }  # fmt: skip
    refused = {**where, "trait": "tenure", "method": "mixed", "n_obs": 160, "refused": "no_clusters"}
    return {
        "level_profiles": frame("level_profiles", profiles),
        "level_differences": frame("level_differences", differences),
        "level_contrasts": frame("level_contrasts", [contrast, refused]),
    }  # fmt: skip


def missing() -> dict[str, pd.DataFrame]:
    by_language = [
        {"scale": scale, "item": item, "language": language, "n": n, "base": base, "share": n / base}
        for scale, items in ITEMS.items()
        for item in items
        for language, n, base in (("all", 12, 192), ("nl", 6, 126), ("en", 6, 66))
    ]
    by_group = [
        {"scale": scale, "variable": variable, "level": level, "n_obs": n, "n_items": k, "rate": rate}
        for scale, k in (("all", 7), ("SAT", 4), ("TIES", 3))
        for variable, level, n, rate in (
            ("all", "all", 192, 0.0625), ("language", "nl", 126, 0.048),
            ("language", "en", 66, 0.091), ("project", "ash", 24, 0.062),
            ("project", "birch", 23, 0.031), ("wave", "tiny-2020", 96, 0.064), ("wave", "tiny-2022", 96, 0.061),
        )
    ]  # fmt: skip
    patterns = [
        {"pattern": pattern, "n": n, "base": 180, "share": n / 180}
        for pattern, n in (("(none)", 130), ("SAT", 22), ("TIES", 18), ("SAT;TIES", 10))
    ]
    tests = [
        {
            "set": name,
            "n_obs": 178,
            "n_items": k,
            "n_patterns": 9,
            "chisq": 31.2,
            "df": 28,
            "pvalue": 0.3074,
            "problem": "",
        }
        for name, k in (("all", 7), ("SAT", 4), ("TIES", 3))
    ]
    methods = [
        {
            "scale": scale, "quantity": quantity, "method": method, "n_obs": n, "estimate": estimate, "se": 0.11,
            "df": 6.3, "ci_lower": estimate - 0.27, "ci_upper": estimate + 0.27,
            "missing_information": 0.08 if method == "imputation" else None, "problem": "",
        }
        for scale in ITEMS
        for quantity, estimate in (("mean", 3.41), ("place", 0.52))
        for method, n in (("listwise", 150), ("fiml", 178), ("imputation", 178))
    ]  # fmt: skip
    return {
        "missing_by_language": frame("missing_by_language", by_language),
        "missing_by_group": frame("missing_by_group", by_group),
        "missing_patterns": frame("missing_patterns", patterns),
        "missing_tests": frame("missing_tests", tests), "missing_methods": frame("missing_methods", methods),
    }  # fmt: skip


def clustering() -> dict[str, pd.DataFrame]:
    outcomes = [
        {
            "outcome": scale, "n_obs": 180, "n_projects": 8, "icc": 0.05, "icc_ci_lower": 0.0, "icc_ci_upper": 0.16,
            "icc2": 0.53, "icc2_ci_lower": 0.0, "icc2_ci_upper": 0.81, "design_effect": 2.08,
            "design_effect_ci_lower": 1.0, "design_effect_ci_upper": 4.4, "effective_n": 86.5,
            "effective_n_ci_lower": 40.9, "effective_n_ci_upper": 180, "problem": "",
        }
        for scale in ITEMS
    ]  # fmt: skip
    by_project = [
        {"outcome": scale, "project": project, "n_obs": 22, "effective_n": 10.7, "mean_reliability": 0.54}
        for scale in ITEMS
        for project in ("ash", "birch", "cedar", "elm", "fir", "hazel", "larch", "oak")
    ]
    return {
        "clustering": frame("clustering", outcomes),
        "clustering_by_project": frame("clustering_by_project", by_project),
    }  # fmt: skip
