"""``magical-housing submit``: check a wave and store it, all or nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pipeline.commands.answering import tell
from pipeline.commands.common import JsonOption, LanguageOption, StudyOption, err, out, print_json, working
from pipeline.intake import store
from pipeline.intake.answer.left_out import Columns, without_refused
from pipeline.intake.check import Checked
from pipeline.intake.checks.of_submission import check_submission
from pipeline.intake.messages import say
from pipeline.intake.problems import UnreadableError
from pipeline.intake.refused import LeftOut, leave_out_refused
from pipeline.intake.submission import Submission
from pipeline.intake.submission_files import submission_of
from pipeline.intake.words import Language, catalogue

EXAMPLE = (
    "Voorbeeld / Example:  magical-housing submit antwoorden.xlsx --declaration wave.yaml --crosswalk omzetten.csv"
    ' --by "Afdeling wonen"'
)


def submit(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="CSV, Excel, OpenDocument of/or SPSS")],
    declaration: Annotated[
        Path | None,
        typer.Option(
            metavar="XLSX|WAVE.YAML",
            help="de ingevulde werkmap of wave.yaml; niet nodig als FILE zelf die werkmap is"
            " / the filled-in workbook or wave.yaml; not needed where FILE is that workbook",
        ),
    ] = None,
    crosswalk: Annotated[
        Path | None, typer.Option(metavar="CSV", help="de omzettabel, als kolommen anders heten / the crosswalk")
    ] = None,
    by: Annotated[str, typer.Option("--by", metavar="NAAM", help="naam of functie / name or function")] = "",
    drop_refused: Annotated[
        bool,
        typer.Option(
            "--drop-refused",
            help="laat kolommen weg die niet mogen worden ingediend / leave out columns that may not come in",
        ),
    ] = False,
    study: StudyOption = Path(),
    language: LanguageOption = "nl",
    as_json: JsonOption = False,
) -> None:
    """Dien een golf in: controleren en opslaan, alles of niets. / Submit a wave: check it and store it.

    Is er iets niet in orde, dan wordt er niets opgeslagen en staat er wat anders moet. Hetzelfde nog eens indienen
    verandert niets.
    """
    try:
        submission = submission_of(study, file, declaration=declaration, crosswalk=crosswalk, language=language)
        if submission is None:
            raise typer.BadParameter(say(language, "needs_declaration"))
        with working(say(language, "reading", file=file.name)):
            checked = check_submission(submission, file)
        original = checked.received
        before = store.already_stored(submission, original) if original else None
        if before is not None:
            _say_stored(before, language, as_json=as_json)
            return
        left, shown = LeftOut(submission, checked, ()), checked
        columns: Columns = ()
        if drop_refused and not submission.declared:
            left = leave_out_refused(submission, checked, language=language)
            # what is said has the letters of the sender's own file
            shown, columns = without_refused(checked, lambda _: left.checked)
    except UnreadableError as stop:
        _refuse(Checked(tuple(stop.problems)), None, language, as_json=as_json, drop_refused=True)
        return
    if not left.checked.acceptable or submission.declared or original is None:
        _refuse(shown, submission, language, as_json=as_json, drop_refused=drop_refused, left_out=columns)
    with working(say(language, "storing", wave=submission.wave.wave)):
        stored = store.submit(left.submission, left.checked, by=by, original=original, refused=left.columns)
    if not as_json:
        tell(shown, (), language=language, as_json=False, left_out=columns)
    _say_stored(stored, language, as_json=as_json)


def _refuse(
    checked: Checked,
    submission: Submission | None,
    language: Language,
    *,
    as_json: bool,
    drop_refused: bool,
    left_out: Columns = (),
) -> None:
    """Say what has to change, and that nothing was stored; ends with 1."""
    declared = submission.declared if submission else ()
    tell(checked, declared, language=language, as_json=as_json, left_out=left_out)
    if not as_json:
        if not drop_refused and any(problem.refuses_column for problem in checked.problems):
            err().print(say(language, "drop_refused_hint"))
        err().print(catalogue()["verdict"][language]["stored_nothing"])
    raise typer.Exit(1)


def _say_stored(stored: store.Stored, language: Language, *, as_json: bool) -> None:
    receipt = stored.receipt
    files = [path.as_posix() for path in stored.files]
    if as_json:
        about = receipt.model_dump(mode="json")
        print_json({"stored": receipt.wave, "already": stored.already, "receipt": about, "files": files})
        return
    console = out()
    console.print(
        say(language, "already" if stored.already else "stored", wave=receipt.wave, rows=receipt.rows), style="bold"
    )
    if receipt.refused:
        console.print(dropped(receipt.refused, language))
    console.print(say(language, "receipt", number=receipt.number), style="bold")
    console.print(say(language, "receipt_of", by=receipt.by, moment=moment(receipt.submitted)))
    if stored.already:
        return
    console.print(say(language, "stored_git"))
    for name in files:
        console.print(f"  {name}")
    console.print(say(language, "stored_next"))


def dropped(columns: tuple[str, ...], language: Language) -> str:
    """Which columns were left out."""
    forms = catalogue()["commands"][language]["refused_dropped"]
    form: str = forms["one" if len(columns) == 1 else "many"]
    return form.format(count=len(columns), columns=", ".join(columns))


def moment(when: str) -> str:
    """A moment as people read it."""
    return when.replace("T", " ").removesuffix("Z")
