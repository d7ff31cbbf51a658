"""Whether items measure one thing (convergent) and scales different things (discriminant validity).

The verdict on a pair of scales rests on the correlation of their factors, with its interval, and on the two
heterotrait-monotrait ratios, with theirs; all by size, so that opposite scales are as alike as parallel ones.

*The latent correlation* by the far end of its interval (Rönkkö & Cho 2022, Organizational Research Methods 25, 6-47,
CI_CFA(cut)): below .80 there is no problem, from .80 a marginal, from .90 a moderate, from 1 a severe one
(``classification``). Severe is ``not_distinct``; marginal and moderate are ``doubtful``; none is ``distinct``. Our own
addition: an interval that reaches one around an estimate below .80 excludes nothing; it is ``unknown``, with the
problem ``imprecise``. A correlation that came out beyond one is ``not_distinct``.

*HTMT and HTMT2*, each (Henseler, Ringle & Sarstedt 2015): an interval that reaches one around an estimate of at least
.85 is ``not_distinct`` (their HTMT_inference); an estimate of at least .85 (the stricter of their two cut-offs, .85 and
.90) is ``doubtful``; an interval that reaches one otherwise is ``unknown``; else ``distinct``.

The verdict is the worst that any of them says, ``not_distinct`` before ``doubtful``; else what the latent correlation
says. Where there is none (no admissible joint model) ``distinct`` needs intervals of the ratios below .85; else it is
``unknown``.

Fornell & Larcker's (1981) comparison is told beside it and has no vote: it judges the items' reliability more than the
scales' difference (Rönkkö & Cho 2022; Henseler et al. 2015 show how rarely it notices). Nor has the test against a
correlation of one, which the interval contains and which, with many persons, a correlation of .98 fails.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Literal, get_args

import numpy as np
import pandas as pd

from analysis.measurement.convergent import convergent
from analysis.measurement.htmt import Figure, PairHtmt, htmt_of_pair
from analysis.measurement.joint_model import JointModel, directions, loadings_of
from analysis.measurement.latent_correlation import correlation_test, latent_correlations

Verdict = Literal["distinct", "doubtful", "not_distinct", "unknown"]
Classification = Literal["none", "marginal", "moderate", "severe"]
Problem = Literal[
    # of the joint model: no figures of it
    "too_few",  # fewer persons than asked for
    "few_scales",  # no scale with two items that vary
    "not_estimable",  # the model cannot be fitted to these answers
    "not_converged",  # the model found no solution
    "not_identified",  # the answers do not tell the model's parameters apart
    "inadmissible",  # the model's solution cannot be true
    # of scales
    "constant_item",  # an item nobody answered, or everybody alike, is left out
    "single_item",  # fewer than two items vary: no figures
    "shared_item",  # an item belongs to two scales: no average variance extracted, no composite reliability
    "negative_loading",  # an item goes against the others: probably it should have been reversed
    # of pairs
    "correlation_beyond_one",  # the factors' correlation came out beyond one: the data do not tell them apart
    "imprecise",  # the interval excludes nothing, one included
    "test_not_converged",  # the model with a correlation of one found no solution: no test
    "few_complete",  # too few persons answered every item of both scales: no ratios
    "project_unknown",  # persons whose project is not known are left out of the ratios
    "negative_within",  # items of one scale correlate negatively; the ratios count correlations by size
    "mixed_signs",  # items of the two scales correlate positively and negatively: no HTMT2
    "few_draws",  # too few resamples have a ratio: no interval
]
PROBLEMS: tuple[Problem, ...] = get_args(Problem)

MARGINAL, MODERATE, SEVERE = 0.80, 0.90, 1.00
"""From where on the far end of a latent correlation's interval is a problem (Rönkkö & Cho 2022)."""

CLOSE = 0.85
"""The stricter cut-off of HTMT (Henseler, Ringle & Sarstedt 2015)."""

