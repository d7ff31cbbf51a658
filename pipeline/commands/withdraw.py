"""``magical-housing withdraw``: take a wave and all its residents out of the study."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from pipeline.commands.common import JsonOption, LanguageOption, StudyOption, err, out, print_json, working
from pipeline.intake import store
from pipeline.intake.messages import RefusedError, say

EXAMPLE = "Voorbeeld / Example:  magical-housing withdraw sim-2023 --yes"


def withdraw(
    wave: Annotated[str, typer.Argument(metavar="WAVE", help="naam van de golf / name of the wave")],
    yes: Annotated[bool, typer.Option("--yes", help="niet vragen of het zeker is / do not ask")] = False,
    by: Annotated[str, typer.Option("--by", metavar="NAAM", help="naam of functie / name or function")] = "",
    study: StudyOption = Path(),
    language: LanguageOption = "nl",
    as_json: JsonOption = False,
) -> None:
    """Verwijder een golf en alle antwoorden erin. / Remove a wave and all answers in it."""
    there = store.known_waves(study)
    if wave not in there:
        raise RefusedError("wave_unknown", wave=wave, waves=", ".join(there) or "-")
    if not yes:
        if not sys.stdin.isatty():
            err().print(say(language, "needs_yes", wave=wave))
            raise typer.Exit(1)
        typer.confirm(say(language, "confirm_withdraw", wave=wave), abort=True)
    with working(wave):
        done = store.withdraw(study, wave, by=by)
    if as_json:
        removed = [path.as_posix() for path in done.removed]
        about = {"pool_removed": done.pool, "remotes": done.remotes, "receipt": done.receipt}
        print_json({"withdrawn": wave, "removed": removed} | about)
        return
    console = out()
    console.print(say(language, "withdrawn", wave=wave), style="bold")
    if done.receipt:
        console.print(say(language, "withdrawn_receipt", number=done.receipt))
    for path in done.removed:
        console.print(f"  {path.as_posix()}")
    if done.pool:
        console.print(say(language, "withdrawn_pool", pool=done.pool))
    if done.copy_removed:
        console.print(say(language, "withdrawn_copy"))
    if done.remotes:
        console.print(say(language, "withdrawn_remote"))
    console.print(say(language, "withdrawn_elsewhere"))
    console.print(say(language, "withdrawn_next"), style="bold")
