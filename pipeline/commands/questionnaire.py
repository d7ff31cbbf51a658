"""``magical-housing questionnaire``: the questionnaire for a survey tool, on paper, or to be looked through."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, Literal, get_args

import typer

from pipeline.commands.common import StudyOption, err, out
from pipeline.commands.fieldwork import chosen_instrument, chosen_projects, names_in, write_new
from pipeline.declare import Instrument, load_study
from pipeline.fieldwork.form import Form, make_form
from pipeline.fieldwork.limesurvey_codes import crosswalk_csv, crosswalk_of
from pipeline.fieldwork.wording import language_words
from pipeline.intake.messages import RefusedError, say
from pipeline.intake.words import Language

EXAMPLE = (
    "Voorbeeld / Example:  magical-housing questionnaire --as xlsform --language nl,en --projects sim-p01,sim-p02 "
    "--out vragenlijst.xlsx"
)
As = Literal["xlsform", "limesurvey", "docx", "xlsx"]
_FILES: dict[As, str] = {
    "xlsform": "vragenlijst-xlsform.xlsx", "limesurvey": "vragenlijst.lss", "docx": "vragenlijst.docx",
    "xlsx": "vragenlijst-nakijken.xlsx",
}  # fmt: skip


def questionnaire(
    form: Annotated[
        As,
        typer.Option("--as", metavar="|".join(get_args(As)), help="voor welk programma, of op papier / for which tool"),
    ],
    language: Annotated[
        str, typer.Option(metavar="nl,en,ar,ti", help="de talen; de eerste is de gewone / languages, the default first")
    ] = "nl",
    instrument: Annotated[
        str | None, typer.Option(metavar="NAME@V", help="welke vragenlijst / which questionnaire")
    ] = None,
    projects: Annotated[
        str | None, typer.Option(metavar="A,B", help="voor bewoners van deze projecten / for these projects' residents")
    ] = None,
    corporation: Annotated[
        str, typer.Option(metavar="NAME", help="de naam die bewoners lezen / the name that residents read")
    ] = "",
    output: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="waar het bestand komt / where to")
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="een bestaand bestand vervangen / replace")] = False,
    study: StudyOption = Path(),
) -> None:
    """Schrijf de vragenlijst voor uw enquêteprogramma of op papier. / Write the questionnaire for a tool or on paper.

    De codes zijn die van de vragenlijst, dus wat eruit komt kan zo worden ingediend. Teksten die niet getoetst zijn of
    niet vertaald, dragen een merk.
    """
    languages = names_in(language) or ["nl"]
    spoken: Language = "en" if languages[0] == "en" else "nl"
    declared = load_study(study, language=spoken)
    chosen = chosen_instrument(declared, instrument)
    _check_languages(chosen, languages)
    everywhere = declared.registry.projects
    asked = chosen_projects(declared, projects, corporation) or [p for p in everywhere if not p.simulated] or everywhere
    made = make_form(chosen, asked, languages, corporation=corporation)
    path = output or Path(_FILES[form])
    write_new(path, _writer(form, spoken)(made), overwrite=overwrite)
    names = ", ".join(language_words(name)[spoken] for name in made.languages)
    out().print(say(spoken, "questionnaire_written", file=str(path), count=len(made.asked), languages=names))
    for line in _remarks(made, spoken):
        err().print(line)
    if form == "limesurvey" and (rows := crosswalk_of(made)):
        beside = path.with_suffix(".crosswalk.csv")
        write_new(beside, crosswalk_csv(rows), overwrite=overwrite)
        out().print(say(spoken, "questionnaire_crosswalk", file=str(beside)))


def _check_languages(instrument: Instrument, languages: Sequence[str]) -> None:
    for name in languages:
        if name not in instrument.languages:
            known = ", ".join(instrument.languages)
            raise RefusedError("questionnaire_language_unknown", instrument=instrument.id, name=name, languages=known)


def _writer(form: As, language: Language) -> Callable[[Form], bytes]:
    """What writes the format; only that one is imported."""
    if form == "xlsform":
        from pipeline.fieldwork.xlsform import xlsform

        return xlsform
    if form == "limesurvey":
        from pipeline.fieldwork.limesurvey import limesurvey

        return limesurvey
    if form == "docx":
        from pipeline.fieldwork.paper import paper

        return paper
    from pipeline.fieldwork.review import review_table

    return lambda made: review_table(made, language)


def _remarks(form: Form, spoken: Language) -> list[str]:
    """One sentence per language that has no text for some questions, and one where wordings were never tested."""
    lines = []
    asked = form.asked
    for language in form.languages:
        name = language_words(language)[spoken]
        absent = [q.titles[language] for q in asked if q.titles[language].status == "absent"]
        if absent:
            other = language_words(absent[0].language)[spoken]
            lines.append(
                say(
                    spoken, "questionnaire_absent", name=name, count=len(absent), rows=len(asked), other=other,
                )
            )  # fmt: skip
        draft = sum(question.status(language) == "draft" for question in asked)
        if draft:
            lines.append(say(spoken, "questionnaire_draft", name=name, count=draft, rows=len(asked)))
    if form.left_out:
        lines.append(say(spoken, "questionnaire_left_out", names=", ".join(form.left_out)))
    return lines
