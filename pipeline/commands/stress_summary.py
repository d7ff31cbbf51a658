"""Specification curves on the terminal: claim by claim, how much the conclusion depends on choices of analysis."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from rich.console import Console

from pipeline.commands.fit_summary import PIPED_WIDTH, wrapped
from pipeline.commands.reliability_summary import in_language
from pipeline.declare import in_language as text_in
from pipeline.intake.messages import number
from pipeline.intake.words import Language

PHRASES: dict[str, dict[Language, str]] = {
    "counts": {
        "nl": "{n_run} specificaties, van {n_cross} die zinvol zijn; {n_ok} met een uitkomst, {n_inadmissible}"
        " ontoelaatbaar, {n_failed} mislukt of geweigerd",
        "en": "{n_run} specifications, of {n_cross} that make sense; {n_ok} with an estimate, {n_inadmissible}"
        " inadmissible, {n_failed} failed or refused",
    },
    "range": {
        "nl": "mediaan {median}; de middelste 95 % van {lower} tot {upper}",
        "en": "median {median}; the middle 95 % from {lower} to {upper}",
    },
    "shares": {
        "nl": "aan de kant van de bewering {share_claimed}, daar significant {share_significant}, groot genoeg om ertoe"
        " te doen {share_matters}",
        "en": "on the side of the claim {share_claimed}, significant there {share_significant}, large enough to matter"
        " {share_matters}",
    },
    "joint": {
        "nl": "samen ({n_joint}): p = {pvalue_median} (mediaan), {pvalue_stouffer} (Stouffer), {pvalue_share} (aandeel"
        " significant); {scheme}, {n_draws} {draws}, kleinst mogelijke p {minimum_pvalue}",
        "en": "jointly ({n_joint}): p = {pvalue_median} (median), {pvalue_stouffer} (Stouffer), {pvalue_share} (share"
        " significant); {scheme}, {n_draws} {draws}, smallest possible p {minimum_pvalue}",
    },
    "no_joint": {"nl": "geen gezamenlijke toets", "en": "no joint test"},
    "permutation": {"nl": "projecten verwisseld", "en": "projects reassigned"},
    "signs": {"nl": "tekens van projecten omgekeerd", "en": "signs of projects flipped"},
    "all": {"nl": "manieren, alle", "en": "ways, all there are"},
    "drawn": {"nl": "getrokken", "en": "drawn"},
    "matters_most": {
        "nl": "de keuze die het meest uitmaakt: {axis}, {explained} van de verschillen ({choices})",
        "en": "the choice that matters most: {axis}, {explained} of the differences ({choices})",
    },
    "score": {"nl": "de score", "en": "the score"},
    "estimator": {"nl": "de schatter", "en": "the estimator"},
    "missing": {"nl": "ontbrekende antwoorden", "en": "missing answers"},
    "careless": {"nl": "onzorgvuldige antwoorden", "en": "careless answers"},
    "residents": {"nl": "welke bewoners", "en": "which residents"},
    "covariates": {"nl": "achtergrond", "en": "background"},
    "alternative": {"nl": "het andere construct", "en": "the other construct"},
    "clustering": {"nl": "projecten", "en": "projects"},
    "waves": {"nl": "de golf", "en": "the wave"},
    "left_out": {"nl": "het weggelaten project", "en": "the project left out"},
}
_SHOWN_CHOICES = 6


def print_curves(
    console: Console,
    pool: str,
    tables: Mapping[str, pd.DataFrame],
    headings: Mapping[str, dict[str, str]],
    language: Language,
) -> None:
    """Print the pool, then every claim of ``specification_curves`` with the choice that matters most to it."""
    width = console.width if console.is_terminal else PIPED_WIDTH
    console.print(pool, style="bold")
    choices = tables["specification_choices"]
    for curve in tables["specification_curves"].to_dict("records"):
        console.print(f"\n{curve['claim']}  {text_in(headings[curve['claim']], language)}", style="bold")
        for line in lines_of(curve, choices[choices["claim"] == curve["claim"]], language):
            console.print(wrapped(f"  {line}", width))


def lines_of(curve: Mapping[Any, Any], choices: pd.DataFrame, language: Language) -> list[str]:
    """What is said of one claim: a row of ``specification_curves`` and its rows of ``specification_choices``."""
    counts = {name: number(int(curve[name]), language) for name in curve if str(name).startswith("n_")}
    lines = [_say("counts", language, **counts)]
    if curve["n_ok"]:
        figures = {name: _decimal(curve[name], 2, language) for name in ("median", "lower", "upper")}
        shares = ("share_claimed", "share_significant", "share_matters")
        lines.append(_say("range", language, **figures))
        lines.append(_say("shares", language, **{name: f"{curve[name]:.0%}" for name in shares}))
        lines.append(_joint(curve, counts, language))
        lines += _matters_most(choices, language)
    return lines


def _joint(curve: Mapping[Any, Any], counts: Mapping[str, str], language: Language) -> str:
    if not curve["scheme"]:
        return _say("no_joint", language)
    names = ("pvalue_median", "pvalue_stouffer", "pvalue_share", "minimum_pvalue")
    figures = {name: _decimal(curve[name], 4, language) for name in names}
    how = {
        "scheme": _say(curve["scheme"], language),
        "draws": _say("all" if curve["exact"] == "yes" else "drawn", language),
    }
    return _say("joint", language, **counts, **figures, **how)


def _matters_most(choices: pd.DataFrame, language: Language) -> list[str]:
    """The axis whose choices explain most of the differences between the estimates, if there are any."""
    explained = choices["explained"].astype(float).fillna(0.0)
    if not len(choices) or not explained.max() > 0:
        return []
    axis = str(choices["axis"].iloc[int(np.argmax(explained))])
    of_axis = choices[(choices["axis"] == axis) & choices["median"].notna()]
    shown = [
        f"{choice} {_decimal(median, 2, language)}"
        for choice, median in zip(of_axis["choice"], of_axis["median"].astype(float), strict=True)
    ]
    rest = ["…"] if len(shown) > _SHOWN_CHOICES else []
    return [
        _say(
            "matters_most", language, axis=_say(axis, language), explained=f"{explained.max():.0%}",
            choices=", ".join([*shown[:_SHOWN_CHOICES], *rest]),
        )
    ]  # fmt: skip


def _say(key: str, language: Language, **values: str) -> str:
    return PHRASES[key][language].format(**values)


def _decimal(value: float, places: int, language: Language) -> str:
    return in_language(f"{value:.{places}f}" if np.isfinite(value) else "–", language)