CONVERGENT_VALIDITY = [
    "scale", "n_obs", "n_items", "ave", "ave_ci_lower", "ave_ci_upper", "ave_std", "ave_std_ci_lower",
    "ave_std_ci_upper", "composite_reliability", "composite_reliability_ci_lower", "composite_reliability_ci_upper",
    "composite_reliability_observed", "errors", "problem",
]  # fmt: skip
DISCRIMINANT_VALIDITY = [
    "scale_a", "scale_b", "n_obs", "r_latent", "r_latent_ci_lower", "r_latent_ci_upper", "errors", "chisq_diff",
    "df_diff", "df_t", "pvalue_diff", "n_obs_htmt", "htmt", "htmt_ci_lower", "htmt_ci_upper", "htmt2", "htmt2_ci_lower",
    "htmt2_ci_upper", "resampled", "ave_smaller", "r_squared", "fornell_larcker", "classification", "verdict",
    "problem",
]  # fmt: skip


def classification_of(lower: float, upper: float) -> Classification | None:
    """Rönkkö & Cho's class of a latent correlation's interval, by the end that is further from nil; ``None`` for no
    interval."""
    far = max(abs(lower), abs(upper))
    if np.isnan(far):
        return None
    return "severe" if far >= SEVERE else "moderate" if far >= MODERATE else "marginal" if far >= MARGINAL else "none"


def verdict_of(r: Figure, ratios: Sequence[Figure], *, beyond_one: bool = False) -> Verdict:
    """The verdict on a pair of scales by the rules above, from the latent ``correlation`` and the HTMT ``ratios``, NaN
    where there are none; ``beyond_one``: the correlation came out beyond one."""
    by_r = "not_distinct" if beyond_one else _by_correlation(r)
    by_ratio = [_by_ratio(ratio) for ratio in ratios if np.isfinite(ratio.est)]
    said = [by_r, *by_ratio]
    if "not_distinct" in said:
        return "not_distinct"
    if "doubtful" in said:
        return "doubtful"
    if by_r is not None:
        return by_r
    excluded = bool(by_ratio) and all(ratio.ci_upper < CLOSE for ratio in ratios if np.isfinite(ratio.est))
    return "distinct" if excluded else "unknown"


def convergent_validity(joint: JointModel) -> pd.DataFrame:
    """One row a scale (``CONVERGENT_VALIDITY``), with the problems of the model and of the scale."""
    frame = convergent(joint)
    frame["n_obs"], frame["errors"] = joint.n_obs, joint.errors
    frame["problem"] = [_joined({joint.problem, *_of_scale(joint, str(scale))}) for scale in frame["scale"]]
    return frame[CONVERGENT_VALIDITY]


def discriminant_validity(
    answers_by_person: pd.DataFrame,
    joint: JointModel,
    *,
    minimum_n: int,
    draws: int,
    confidence: float,
    seed: int,
    projects: pd.Series[str] | None = None,
) -> pd.DataFrame:
    """One row a pair of the scales given to ``joint`` (``DISCRIMINANT_VALIDITY``).

    The latent correlation, the test against one, Fornell & Larcker's comparison, HTMT and HTMT2 of
    ``answers_by_person`` with bootstrap intervals of ``draws`` resamples (of ``projects`` where there are enough), and
    the verdict. ``seed`` and the scales' names make the draws: a pair's do not depend on which others there are.
    """
    latent = latent_correlations(joint)
    figures = latent[["r", "ci_lower", "ci_upper"]].astype(float).itertuples(index=False, name=None)
    correlations = {
        pair: Figure(*of)
        for pair, of in zip(zip(latent["scale_a"], latent["scale_b"], strict=True), figures, strict=True)
    }
    ave = convergent(joint).set_index("scale")["ave"]
    rows = []
    for a, b in combinations(joint.items, 2):
        ratio = htmt_of_pair(
            answers_by_person, joint.declared[a], joint.declared[b], minimum_n=minimum_n, draws=draws,
            confidence=confidence, seed=np.random.SeedSequence([seed, *f"htmt:{a}:{b}".encode()]), projects=projects,
        )  # fmt: skip
        r = correlations.get((a, b), Figure())
        rows.append({"scale_a": a, "scale_b": b, **_pair(joint, a, b, r, ratio, min(ave[a], ave[b], key=_nan_first))})
    return pd.DataFrame(rows, columns=DISCRIMINANT_VALIDITY)


