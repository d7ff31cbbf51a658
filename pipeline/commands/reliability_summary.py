"""Reliability on the terminal: scale by scale, the items below it, and in words what stands in the way of a figure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console

from pipeline.commands.fit_summary import PIPED_WIDTH, wrapped
from pipeline.intake.words import Language

Entry = Mapping[str, Any]

PHRASES: dict[str, dict[Language, str]] = {
    "persons": {"nl": "{n} mensen", "en": "{n} people"},
    "groups": {"nl": "groepen: {groups}", "en": "groups: {groups}"},
    "everybody": {"nl": "iedereen", "en": "everybody"},
    "clusters": {
        "nl": "{n} clusters; het interval van omega houdt er rekening mee, dat van alfa niet",
        "en": "{n} clusters; the interval of omega allows for them, that of alpha does not",
    },
    "all_columns": {
        "nl": "Geen schaal genoemd: alle kolommen met getallen zijn samen een schaal ({items}).",
        "en": "No scale was named: all columns of numbers are one scale ({items}).",
    },
    "range_found": {
        "nl": "{scale}: laagste en hoogste antwoord zijn die in het bestand, {lower} en {upper} (anders: --range).",
        "en": "{scale}: the lowest and highest answer are those in the file, {lower} and {upper} (else: --range).",
    },
    "unanswered": {
        "nl": "{scale}: niemand beantwoordde {items}.",
        "en": "{scale}: nobody answered {items}.",
    },
    "no_cluster": {
        "nl": "{n} mensen zonder {column} doen niet mee.",
        "en": "{n} people without {column} take no part.",
    },
    "answered": {"nl": "{n} mensen beantwoordden alle {k} vragen", "en": "{n} people answered all {k} items"},
    "scale": {"nl": "schaal", "en": "scale"},
    "alpha": {"nl": "alfa", "en": "alpha"},
    "alpha_standardised": {"nl": "gestandaardiseerde alfa", "en": "standardised alpha"},
    "spearman_brown": {"nl": "Spearman-Brown", "en": "Spearman-Brown"},
    "mean_inter_item": {"nl": "gemiddelde correlatie tussen vragen", "en": "mean correlation between items"},
    "omega": {"nl": "omega", "en": "omega"},
    "alpha_ordinal": {"nl": "alfa, ordinaal", "en": "alpha, ordinal"},
    "omega_ordinal": {"nl": "omega, ordinaal", "en": "omega, ordinal"},
    "ends": {
        "nl": "score gemiddeld {mean} (sd {sd}); op de laagste {floor}, op de hoogste {ceiling}",
        "en": "mean score {mean} (sd {sd}); at the lowest {floor}, at the highest {ceiling}",
    },
    "interval": {"nl": "{level}-interval {lower} tot {upper}", "en": "{level} interval {lower} to {upper}"},
    "item": {"nl": "vraag", "en": "item"},
    "item mean": {"nl": "gem.", "en": "mean"},
    "item sd": {"nl": "sd", "en": "sd"},
    "item item_rest": {"nl": "item-rest", "en": "item-rest"},
    "item alpha_if_dropped": {"nl": "alfa zonder", "en": "alpha without"},
    "item loading": {"nl": "lading", "en": "loading"},
    "item loading_ordinal": {"nl": "lading ord.", "en": "loading ord."},
    "item floor_share": {"nl": "laagste", "en": "lowest"},
    "item ceiling_share": {"nl": "hoogste", "en": "highest"},
    "reversed": {"nl": "↺ omgekeerd geteld", "en": "↺ counted the other way round"},
    "too_few": {
        "nl": "Geen cijfers van minder dan {minimum_n} mensen (--minimum-n).",
        "en": "No figures from fewer than {minimum_n} people (--minimum-n).",
    },
}  # fmt: skip
_COLUMNS = ("mean", "sd", "floor_share", "ceiling_share", "item_rest", "alpha_if_dropped", "loading", "loading_ordinal")


def say(key: str, language: Language, **values: Any) -> str:
    """A phrase with its blanks filled."""
    return PHRASES[key][language].format(**values)


def note(code: str, values: Mapping[str, Any], language: Language) -> str:
    """A note in a sentence."""
    shown = {
        name: in_language(f"{value:g}", language) if isinstance(value, float) else value
        for name, value in values.items()
    }
    return say(code, language, **shown)


def print_reliability(console: Console, content: Mapping[str, Any], language: Language) -> None:
    """Print who the figures are of, then scale by scale and group by group the figures, the items and the problems."""
    width = console.width if console.is_terminal else PIPED_WIDTH
    console.print(say("persons", language, n=content["n"]), style="bold")
    if content["groups"]:
        groups = ", ".join(f"{entry['group']} {entry['n']}" for entry in content["groups"])
        console.print(wrapped(say("groups", language, groups=groups), width))
    if content["clusters"] is not None:
        console.print(wrapped(say("clusters", language, n=content["clusters"]), width))
    for entry in content["notes"]:
        console.print(wrapped(note(entry["code"], entry["values"], language), width), style="yellow")
    for entry in content["scales"]:
        _print_scale(console, entry, content, language, width)
    if "validity" in content:
        from pipeline.commands.validity_section import print_validity

        print_validity(console, content["validity"], language, width)


def _print_scale(console: Console, entry: Entry, content: Mapping[str, Any], language: Language, width: int) -> None:
    group = f" · {entry['group'] or say('everybody', language)}" if content["groups"] else ""
    console.print()
    console.print(f"{entry['scale']}{group}", style="bold")
    console.print(f"  {say('answered', language, n=entry['n'], k=entry['n_items'])}")
    for code in entry["problems"]:
        console.print(wrapped(f"  ! {_problem(code, entry, content, language)}", width), style="red")
    if "too_few" in entry["problems"]:
        return
    for line in _figure_lines(entry, content["confidence"], language):
        console.print(f"  {line}")
    _print_items(console, entry, language)


def _problem(code: str, entry: Entry, content: Mapping[str, Any], language: Language) -> str:
    """A problem in words, with the items it is about."""
    if code == "too_few":
        return say("too_few", language, minimum_n=content["minimum_n"])
    items = [item["item"] for item in entry["items"] if code in item["problem"].split(";")]
    return problem_in_words(code, language) + (f": {', '.join(items)}" if items else "")


def _figure_lines(entry: Entry, confidence: float, language: Language) -> list[str]:
    """Name, figure and interval of what there is."""
    standardised = "spearman_brown" if entry["n_items"] == 2 else "alpha_standardised"
    named = [
        ("alpha", "alpha"), ("omega", "omega"), ("alpha_ordinal", "alpha_ordinal"), ("omega_ordinal", "omega_ordinal"),
        (standardised, "alpha_standardised"), ("mean_inter_item", "mean_inter_item"),
    ]  # fmt: skip
    shown = [(say(title, language), name) for title, name in named if entry[name] is not None]
    room = max((len(title) for title, _ in shown), default=0)
    lines = []
    for title, name in shown:
        lower, upper = entry.get(f"{name}_ci_lower"), entry.get(f"{name}_ci_upper")
        between = ""
        if lower is not None and upper is not None:
            ends = {"lower": decimal(lower, language), "upper": decimal(upper, language)}
            between = "   " + say("interval", language, level=_percent(confidence, language), **ends)
        other_n = name == "omega" and entry["factor"]["n"] != entry["n"]  # with FIML
        basis = f"   ({say('persons', language, n=entry['factor']['n'])})" if other_n else ""
        lines.append(f"{title:<{room}}  {decimal(entry[name], language)}{between}{basis}")
    if entry["mean"] is not None:
        lines.append(
            say(
                "ends", language, mean=decimal(entry["mean"], language), sd=decimal(entry["sd"], language),
                floor=_percent(entry["floor_share"], language), ceiling=_percent(entry["ceiling_share"], language),
            )
        )  # fmt: skip
    return lines


def _print_items(console: Console, entry: Entry, language: Language) -> None:
    """The items below each other; columns nobody has a figure in are left out."""
    items: Sequence[Entry] = entry["items"]
    names = [name for name in _COLUMNS if any(item[name] is not None for item in items)]
    first = [say("item", language), *(f"{item['item']}{' ↺' if item['reversed'] else ''}" for item in items)]
    table = [first] + [
        [say(f"item {name}", language), *(_cell(name, item[name], language) for item in items)] for name in names
    ]
    rooms = [max(map(len, column)) for column in table]
    for n in range(len(items) + 1):
        cells = "  ".join(f"{column[n]:>{room}}" for column, room in zip(table[1:], rooms[1:], strict=True))
        style = "bold" if n == 0 else "red" if items[n - 1]["problem"] else None
        console.print(f"  {first[n]:<{rooms[0]}}  {cells}".rstrip(), style=style)
    if any(item["reversed"] for item in items):
        console.print(f"  {say('reversed', language)}")


def _cell(name: str, value: float | None, language: Language) -> str:
    if value is None:
        return ""
    return _percent(value, language) if name.endswith("_share") else decimal(value, language)


def decimal(value: float, language: Language) -> str:
    """Three decimals, with the language's own mark."""
    return in_language(f"{value:.3f}", language)


def in_language(number: str, language: Language) -> str:
    """A number with the language's own mark."""
    return number.replace(".", ",") if language == "nl" else number


def problem_in_words(code: str, language: Language) -> str:
    """A problem in the report's words, or its code where the report has none."""
    from pipeline.present.context import catalogue

    return catalogue().get(f"problem {code}", {language: code})[language]


def _percent(share: float, language: Language) -> str:
    text = in_language(f"{100 * share:.3g}", language)
    return f"{text} %" if language == "nl" else f"{text}%"
