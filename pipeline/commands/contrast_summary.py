"""A contrast on the terminal: one plain sentence first, then every way of counting, what it rests on, and warnings."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from rich.console import Console
from ruamel.yaml import YAML

from pipeline.commands.fit_summary import PIPED_WIDTH, wrapped
from pipeline.intake.words import Language

Entry = Mapping[str, Any]

MAIN = {"project": ("project_means",), "person": ("mixed", "persons")}
"""The methods a sentence is made of, best first, by what has the trait: projects as the units, or people within them.
What counts people has no say about a trait of projects, not even where projects are too few."""
NOBODY = "(none)"
_COLUMNS = ("difference", "interval", "sd", "df", "p", "smallest")


@cache
def phrases() -> Mapping[str, Mapping[str, str]]:
    """``contrast_words.yaml``: every phrase by key and language."""
    content: Mapping[str, Mapping[str, str]] = YAML(typ="safe").load(Path(__file__).with_name("contrast_words.yaml"))
    return content


def say(key: str, language: Language, **values: Any) -> str:
    """A phrase with its blanks filled."""
    return phrases()[key][language].format(**values)


def sentences(content: Entry, language: Language) -> list[str]:
    """What can be said, in plain words: one sentence a trait, and one more where counting people would mislead."""
    said = []
    for trait in _traits(content):
        row = main_row(content, trait)
        said.append(_sentence(content, trait, row, language))
        naive = _row(content, trait, "ols") or _row(content, trait, "persons")
        is_sure = naive is not None and naive["pvalue"] is not None and naive["pvalue"] < 1 - content["confidence"]
        if naive is not None and is_sure and not _clear(row) and not row["naive"]:
            said.append(say("too_sure", language, p=signed_pvalue(naive["pvalue"], language)))
    return said


def main_row(content: Entry, trait: str) -> Entry:
    """The contrast that a sentence about ``trait`` is made of."""
    rows = [_row(content, trait, method) for method in MAIN["person" if _of_person(content, trait) else "project"]]
    there = [row for row in rows if row is not None]
    return next((row for row in there if not row["refused"]), there[0])


def print_contrast(console: Console, content: Entry, language: Language) -> None:
    """Print the sentences, the notes, then trait by trait the table, what it rests on, and what one project does."""
    width = console.width if console.is_terminal else PIPED_WIDTH
    for sentence in sentences(content, language):
        console.print(wrapped(sentence, width), style="bold")
    for note in content["notes"]:
        console.print(wrapped(say(note["code"], language, **note["values"]), width), style="yellow")
    for trait in _traits(content):
        console.print()
        console.print(_heading(content, trait, language), style="bold")
        design = next((row for row in content["designs"] if row["trait"] == trait), None)
        for warning in _warnings(content, trait, design, language):
            console.print(wrapped(f"  ! {warning}", width), style="red")
        _print_methods(console, content, trait, language)
        for line in (*_rests_on(design, language), *_one_project(content, trait, language)):
            console.print(wrapped(f"  {line}", width))
    console.print()
    for key in ("naive", "permutation", *(("endless",) if _endless(content) else ())):
        console.print(wrapped(say(f"foot {key}", language), width))


def _traits(content: Entry) -> list[str]:
    return list(dict.fromkeys(row["trait"] for row in content["contrasts"]))


def _row(content: Entry, trait: str, method: str) -> Entry | None:
    return next((r for r in content["contrasts"] if (r["trait"], r["method"]) == (trait, method)), None)


def _declared(content: Entry, trait: str) -> Entry | None:
    """The trait as it was asked for; none for the difference of two."""
    return next((t for t in content["traits"] if t["trait"] == trait), None)


def _of_person(content: Entry, trait: str) -> bool:
    declared = _declared(content, trait)
    return declared is not None and declared["of"] == "person"


def _pair(content: Entry, trait: str) -> tuple[str, str]:
    """The two traits whose effects ``a-b`` compares."""
    names = [t["trait"] for t in content["traits"]]
    return next((a, b) for a in names for b in names if trait == f"{a}-{b}")


def _clear(row: Entry) -> bool:
    """Whether the interval lies on one side of zero."""
    return row["ci_lower"] is not None and (row["ci_lower"] > 0 or row["ci_upper"] < 0)


def _sentence(content: Entry, trait: str, row: Entry, language: Language) -> str:
    values: dict[str, Any] = {"outcome": content["outcome"], "trait": trait}
    declared = _declared(content, trait)
    if declared is None:
        values |= dict(zip(("a", "b"), _pair(content, trait), strict=True))
        kind = "difference"
    else:
        values |= {"high": declared["high"], "low": declared["low"]}
        kind = str(declared["of"])
    if row["refused"]:
        return say(f"{kind} refused", language, **values, reason=_reason(content, row, language))
    values |= {
        "d": number(abs(row["estimate"]), language), "signed": number(row["estimate"], language),
        "lower": number(row["ci_lower"], language), "upper": number(row["ci_upper"], language),
        "level": percent(content["confidence"], language), "p": signed_pvalue(row["pvalue"], language),
        "k_high": _whole(row["n_projects_high"]), "k_low": _whole(row["n_projects_low"]),
    }  # fmt: skip
    if not _clear(row):
        return say(f"{kind} unclear", language, **values)
    way = "higher" if row["estimate"] > 0 else "lower"
    return say(f"{kind} clear", language, **values, way=say(f"{kind} {way}", language))


def _reason(content: Entry, row: Entry, language: Language) -> str:
    """Why nothing was computed; of projects, how many there are and how many are needed."""
    counts = (row["n_projects_high"], row["n_projects_low"])
    if row["refused"] == "too_few_projects" and None not in counts:
        minimum = content["minimum_projects"]
        return say("few", language, k_high=_whole(counts[0]), k_low=_whole(counts[1]), minimum=minimum)
    return say(f"refused {row['refused']}", language, minimum=content["minimum_projects"])


def _heading(content: Entry, trait: str, language: Language) -> str:
    declared = _declared(content, trait)
    if declared is None:
        a, b = _pair(content, trait)
        return say("heading difference", language, a=a, b=b)
    return say("heading", language, trait=trait, high=declared["high"], low=declared["low"])


def _warnings(content: Entry, trait: str, design: Entry | None, language: Language) -> list[str]:
    """The plain warnings: traits that nearly coincide, few projects."""
    if design is None:
        return []
    found = []
    codes = set(filter(None, design["warning"].split(";")))
    if "nearly_confounded" in codes:
        apart = {"n": _whole(design["n_projects_apart"]), "phi": number(design["overlap"], language)}
        found.append(say("nearly_confounded", language, **apart))
    if "few_projects" in codes:
        least = (_row(content, trait, "permutation") or {}).get("minimum_pvalue")
        key = "few_projects" if least is None else "few_projects smallest"
        found.append(say(key, language, p=pvalue(least or 0.0, language)))
    return found


def _print_methods(console: Console, content: Entry, trait: str, language: Language) -> None:
    """The methods below each other; a refused one says why."""
    rows = [row for row in content["contrasts"] if row["trait"] == trait]
    table = [["", *(say(f"head {name}", language) for name in _COLUMNS)]]
    table += [[_method(row, language), *_cells(content, row, language)] for row in rows]
    rooms = [max(len(line[i]) for line in table if i < len(line)) for i in range(len(table[0]))]
    for n, line in enumerate(table):
        style = "bold" if n == 0 else "dim" if rows[n - 1]["naive"] else None
        if len(line) == 2:
            console.print(f"  {line[0]:<{rooms[0]}}  {line[1]}", style=style)
            continue
        cells = "  ".join(f"{cell:>{room}}" for cell, room in zip(line[1:], rooms[1:], strict=True))
        console.print(f"  {line[0]:<{rooms[0]}}  {cells}".rstrip(), style=style)


def _method(row: Entry, language: Language) -> str:
    return say(f"method {row['method']}", language) + (" *" if row["naive"] else "")


def _cells(content: Entry, row: Entry, language: Language) -> list[str]:
    if row["refused"]:
        return [_reason(content, row, language)]
    ends = (row["ci_lower"], row["ci_upper"])
    between = say("between", language, lower=number(ends[0], language), upper=number(ends[1], language))
    return [
        number(row["estimate"], language), "–" if None in ends else between, number(row["effect_size"], language),
        "" if row["df"] is None else number(row["df"], language, 1), pvalue(row["pvalue"], language),
        "" if row["minimum_pvalue"] is None else pvalue(row["minimum_pvalue"], language),
    ]  # fmt: skip


def _rests_on(design: Entry | None, language: Language) -> list[str]:
    """What so many people of one project are worth."""
    if design is None or design["effective_n"] is None:
        return []
    return [
        say(
            "design", language, n=_whole(design["n_obs"]), icc=number(design["icc"], language),
            effect=number(design["design_effect"], language, 1), effective=_whole(design["effective_n"]),
        )
    ]  # fmt: skip


def _one_project(content: Entry, trait: str, language: Language) -> list[str]:
    """How far the effect moves when one project is left out."""
    rows = [row for row in content["left_out"] if row["trait"] == trait]
    whole = next((row for row in rows if row["left_out"] == NOBODY), None)
    if whole is None or whole["refused"]:
        return []
    without = [row for row in rows if row["left_out"] != NOBODY and not row["refused"]]
    if not without:
        return [say("left_out none", language, minimum=content["minimum_projects"])]
    low, high = (f(without, key=lambda row: float(row["effect_size"])) for f in (min, max))
    said = say(
        "left_out", language, low=number(low["effect_size"], language), high=number(high["effect_size"], language),
        low_name=low["left_out"], high_name=high["left_out"],
        p=pvalue(max(row["pvalue"] for row in without), language),
    )  # fmt: skip
    lost = [str(row["left_out"]) for row in without if _clear(whole) and not _clear(row)]
    return [said, *([say("left_out lost", language, names=", ".join(lost))] if lost else [])]


def _endless(content: Entry) -> bool:
    return any(not row["refused"] and row["ci_lower"] is None for row in content["contrasts"])


def number(value: float | None, language: Language, decimals: int = 2) -> str:
    """A number with the language's own mark; nothing for none."""
    if value is None:
        return ""
    text = f"{value:.{decimals}f}"
    text = text.removeprefix("-") if float(text) == 0 else text
    return text.replace(".", ",") if language == "nl" else text


def pvalue(value: float | None, language: Language) -> str:
    """A p-value in three decimals."""
    if value is None:
        return ""
    return f"< {number(0.001, language, 3)}" if value < 0.0005 else number(value, language, 3)


def signed_pvalue(value: float, language: Language) -> str:
    """``= 0.012`` or ``< 0.001``, for a sentence."""
    text = pvalue(value, language)
    return text if text.startswith("<") else f"= {text}"


def percent(share: float, language: Language) -> str:
    """A share in per cent."""
    text = number(100 * share, language, 1).removesuffix(",0").removesuffix(".0")
    return f"{text} %" if language == "nl" else f"{text}%"


def _whole(value: float | None) -> str:
    return "" if value is None else f"{value:.0f}"
