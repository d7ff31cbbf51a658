"""``magical-housing erase``: take one resident out of everything."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from pipeline.commands.common import JsonOption, LanguageOption, StudyOption, err, out, print_json, working
from pipeline.intake import store
from pipeline.intake.messages import counted, say
from pipeline.intake.words import Language, catalogue

EXAMPLE = (
    "Voorbeeld / Example:  magical-housing erase --respondent K7-Q2M --yes   ·   … --respondent -  (vraagt / asks)"
)


def erase(
    respondent: Annotated[
        str,
        typer.Option(
            metavar="CODE",
            help="de code op het ontvangstbewijs van de bewoner; - om ernaar gevraagd te worden"
            " / the code on the resident's receipt; - to be asked for it",
        ),
    ],
    wave: Annotated[str | None, typer.Option(metavar="NAME", help="alleen in deze golf / in this wave alone")] = None,
    yes: Annotated[bool, typer.Option("--yes", help="niet vragen of het zeker is / do not ask")] = False,
    by: Annotated[str, typer.Option("--by", metavar="NAAM", help="naam of functie / name or function")] = "",
    study: StudyOption = Path(),
    language: LanguageOption = "nl",
    as_json: JsonOption = False,
) -> None:
    """Wis één bewoner: uit de golven en uit alles wat ervan is gemaakt. / Take one resident out of everything."""
    code = typer.prompt(say(language, "erase_ask"), hide_input=sys.stdin.isatty()) if respondent == "-" else respondent
    with working(say(language, "erase_looking")):
        found = store.look_for(study, code, wave=wave, language=language)
    rows = {there.wave: len(there.rows) for there in found.waves}
    if not as_json:
        for name in found.without_codes:
            err().print(say(language, "erase_no_codes", wave=name))
    if not rows:
        if as_json:
            print_json({"erased": {}, "without_codes": list(found.without_codes)})
        else:
            err().print(say(language, "erase_none"))
        raise typer.Exit(1)
    if not yes:
        if not sys.stdin.isatty():
            err().print(say(language, "erase_needs_yes", where=_where(rows, language)))
            raise typer.Exit(1)
        typer.confirm(say(language, "erase_confirm", where=_where(rows, language)), abort=True)
    with working(say(language, "erase_erasing")):
        done = store.erase(study, code, wave=wave, by=by, language=language)
    if as_json:
        print_json({
            "erased": done.rows, "without_codes": list(found.without_codes), "remotes": done.remotes,
            "removed": [path.as_posix() for path in done.removed],
        })  # fmt: skip
        return
    _tell(done, language)


def _where(rows: Mapping[str, int], language: Language) -> str:
    """How many rows in which waves."""
    forms = catalogue()["commands"][language]["erase_rows"]
    return ", ".join(f"{name}: {counted(forms, n, language)}" for name, n in rows.items())


def _tell(done: store.Erased, language: Language) -> None:
    """What was done, what is still elsewhere, and what to do now."""
    console = out()
    console.print(say(language, "erased", where=_where(done.rows, language)), style="bold")
    for path in done.removed:
        console.print(f"  {path.as_posix()}")
    remains = catalogue()["commands"][language]["erase_remains"]
    console.print(remains["title"], style="bold")
    keys = ["next", "git", *(["remote"] if done.remotes else []), *(["cache"] if done.shared_cache else []),
            "clones", "published", "sender"]  # fmt: skip
    for number, key in enumerate(keys, start=1):
        console.print(f"{number:3}. {remains[key]}")
