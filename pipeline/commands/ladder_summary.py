"""Ladders with their searches on the terminal: a sentence each on what may be compared, and one table of all steps."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from rich.console import Console

from pipeline.commands.fit_summary import PIPED_WIDTH, wrapped
from pipeline.commands.invariance_summary import CHANGE, FIT, is_there, print_table
from pipeline.intake.words import Language

if TYPE_CHECKING:
    from analysis.measurement.ladders import Ladder
    from analysis.measurement.rungs import Rung

Row = dict[str, Any]
Words = Mapping[str, Mapping[Language, str]]

_ALLOWS: Words = {
    "nothing": {
        "nl": "de groepen zijn niet te vergelijken",
        "en": "the groups cannot be compared",
    },
    "relations": {
        "nl": "samenhangen zijn te vergelijken, gemiddelden niet",
        "en": "relations can be compared, means cannot",
    },
    "means_partial": {
        "nl": "gemiddelden zijn te vergelijken, maar alleen zonder wat van deze vragen verschilt: {freed}",
        "en": "means can be compared, but only without what differs of these items: {freed}",
    },
    "means": {
        "nl": "latente gemiddelden zijn te vergelijken, scores zonder meer niet",
        "en": "latent means can be compared, plain scores cannot",
    },
    "scores": {
        "nl": "ook gewone scores zijn te vergelijken",
        "en": "plain scores can be compared too",
    },
}
_MESSAGES: Words = {
    "just_identified": {
        "nl": "past altijd (drie vragen): niets te toetsen",
        "en": "fits whatever the answers are (three items): nothing to test",
    },
    "sets_scale": {
        "nl": "legt alleen de schaal vast (drie antwoorden): niets te toetsen",
        "en": "only sets the scale (three answers): nothing to test",
    },
    "configural_misfit": {
        "nl": "het model past niet in elke groep",
        "en": "the model does not fit in every group",
    },
    "untested": {
        "nl": "de toets bestaat hier niet: alleen de passing beslist",
        "en": "there is no test here: fit alone decides",
    },
    "satorra_2000": {
        "nl": "de gewone correctie kwam negatief uit: getoetst volgens Satorra (2000)",
        "en": "the usual correction came out negative: tested after Satorra (2000)",
    },
    "two_items_left": {
        "nl": "het zoeken stopte: er zijn nog maar twee gelijke vragen",
        "en": "the search stopped: only two items are still equal",
    },
    "no_item_named": {
        "nl": "het zoeken stopte: van geen enkele vraag is het verschil meer dan toeval",
        "en": "the search stopped: no single item differs beyond chance",
    },
    "search_stopped": {
        "nl": "het zoeken stopte: zonder de vraag is er geen geldige oplossing",
        "en": "the search stopped: without the item there is no solution that can be true",
    },
}
_REFUSED: Words = {
    "not_estimable": {"nl": "niet te schatten", "en": "cannot be estimated"},
    "not_converged": {"nl": "geen oplossing gevonden", "en": "no solution was found"},
    "inadmissible": {"nl": "de oplossing kan niet waar zijn", "en": "the solution cannot be true"},
    "not_reached": {"nl": "niet bereikt: een eerdere trede faalt", "en": "not reached: a step before it fails"},
}
_RULE: Mapping[Language, str] = {
    "nl": "Een trede faalt als de toets haar verwerpt en een maat verder verslechtert dan: CFI {cfi:.3f}, RMSEA"
    " {rmsea:.3f}, SRMR {srmr} (gelijke ladingen: {cfi_loadings:.3f}, {rmsea_loadings:.3f}, {srmr_loadings}). Bron:"
    " {source}. Met * zijn vragen vrijgelaten.",
    "en": "A step fails when its test rejects it and a measure gets worse by more than: CFI {cfi:.3f}, RMSEA"
    " {rmsea:.3f}, SRMR {srmr} (equal loadings: {cfi_loadings:.3f}, {rmsea_loadings:.3f}, {srmr_loadings}). Source:"
    " {source}. With * items were set free.",
}


def print_searched(console: Console, ladders: Mapping[str, Ladder], language: Language) -> None:
    """Print what every ladder allows, one table of all steps, the rule, and what there is to say of single steps."""
    width = console.width if console.is_terminal else PIPED_WIDTH
    for group, ladder in ladders.items():
        style = "bold red" if ladder.allows == "nothing" else "bold green" if ladder.allows == "scores" else "bold"
        console.print(wrapped(f"{group}: {verdict(ladder, language)}.", width), style=style)
    rows = [_row(group, rung, several=len(ladders) > 1) for group, ladder in ladders.items() for rung in ladder.rungs]
    print_table(console, "", rows, [name for name in FIT if is_there(rows, name)], FIT, width)
    shown = [name for name in _CHANGES if is_there(rows, name)]
    if shown:
        print_table(console, "", rows, shown, _CHANGES, width)
    console.print()
    for rule in dict.fromkeys(_rule(ladder, language) for ladder in ladders.values()):
        console.print(wrapped(rule, width))
    for row in rows:
        said = [_MESSAGES[code][language] for code in row["messages"]] + [
            _REFUSED[code][language] for code in ([row["refused"]] if row["refused"] else [])
        ]
        if said:
            console.print(wrapped(f"{row['step']}: {'; '.join(said)}.", width), style="yellow")


def verdict(ladder: Ladder, language: Language) -> str:
    """What the ladder allows, in a sentence without its end."""
    return _ALLOWS[ladder.allows][language].format(freed=", ".join(ladder.freed))


_CHANGES = {**CHANGE, "holds": "Verdict", "freed": "Free"}


def _row(group: str, rung: Rung, *, several: bool) -> Row:
    """A step's row of the table."""
    from analysis.sem.invariance import best

    step = f"{rung.step}{'*' if rung.partial else ''}"
    row: Row = dict.fromkeys([*FIT, *_CHANGES])
    row |= {"step": f"{group} {step}" if several else step, "messages": rung.messages, "refused": rung.refused}
    if rung.result is not None and rung.refused is None:
        fit = rung.result.fit
        row |= {name: fit.get(f"{name}_scaled", fit.get(name)) for name in ("chisq", "pvalue")}
        row |= {name: fit.get(name) for name in ("df", "srmr", "aic", "bic")}
        row |= {name: best(rung.result, name) for name in ("cfi", "rmsea")}
        row |= {**rung.changes, "holds": rung.holds, "freed": " ".join(rung.freed) or None}
        row |= {"holds_by_test": rung.holds_by_test, "holds_by_fit": rung.holds_by_fit}
    if rung.difference is not None:
        test = rung.difference
        row |= {"chisq_diff": test.statistic, "df_diff": test.df, "pvalue_diff": test.pvalue}
    return row


def _rule(ladder: Ladder, language: Language) -> str:
    later, loadings = ladder.cutoffs.later, ladder.cutoffs.loadings
    srmr, srmr_loadings = (f"{cut.srmr:.3f}" if cut.srmr == cut.srmr else "-" for cut in (later, loadings))
    return _RULE[language].format(
        cfi=later.cfi, rmsea=later.rmsea, srmr=srmr, cfi_loadings=loadings.cfi, rmsea_loadings=loadings.rmsea,
        srmr_loadings=srmr_loadings, source=_SOURCES[ladder.cutoffs.source],
    )  # fmt: skip


_SOURCES = {
    "chen2007": "Chen 2007", "rutkowski2014": "Rutkowski & Svetina 2014", "rutkowski2017": "Rutkowski & Svetina 2017",
}  # fmt: skip
