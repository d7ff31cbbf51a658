"""``magical-housing check``: what would have to change before a file can be submitted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from pipeline.commands.common import JsonOption, LanguageOption, StudyOption, err, out, print_json, working
from pipeline.declare import Study, load_study
from pipeline.declare.problems import Problem as DeclarationProblem
from pipeline.intake.check import Checked, Expectation, OfStudy, check_file
from pipeline.intake.checks.of_submission import check_submission
from pipeline.intake.messages import RefusedError, answer, describe_format, explain, say, verdict
from pipeline.intake.problems import Problem
from pipeline.intake.submission import read_submission
from pipeline.intake.words import Language

EXAMPLE = "Voorbeeld / Example:  magical-housing check antwoorden.xlsx --declaration wave.yaml"


def check(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="CSV, Excel (.xlsx) of/or SPSS (.sav)")],
    wave: Annotated[
        str | None, typer.Option(metavar="NAME", help="een golf die er al is / a wave that is there already")
    ] = None,
    declaration: Annotated[
        Path | None, typer.Option(metavar="WAVE.YAML", help="het ingevulde wave.yaml / the filled-in wave.yaml")
    ] = None,
    crosswalk: Annotated[
        Path | None, typer.Option(metavar="CSV", help="de omzettabel, bij --declaration / the crosswalk")
    ] = None,
    instrument: Annotated[
        str | None, typer.Option(metavar="NAME@V", help="alleen tegen een vragenlijst / a questionnaire alone")
    ] = None,
    study: StudyOption = Path(),
    language: LanguageOption = "nl",
    as_json: JsonOption = False,
) -> None:
    """Controleer een bestand voordat u het indient; er wordt niets opgeslagen. / Check a file before submitting it.

    Zegt eerst in één zin of het kan, daarna alles wat anders moet, met blad, rij en kolom.
    """
    if sum(choice is not None for choice in (wave, declaration, instrument)) > 1:
        raise typer.BadParameter("choose one of --wave, --declaration and --instrument")
    if crosswalk is not None and declaration is None:
        raise typer.BadParameter("--crosswalk goes with --declaration")
    declared: tuple[DeclarationProblem, ...] = ()
    if declaration is not None:
        submission = read_submission(study, declaration=declaration, crosswalk=crosswalk, language=language)
        declared = submission.declared
        with working(say(language, "reading", file=file.name)):
            checked = check_submission(submission, file)
    else:
        expected = _expectation(load_study(study, language=language), wave, instrument)
        with working(say(language, "reading", file=file.name)):
            checked = check_file(file, expected)
    of_wave = wave is not None or declaration is not None
    tell(checked, declared, language=language, as_json=as_json, of_wave=of_wave)
    if not checked.acceptable or declared:
        raise typer.Exit(1)


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
            study=OfStudy.of(study.params, study.declaration.population.variable),
        )
    if instrument is None and len(study.instruments) == 1:
        instrument = next(iter(study.instruments))
    if instrument is None:
        raise typer.BadParameter("say what to check against: --declaration, --wave or --instrument")
    if instrument not in study.instruments:
        raise RefusedError("instrument_unknown", instrument=instrument, instruments=", ".join(study.instruments))
    return Expectation(
        instrument=study.instruments[instrument],
        registry=study.registry,
        params=study.params.intake,
        study=OfStudy.of(study.params, study.declaration.population.variable),
    )


def tell(
    checked: Checked,
    declared: Sequence[DeclarationProblem],
    *,
    language: Language,
    as_json: bool,
    of_wave: bool = True,
) -> None:
    """Print the answer: on standard output when all is well or JSON is asked for, else on standard error."""
    if as_json:
        print_json(_as_json(checked, declared, language, of_wave=of_wave))
        return
    found = checked.table.format if checked.table else None
    text = answer(
        checked.problems,
        language,
        of_wave=of_wave,
        read_as=describe_format(found, language) if found else "",
        declared=[problem.in_language(language) for problem in declared],
    )
    good = checked.acceptable and not declared
    console = out() if good else err()
    first, _, rest = text.partition("\n")
    console.print(first, style="bold green" if good else "bold red")
    if rest:
        console.print(rest)


def _as_json(
    checked: Checked, declared: Sequence[DeclarationProblem], language: Language, *, of_wave: bool
) -> dict[str, Any]:
    def one(problem: Problem) -> dict[str, Any]:
        return problem.as_json() | explain(problem, language)

    return {
        "acceptable": checked.acceptable and not declared,
        "verdict": verdict(checked.problems, language, of_wave=of_wave, n_declared=len(declared)),
        "sha256": checked.received.sha256 if checked.received else None,
        "format": asdict(checked.table.format) if checked.table else None,
        "rows": len(checked.table.cells_by_row) if checked.table else None,
        "columns": len(checked.table.columns) if checked.table else None,
        "problems": [one(problem) for problem in checked.problems],
        "declaration_problems": [
            {"code": p.code, "line": p.line, "key": p.key, "what": p.in_language(language)} for p in declared
        ],
    }