def _pair(joint: JointModel, a: str, b: str, r: Figure, ratio: PairHtmt, ave: float) -> dict[str, object]:
    """The row of one pair."""
    row: dict[str, object] = {
        "n_obs": joint.n_obs, "errors": joint.errors if np.isfinite(r.est) else "",
        "n_obs_htmt": ratio.n_obs, "resampled": ratio.resampled,
        "ave_smaller": ave, "r_squared": r.est**2, "fornell_larcker": "",
        **_figure("r_latent", r), **_figure("htmt", ratio.htmt), **_figure("htmt2", ratio.htmt2),
    }  # fmt: skip
    beyond = frozenset((a, b)) in joint.beyond_one
    found = {joint.problem, *_of_scale(joint, a), *_of_scale(joint, b), *ratio.problems}
    if beyond:
        found.add("correlation_beyond_one")
    if np.isfinite(r.est):
        test = correlation_test(joint, a, b)
        row |= {"chisq_diff": test.chisq, "df_diff": test.df, "df_t": test.df_t, "pvalue_diff": test.pvalue}
        found.add(test.problem)
        if np.isfinite(ave):
            row["fornell_larcker"] = "true" if ave > r.est**2 else "false"
    if "unknown" in (_by_correlation(r), *(_by_ratio(f) for f in (ratio.htmt, ratio.htmt2))):
        found.add("imprecise")
    row["classification"] = classification_of(r.ci_lower, r.ci_upper) or ""
    row["verdict"] = verdict_of(r, (ratio.htmt, ratio.htmt2), beyond_one=beyond)
    return row | {"problem": _joined(found)}


def _by_correlation(r: Figure) -> Verdict | None:
    """What the latent correlation says; ``None`` without an interval."""
    match classification_of(r.ci_lower, r.ci_upper):
        case None:
            return None
        case "none":
            return "distinct"
        case "severe":
            return "not_distinct" if abs(r.est) >= MARGINAL else "unknown"
        case _:
            return "doubtful"


def _by_ratio(ratio: Figure) -> Verdict | None:
    """What one ratio says; ``None`` without one."""
    if np.isnan(ratio.est):
        return None
    reaches = max(ratio.ci_upper, -ratio.ci_lower) >= SEVERE  # False where there is no interval
    if abs(ratio.est) >= CLOSE:
        return "not_distinct" if reaches else "doubtful"
    return "unknown" if reaches else "distinct"


def _of_scale(joint: JointModel, scale: str) -> set[str]:
    """Codes about a scale, its loadings included."""
    found = set(joint.scale_problems[scale])
    if joint.result is None or joint.problem or scale not in joint.scales:
        return found
    estimated = joint.result.estimated
    way = directions(joint, estimated)[scale]
    if any(loading * way < 0 for loading in loadings_of(joint, estimated, scale).values()):
        found.add("negative_loading")
    return found


def _figure(name: str, figure: Figure) -> Mapping[str, float]:
    return {name: figure.est, f"{name}_ci_lower": figure.ci_lower, f"{name}_ci_upper": figure.ci_upper}


def _joined(found: set[str]) -> str:
    """Codes in the order of ``PROBLEMS``, joined by ``;``."""
    return ";".join(code for code in PROBLEMS if code in found)


def _nan_first(value: float) -> float:
    """So that the smaller of two numbers is NaN when one of them is."""
    return -np.inf if np.isnan(value) else value
