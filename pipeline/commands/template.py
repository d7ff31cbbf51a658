"""``magical-housing template``: the workbook that answers are delivered in."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated

import typer

from pipeline.commands.common import LanguageOption, StudyOption, out
from pipeline.commands.fieldwork import chosen_instrument, chosen_projects, write_new
from pipeline.declare import load_study
from pipeline.intake.messages import RefusedError, say

EXAMPLE = (
    "Voorbeeld / Example:  magical-housing template --projects sim-p01,sim-p02 --corporation 'Woonstichting Voorbeeld' "
    "--out levering.xlsx"
)


def template(
    projects: Annotated[
        str | None, typer.Option(metavar="A,B", help="de projecten van de golf / the wave's projects")
    ] = None,
    corporation: Annotated[
        str, typer.Option(metavar="NAME", help="uw corporatie; zonder --projects: al haar projecten / your corporation")
    ] = "",
    instrument: Annotated[
        str | None, typer.Option(metavar="NAME@V", help="welke vragenlijst / which questionnaire")
    ] = None,
    pool: Annotated[
        str, typer.Option(metavar="NAME", help="de groep waar de golf bij hoort / the pool of the wave")
    ] = "residents",
    output: Annotated[Path, typer.Option("--out", metavar="FILE", help="waar het bestand komt / where to")] = Path(
        "levering.xlsx"
    ),
    overwrite: Annotated[bool, typer.Option("--overwrite", help="een bestaand bestand vervangen / replace")] = False,
    study: StudyOption = Path(),
    language: LanguageOption = "nl",
) -> None:
    """Schrijf een werkmap om antwoorden in aan te leveren. / Write the workbook that answers are delivered in.

    Met uitleg, een blad over de golf, en een blad voor de antwoorden met keuzelijsten en een voorbeeldrij.
    """
    from pipeline.fieldwork.workbook import Delivery, delivery_workbook

    declared = load_study(study, language=language)
    chosen = chosen_projects(declared, projects, corporation)
    if not chosen:
        raise RefusedError("projects_needed", projects=", ".join(p.id for p in declared.registry.projects))
    origin = "simulated" if all(project.simulated for project in chosen) else "residents"
    pool = "practice" if origin == "simulated" and pool == "residents" else pool
    delivery = Delivery(chosen_instrument(declared, instrument), chosen, corporation, pool, origin)
    write_new(output, delivery_workbook(delivery, language), overwrite=overwrite)
    words = ["magical-housing", "check", str(output), *([] if study == Path() else ["--study", str(study)])]
    out().print(say(language, "template_written", file=str(output), command=shlex.join(words)))
