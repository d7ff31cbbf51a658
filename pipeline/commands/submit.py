"""``magical-housing submit``: check a wave and store it, all or nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pipeline.commands.check import tell
from pipeline.commands.common import JsonOption, LanguageOption, StudyOption, err, out, print_json, working
from pipeline.intake import store
from pipeline.intake.checks.of_submission import check_submission
from pipeline.intake.messages import say
from pipeline.intake.submission import read_submission
from pipeline.intake.words import catalogue

EXAMPLE = (
    "Voorbeeld / Example:  magical-housing submit antwoorden.xlsx --declaration wave.yaml --crosswalk omzetten.csv"
)


def submit(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="CSV, Excel (.xlsx) of/or SPSS (.sav)")],
    declaration: Annotated[
        Path, typer.Option(metavar="WAVE.YAML", help="het ingevulde wave.yaml / the filled-in wave.yaml")
    ],
    crosswalk: Annotated[
        Path | None, typer.Option(metavar="CSV", help="de omzettabel, als kolommen anders heten / the crosswalk")
    ] = None,
    by: Annotated[str, typer.Option("--by", metavar="NAAM", help="naam of functie / name or function")] = "",
    study: StudyOption = Path(),
    language: LanguageOption = "nl",
    as_json: JsonOption = False,
) -> None:
    """Dien een golf in: controleren en opslaan, alles of niets. / Submit a wave: check it and store it.

    Is er iets niet in orde, dan wordt er niets opgeslagen en staat er wat anders moet.
    """
    submission = read_submission(study, declaration=declaration, crosswalk=crosswalk, language=language)
    with working(say(language, "reading", file=file.name)):
        checked = check_submission(submission, file)
    if not checked.acceptable or submission.declared or checked.received is None:
        tell(checked, submission.declared, language=language, as_json=as_json)
        if not as_json:
            err().print(catalogue()["verdict"][language]["stored_nothing"])
        raise typer.Exit(1)
    with working(say(language, "storing", wave=submission.wave.wave)):
        stored = store.submit(submission, checked, by=by)
    receipt = stored.receipt
    if as_json:
        files = [path.as_posix() for path in stored.files]
        print_json(
            {
                "stored": receipt.wave,
                "already": stored.already,
                "receipt": receipt.model_dump(mode="json"),
                "files": files,
            }
        )
        return
    console = out()
    tell(checked, (), language=language, as_json=False)
    console.print(say(language, "stored", wave=receipt.wave, rows=receipt.rows), style="bold")
    console.print(say(language, "receipt", number=receipt.number), style="bold")
    console.print(say(language, "stored_git"))
    for path in stored.files:
        console.print(f"  {path.as_posix()}")
    console.print(say(language, "stored_next"))
