"""``magical-housing check``: what would have to change before a file can be submitted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from pipeline.commands.answering import next_command, refuse_place, tell, write_whole
from pipeline.commands.common import JsonOption, LanguageOption, StudyOption, working
from pipeline.declare import DeclarationError, Study, load_study
from pipeline.declare.problems import Problem as DeclarationProblem
from pipeline.errors import InputError
from pipeline.intake.answer.declared import declared_things
from pipeline.intake.answer.left_out import without_refused
from pipeline.intake.answer.next_step import next_step
from pipeline.intake.check import Checked, check_file, check_received
from pipeline.intake.checks.of_submission import check_submission
from pipeline.intake.expectation import Expectation
from pipeline.intake.messages import RefusedError, explain, say
from pipeline.intake.problems import UnreadableError
from pipeline.intake.refused import leave_out_refused, refused_columns, without_columns
from pipeline.intake.submission import Submission
from pipeline.intake.submission_files import submission_of
from pipeline.intake.words import Language, catalogue

EXAMPLE = (
    "Voorbeeld:  magical-housing check antwoorden.xlsx --declaration levering.xlsx --html antwoord.html "
    "--marked ../kopie.xlsx\n\n"
    "Example:  magical-housing check answers.csv --declaration wave.yaml --crosswalk crosswalk.csv --language en"
)


def check(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="CSV, Excel, OpenDocument of SPSS / CSV, Excel, OpenDocument or SPSS")
    ],
    wave: Annotated[
        str | None, typer.Option(metavar="NAME", help="een golf die er al is / a wave that is there already")
    ] = None,
    declaration: Annotated[
        Path | None,
        typer.Option(
            metavar="XLSX|WAVE.YAML", help="de ingevulde werkmap of wave.yaml / the filled-in workbook or wave.yaml"
        ),
    ] = None,
    crosswalk: Annotated[
        Path | None, typer.Option(metavar="CSV", help="de omzettabel, bij --declaration / the crosswalk")
    ] = None,
    instrument: Annotated[
        str | None, typer.Option(metavar="NAME@V", help="alleen tegen een vragenlijst / a questionnaire alone")
    ] = None,
    html: Annotated[
        Path | None, typer.Option(metavar="HTML", help="schrijf het antwoord ook als pagina / write a page as well")
    ] = None,
    marked: Annotated[
        Path | None,
        typer.Option(metavar="XLSX", help="schrijf een kopie met gemarkeerde cellen / write a copy with marked cells"),
    ] = None,
    drop_refused: Annotated[
        bool,
        typer.Option(
            "--drop-refused", help="doe alsof kolommen die weg moeten er niet zijn / leave refused columns out"
        ),
    ] = False,
    study: StudyOption = Path(),
    language: LanguageOption = "nl",
    as_json: JsonOption = False,
) -> None:
    """Controleer een bestand voordat u het indient; er wordt niets opgeslagen. / Check a file before submitting it.

    Zegt eerst in één zin of het kan, daarna alles wat anders moet, met blad, rij en kolom. / Says in one sentence
    whether it can be submitted, then all that has to change, with sheet, row and column.
    """
    if sum(choice is not None for choice in (wave, declaration, instrument)) > 1:
        raise typer.BadParameter("choose one of --wave, --declaration and --instrument")
    if marked is not None and marked.suffix.lower() != ".xlsx":
        raise typer.BadParameter("--marked writes an .xlsx file")
    if html is not None:
        refuse_place(html, file, None)
    if marked is not None:
        refuse_place(marked, file, study)
    looking = _looking(study, file, wave, declaration, crosswalk, instrument, language)
    with working(say(language, "reading", file=file.name)):
        checked = looking.check(file)
        left_out: tuple[tuple[str, str], ...] = ()
        if drop_refused:
            checked, left_out = without_refused(checked, looking.cut_and_check)
    options: dict[str, Path | str | None] = {
        "--wave": wave, "--declaration": declaration, "--crosswalk": crosswalk, "--instrument": instrument,
        "--study": None if study == Path() else study, "--language": None if language == "nl" else language,
    }  # fmt: skip
    step = next_step(checked, n_declared=len(looking.declared), of_wave=looking.of_wave)
    if step == "map" and looking.expected is not None and declaration is None:
        used = looking.expected.instrument
        options["--instrument"] = f"{used.name}@{used.version}"
    command = next_command(step, file, options) if step != "submit" or wave is None else ""
    if step == "submit" and left_out and command:
        command += " --drop-refused"
    notes = _write(checked, looking, language, html=html, marked=marked, left_out=left_out, command=command)
    tell(
        checked, looking.declared, language=language, as_json=as_json, of_wave=looking.of_wave, left_out=left_out,
        command=command, notes=notes,
    )  # fmt: skip
    if not checked.acceptable or looking.declared:
        raise typer.Exit(1)


@dataclass(frozen=True)
class _Looking:
    """What a file is held against: ``check`` does it, ``cut_and_check`` does it without what was refused; ``declared``
    is wrong with the declaration."""

    check: Callable[[Path], Checked]
    cut_and_check: Callable[[Checked], Checked]
    expected: Expectation | None
    declared: tuple[DeclarationProblem, ...]
    of_wave: bool


def _looking(
    study: Path,
    file: Path,
    wave: str | None,
    declaration: Path | None,
    crosswalk: Path | None,
    instrument: str | None,
    language: Language,
) -> _Looking:
    """A declared wave, a wave that is there, the named questionnaire, or the only one there is."""
    submission = None
    if wave is None and instrument is None:
        try:
            submission = _submission(study, file, declaration, crosswalk, language)
        except DeclarationError as error:
            # nothing can be said of the file before it is known which wave it is
            return _Looking(lambda _: Checked(()), lambda checked: checked, None, error.problems, True)
    if submission is not None:
        return _against_wave(submission, language)
    if crosswalk is not None:
        raise typer.BadParameter("--crosswalk goes with --declaration")
    expected = _expectation(load_study(study, language=language), wave, instrument)

    def cut_and_check(checked: Checked) -> Checked:
        if checked.received is None or checked.table is None:
            return checked
        positions = refused_columns(checked)
        return check_received(without_columns(checked.received, checked.table, positions), expected)

    return _Looking(lambda path: check_file(path, expected), cut_and_check, expected, (), wave is not None)


def _submission(
    study: Path, file: Path, declaration: Path | None, crosswalk: Path | None, language: Language
) -> Submission | None:
    """The declared wave; ``None`` where there is no declaration, or where ``file`` cannot be read, which its check
    tells."""
    try:
        return submission_of(study, file, declaration=declaration, crosswalk=crosswalk, language=language)
    except UnreadableError as stop:
        if declaration is None:
            return None
        said = " ".join(explain(stop.problems[-1], language)[part] for part in ("what", "fix"))
        raise InputError(f"{declaration}: {said}") from None


def _against_wave(submission: Submission, language: Language) -> _Looking:
    return _Looking(
        lambda path: check_submission(submission, path),
        lambda checked: leave_out_refused(submission, checked, language=language).checked,
        submission.expectation(),
        submission.declared,
        True,
    )


def _expectation(study: Study, wave: str | None, instrument: str | None) -> Expectation:
    """What the file has to meet: a declared wave, the named questionnaire, or the only one there is."""
    if wave is not None:
        if wave not in study.waves:
            raise RefusedError("wave_unknown", wave=wave, waves=", ".join(study.waves) or "-")
        return Expectation(
            instrument=study.instrument_of(wave),
            registry=study.registry,
            params=study.params.intake,
            wave=study.waves[wave],
            crosswalk=tuple(study.crosswalks[wave]),
        )
    if instrument is None and len(study.instruments) == 1:
        instrument = next(iter(study.instruments))
    if instrument is None:
        raise typer.BadParameter("say what to check against: --declaration, --wave or --instrument")
    if instrument not in study.instruments:
        raise RefusedError("instrument_unknown", instrument=instrument, instruments=", ".join(study.instruments))
    return Expectation(instrument=study.instruments[instrument], registry=study.registry, params=study.params.intake)


def _write(
    checked: Checked,
    looking: _Looking,
    language: Language,
    *,
    html: Path | None,
    marked: Path | None,
    left_out: tuple[tuple[str, str], ...],
    command: str,
) -> list[tuple[str, Path | None]]:
    """Write what was asked for; what to say of it, and where it is."""
    texts = catalogue()["answer"][language]
    notes: list[tuple[str, Path | None]] = []
    if html is not None:
        from pipeline.intake.answer.page import html_page

        page = html_page(
            checked, language, declared=looking.declared, of_wave=looking.of_wave, left_out=left_out, command=command
        )  # fmt: skip
        write_whole(html, page.encode())
        notes.append((texts["wrote_page"], html))
    if marked is not None:
        from pipeline.intake.answer.marked import marked_copy

        sentences = declared_things(looking.declared, language)
        copy = marked_copy(checked, looking.expected, language, declared=sentences) if looking.expected else None
        if copy is None:
            return [*notes, (texts["no_marked"], None)]
        write_whole(marked, copy, private=True)
        notes += [(texts["wrote_marked"], marked), (texts["marked_stays"], None)]
    return notes


__all__ = ["check", "tell"]
