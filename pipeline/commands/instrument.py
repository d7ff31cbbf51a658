"""``magical-housing instrument``: the beginning of a questionnaire's declaration, from a file of another one."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Annotated

import typer

from pipeline.commands.common import StudyOption, err, out, working
from pipeline.commands.fieldwork import write_new
from pipeline.declare import load_study
from pipeline.declare.documents import TO_FILL_IN
from pipeline.fieldwork.draft.make import make_draft
from pipeline.fieldwork.draft.written import instrument_text, to_look_at
from pipeline.intake.messages import RefusedError, answer, say
from pipeline.intake.problems import UnreadableError
from pipeline.intake.reading.read import bounds_of
from pipeline.intake.reading.receive import receive
from pipeline.intake.words import Language

EXAMPLE = "Voorbeeld / Example:  magical-housing instrument antwoorden.xlsx --name bewoners --project Complex"
_NAME = re.compile(r"[a-z][a-z0-9]*([_-][a-z0-9]+)*")
_LONGEST_NAME = 60


def instrument(
    file: Annotated[
        Path,
        typer.Argument(metavar="FILE", help="antwoorden of een XLSForm / answers or an XLSForm"),
    ],
    name: Annotated[
        str, typer.Option("--name", metavar="NAME", help="hoe de vragenlijst gaat heten / what to call it")
    ],
    project: Annotated[
        str, typer.Option(metavar="COLUMN", help="letter of kop van de kolom met het project / the project's column")
    ] = "",
    survey: Annotated[
        Path | None, typer.Option(metavar="CSV|XLSX", help="het blad survey van de XLSForm / the form's sheet survey")
    ] = None,
    choices: Annotated[
        Path | None, typer.Option(metavar="CSV|XLSX", help="het blad choices van de XLSForm / its sheet choices")
    ] = None,
    title: Annotated[str, typer.Option(metavar="TITEL", help="de titel, als die bekend is / its title")] = "",
    language: Annotated[
        str, typer.Option(metavar="nl", help="de taal van de vragen / language of the questions")
    ] = "nl",
    output: Annotated[
        Path | None, typer.Option("--out", metavar="NAME@1.yaml", help="waar het bestand komt / where it goes")
    ] = None,
    study: StudyOption = Path(),
) -> None:
    """Maak het begin van een andere vragenlijst uit een bestand. / Draft another questionnaire.

    Vragen, antwoorden en schalen komen uit het bestand; wat een mens moet beslissen blijft open. Persoonsgegevens en
    open antwoorden blijven weg. / Questions, answers and scales come from the file; what a person has to decide is left
    open. Personal data and open answers stay out.
    """
    if not _NAME.fullmatch(name) or len(name) > _LONGEST_NAME:
        raise RefusedError("instrument_name_form", name=name)
    if not re.fullmatch(r"[a-z]{2,3}", language):
        raise typer.BadParameter("--language: nl, en, ar …")
    if choices is not None and survey is None and file.suffix.lower() not in (".csv", ".xlsx"):
        raise RefusedError("instrument_choices_alone")
    spoken: Language = "en" if language == "en" else "nl"
    path = output or Path(f"{name}@1.yaml")
    if path.exists():
        raise RefusedError("file_there", file=path.name)
    bounds = bounds_of(load_study(study, language=spoken).params.intake)
    try:
        with working(say(spoken, "instrument_reading", file=file.name)):
            settled = make_draft(
                receive(file, bounds), bounds, language=language, project=project,
                survey=receive(survey, bounds) if survey else None,
                choices=receive(choices, bounds) if choices else None,
            )  # fmt: skip
    except UnreadableError as stop:
        err().print(answer(stop.problems, spoken))
        raise typer.Exit(1) from None
    text = instrument_text(settled, name, title, spoken)
    write_new(path, text.encode(), overwrite=False)
    draft = settled.draft
    console = out()
    console.print(
        say(
            spoken, "instrument_written", path=str(path), count=len(draft.questions), check=to_look_at(settled),
            left=len(draft.left_out),
        ),
        style="bold",
    )  # fmt: skip
    console.print(say(spoken, "instrument_fill_in", count=text.count(f'"{TO_FILL_IN}')))
    console.print(say(spoken, "instrument_next_place", name=name))
    words = ["magical-housing", "map", str(file), "--instrument", f"{name}@1"]
    words += [] if study == Path() else ["--study", str(study)]
    console.print(say(spoken, "instrument_next_map", command=shlex.join(words)))
