"""Power on the terminal: first in sentences a corporation can plan by, then the shares behind them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table

from pipeline.commands.fit_summary import PIPED_WIDTH, wrapped
from pipeline.commands.reliability_summary import in_language
from pipeline.declare import Study
from pipeline.declare import in_language as text_in
from pipeline.intake.messages import number
from pipeline.intake.words import Language

Row = Mapping[str, Any]

PHRASES: dict[str, dict[Language, str]] = {
    "simulated": {
        "nl": "Dit is gesimuleerd, uit de effecten in params.yaml. Het zijn geen cijfers van het onderzoek uit 2021:"
        " als de echte effecten kleiner zijn, vertelt een golf minder.",
        "en": "This is simulated, from the effects in params.yaml. These are no figures of the 2021 study: if the real"
        " effects are smaller, a wave tells less.",
    },
    "as declared": {"nl": "effecten als opgegeven", "en": "effects as declared"},
    "times": {"nl": "effecten {factor} keer zo groot", "en": "effects {factor} times as large"},
    "wave": {
        "nl": "Met {k} {units} van {n} {people} ({effects}):",
        "en": "With {k} {units} of {n} {people} each ({effects}):",
    },
    "seen": {"nl": "{claim} is in {n} van de 100 golven te zien", "en": "{claim} is seen in {n} of 100 waves"},
    "seen more": {"nl": "{claim} in {n}", "en": "{claim} in {n}"},
    "not told": {"nl": "over {claims} valt niets te zeggen", "en": "nothing can be told about {claims}"},
    "too few": {
        "nl": "Met minder dan {k} {units}, vier van elk soort, valt over {claims} niets te zeggen.",
        "en": "With fewer than {k} {units}, four of either kind, nothing can be told about {claims}.",
    },
    "needed": {"nl": "Hoeveel {units} zijn nodig?", "en": "How many {units} are needed?"},
    "needed how": {
        "nl": "Om een bewering in {target} van de golven te zien, met {n} {people} per project, {effects}:",
        "en": "To see a claim in {target} of the waves, with {n} {people} in each project, {effects}:",
    },
    "reached": {"nl": "{k} {units}", "en": "{k} {units}"},
    "least": {"nl": "{k} {units} of minder", "en": "{k} {units} or fewer"},
    "between": {"nl": "{k} {units} (tussen {lower} en {upper})", "en": "{k} {units} (between {lower} and {upper})"},
    "from": {
        "nl": "{k} {units} (tussen {lower} en meer dan {most})",
        "en": "{k} {units} (between {lower} and more than {most})",
    },
    "beyond": {"nl": "meer dan {most} {units}", "en": "more than {most} {units}"},
    "never": {
        "nl": "nooit: het effect is niet groter dan wat er net toe doet",
        "en": "never: the effect is no larger than what barely matters",
    },
    "table": {
        "nl": "golven waarin de bewering wordt gesteund, in procenten, met {level}-interval",
        "en": "waves in which the claim is supported, in per cent, with {level} interval",
    },
    "rules": {
        "nl": "Geteld is een bewering die volgens de regels wordt gesteund, in {n} gesimuleerde golven. Of zij ook bij"
        " andere keuzes in de analyse overeind blijft, telt hier niet mee.",
        "en": "Counted is a claim that the rules support, in {n} simulated waves. Whether it also survives other"
        " choices of analysis does not count here.",
    },
    "complete": {
        "nl": "De modellen zien elke vraag beantwoord (--answers as_given: met open vragen, trager).",
        "en": "Models see every question answered (--answers as_given: with answers left open, slower).",
    },
}  # fmt: skip


def say(key: str, language: Language, **values: Any) -> str:
    """A phrase with its blanks filled."""
    return PHRASES[key][language].format(**values)


def print_power(console: Console, study: Study, content: Mapping[str, Any], language: Language) -> None:
    """Print that it is simulated, what each wave would tell, how many projects are needed, and the shares."""
    width = console.width if console.is_terminal else PIPED_WIDTH
    words = {
        "units": text_in(study.declaration.unit.plural, language),
        "people": text_in(study.declaration.population.label, language),
    }
    console.print(wrapped(say("simulated", language), width), style="yellow")
    console.print()
    for line in waves_in_words(content["power"], words, language):
        console.print(wrapped(line, width))
    if few := too_few(content["power"], words, language):
        console.print(wrapped(few, width))
    console.print()
    console.print(say("needed", language, **words), style="bold")
    headings = {claim.id: text_in(claim.text.heading, language) for claim in study.claims.claims}
    for line in needed_in_words(content, words, headings, language):
        console.print(wrapped(line, width))
    level = in_language(f"{100 * study.params.judge.confidence:g}%", language)
    for (n, effects), rows in scenarios(content["power"]).items():
        console.print()
        console.print(share_table(rows, say("table", language, level=level) + _scenario(n, effects, words, language)))
    console.print(wrapped(say("rules", language, n=number(content["replications"], language)), width))
    if content["answers"] == "complete":
        console.print(wrapped(say("complete", language), width))


def scenarios(rows: Sequence[Row]) -> dict[tuple[int, str], list[Row]]:
    """Rows by number of persons per project and strength of the effects, in order."""
    found: dict[tuple[int, str], list[Row]] = {}
    for row in rows:
        found.setdefault((int(row["n_per_project"]), str(row["effects"])), []).append(row)
    return found


def waves_in_words(rows: Sequence[Row], words: Mapping[str, str], language: Language) -> list[str]:
    """A sentence a wave: in how many of a hundred each claim is seen."""
    lines = []
    for (n, effects), of_scenario in scenarios(rows).items():
        for k in sorted({int(row["n_projects"]) for row in of_scenario}):
            wave = [row for row in of_scenario if int(row["n_projects"]) == k]
            untold = [str(row["claim"]) for row in wave if row["n_failed"] == row["replications"]]
            told = [row for row in wave if row["n_failed"] < row["replications"]]
            said = [
                say("seen more" if i else "seen", language, claim=row["claim"], n=round(100 * row["supported"]))
                for i, row in enumerate(told)
            ]
            parts = [", ".join(said)] if said else []
            parts += [say("not told", language, claims=", ".join(untold))] if untold else []
            head = say("wave", language, k=k, n=n, effects=_effects(effects, language), **words)
            lines.append(f"{head} {'; '.join(parts)}.")
    return lines


def too_few(rows: Sequence[Row], words: Mapping[str, str], language: Language) -> str:
    """That small waves can tell nothing about some claims; empty where all can be told."""
    never = [row for row in rows if row["n_failed"] == row["replications"]]
    claims = list(dict.fromkeys(str(row["claim"]) for row in never))
    told = [int(row["n_projects"]) for row in rows if row["claim"] in claims and row["n_failed"] < row["replications"]]
    if not claims or not told:
        return ""
    return say("too few", language, k=min(told), claims=", ".join(claims), **words)


def needed_in_words(
    content: Mapping[str, Any], words: Mapping[str, str], headings: Mapping[str, str], language: Language
) -> list[str]:  # fmt: skip
    """A line a claim, below a line a scenario."""
    sizes = [int(row["n_projects"]) for row in content["power"]]
    least, most = min(sizes), max(sizes)
    target = in_language(f"{100 * content['target']:g}%", language)
    lines = []
    for (n, effects), rows in scenarios(content["power_needed"]).items():
        lines.append(say("needed how", language, target=target, n=n, effects=_effects(effects, language), **words))
        for row in rows:
            status = str(row["status"])
            if status == "reached":
                status = "reached" if row["needed_lower"] == row["needed_upper"] else "between"
                status = "least" if row["needed"] == least else status  # fewer were not tried
                status = "from" if row["needed_upper"] is None and status != "least" else status
            figures = {
                "k": _whole(row["needed"]), "lower": _whole(row["needed_lower"]), "upper": _whole(row["needed_upper"]),
            }  # fmt: skip
            said = say(status, language, most=most, **figures, **words)
            lines.append(f"  {row['claim']}  {headings[str(row['claim'])]}: {said}")
    return lines


def share_table(rows: Sequence[Row], title: str) -> Table:
    """Claims down, numbers of projects across."""
    sizes = sorted({int(row["n_projects"]) for row in rows})
    table = Table(title=title, title_justify="left", box=None, pad_edge=False)
    table.add_column("")
    for size in sizes:
        table.add_column(str(size), justify="right")
    for claim in dict.fromkeys(str(row["claim"]) for row in rows):
        cells = {int(row["n_projects"]): row for row in rows if row["claim"] == claim}
        table.add_row(claim, *(_share(cells[size]) for size in sizes))
    return table


def _share(row: Row) -> str:
    low, high = (round(100 * row[name]) for name in ("supported_lower", "supported_upper"))
    return f"{round(100 * row['supported'])} [{low}-{high}]"


def _scenario(n: int, effects: str, words: Mapping[str, str], language: Language) -> str:
    return f" ({n} {words['people']}, {_effects(effects, language)})"


def _effects(effects: str, language: Language) -> str:
    if float(effects) == 1:
        return say("as declared", language)
    return say("times", language, factor=in_language(effects, language))


def _whole(value: float | None) -> str:
    return "" if value is None else str(int(value))
