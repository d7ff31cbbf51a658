"""``magical-housing stress``: do the conclusions survive other choices of analysis?"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pipeline.commands.common import LanguageOption, StudyOption, claims_named, out
from pipeline.declare import Study, load_study
from pipeline.declare.params import StressParams
from pipeline.errors import InputError
from pipeline.intake.words import Language

EXAMPLE = "Voorbeeld / Example:  magical-housing stress --pool residents --claim C5 --specifications 2000 --csv curve"


def stress(
    study: StudyOption = Path(),
    pool: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="van deze pool, herhaalbaar / of this pool, repeatable")
    ] = None,
    claim: Annotated[
        list[str] | None,
        typer.Option(metavar="ID", help="alleen deze bewering, herhaalbaar / this claim alone, repeatable"),
    ] = None,
    specifications: Annotated[
        int | None,
        typer.Option(
            metavar="N", min=0, help="zoveel per bewering, 0: alle / that many a claim, 0: all (params.yaml: stress)"
        ),
    ] = None,
    permutations: Annotated[
        int | None, typer.Option(metavar="N", min=100, help="van de gezamenlijke toets / of the joint test")
    ] = None,
    workers: Annotated[
        int | None, typer.Option(metavar="N", min=1, help="processen op deze machine / processes on this machine")
    ] = None,
    scheduler: Annotated[
        str | None, typer.Option(metavar="tcp://HOST:PORT", help="op een Dask-cluster / on a Dask cluster")
    ] = None,
    csv: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", file_okay=False, help="schrijf de drie tabellen / write the three tables"),
    ] = None,
    language: LanguageOption = "nl",
) -> None:
    """Overleven de conclusies andere keuzes in de analyse? / Do the conclusions survive other choices of analysis?

    De uitkomst komt op het scherm en met --csv in een map; build/stress, dat het rapport leest, verandert niet.
    The outcome is printed, and with --csv written to a folder; build/stress, which the report reads, does not change.
    """
    declared = load_study(study, language=language)
    params = declared.params.stress
    if params is None:
        raise InputError("params.yaml: no `stress`; declare its choices (README: every claim under every choice)")
    given = {"specifications": specifications, "permutations": permutations, "workers": workers}
    params = params.model_copy(update={name: number for name, number in given.items() if number is not None})
    known = declared.params.pools
    unknown = [name for name in pool or () if name not in known]
    if unknown:
        raise typer.BadParameter(f"--pool {', '.join(unknown)}: params.yaml declares {', '.join(known)}")
    claims_named(declared, claim, language)
    for name in pool or known:
        _stress(declared, name, params, claims=claim, scheduler=scheduler, csv=csv, language=language)


def _stress(
    study: Study,
    pool: str,
    params: StressParams,
    *,
    claims: list[str] | None,
    scheduler: str | None,
    csv: Path | None,
    language: Language,
) -> None:
    """Print the curves of one pool, and write its tables to ``csv/<pool>``."""
    from pipeline.artefacts import write_csv
    from pipeline.commands.stress_summary import print_curves
    from pipeline.stages._stress.inputs import inputs_of
    from pipeline.stages._stress.tables import tables_of
    from pipeline.stages._stress.work import stressed
    from pipeline.work import finished

    inputs = inputs_of(study, pool, params, claims=claims)
    label, store = f"stress-{pool}-asked", study.root / "build" / "work"
    results = stressed(
        inputs,
        specifications=params.specifications,
        workers=params.workers,
        label=label,
        scheduler=scheduler,
        store=store,
    )
    tables = tables_of(inputs, results)
    for name, table in tables.items() if csv is not None else ():
        write_csv(Path(csv or "") / pool / f"{name}.csv", table)
    headings = {claim.id: claim.text.heading for claim in study.claims.claims}
    print_curves(out(), pool, tables, headings, language)
    finished(store, label)
