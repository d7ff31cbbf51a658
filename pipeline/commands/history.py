"""``magical-housing history``: what was submitted, withdrawn and erased."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from pipeline.commands.common import JsonOption, LanguageOption, StudyOption, out, print_json
from pipeline.commands.submit import moment
from pipeline.intake import store
from pipeline.intake.messages import number, say
from pipeline.intake.words import catalogue

EXAMPLE = "Voorbeeld / Example:  magical-housing history --wave zand-2025"
_WIDTH, _WIDE = 200, 120


def history(
    wave: Annotated[str | None, typer.Option(metavar="NAME", help="alleen deze golf / this wave alone")] = None,
    corporation: Annotated[
        str | None, typer.Option(metavar="NAME", help="alleen deze corporatie / this corporation alone")
    ] = None,
    study: StudyOption = Path(),
    language: LanguageOption = "nl",
    as_json: JsonOption = False,
) -> None:
    """Wat er is ingediend, teruggetrokken en gewist. / What was submitted, withdrawn and erased.

    Nooit over een persoon: alleen welke golf, wanneer, door wie en hoeveel rijen.
    """
    events = store.read_history(study, wave=wave, corporation=corporation)
    if as_json:
        print_json([event.model_dump(mode="json") for event in events])
        return
    console = out()
    if not events:
        console.print(say(language, "no_history"))
        return
    texts = catalogue()["commands"][language]
    table = Table(box=None, pad_edge=False)
    if not console.is_terminal:
        console.width = _WIDTH
    # what a narrower screen goes without is the corporation
    shown = [i for i in range(len(texts["history"])) if console.width >= _WIDE or i != 5]
    for place, heading in enumerate(texts["history"]):
        if place in shown:
            table.add_column(heading, justify="right" if place == 3 else "left", overflow="fold")
    for event in events:
        rows = "" if event.what == "withdrawn" else number(event.rows, language)
        cells = [
            moment(event.when), event.wave, texts["events"][event.what], rows, event.by, event.corporation,
            event.receipt,
        ]  # fmt: skip
        table.add_row(*(cells[i] for i in shown))
    console.print(table)
