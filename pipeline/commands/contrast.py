"""``magical-housing contrast``: do two kinds of projects differ, with projects and not residents as the units?"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipeline.commands.answers import listed, numbers_by_person, records, write_result
from pipeline.commands.common import LanguageOption, out, working
from pipeline.commands.fit import plain

if TYPE_CHECKING:
    import pandas as pd

    from pipeline.commands.contrast_request import Request

EXAMPLE = (
    "Voorbeeld / Example:  magical-housing contrast antwoorden.xlsx --outcome HS --trait location --trait construction"
    " --high location=in_neighbourhood --cluster project --adjust age --json contrast.json"
)


def contrast(
    data: Annotated[Path, typer.Argument(metavar="DATA", help="een rij per persoon / one row per person")],
    outcome: Annotated[str, typer.Option(metavar="COL", help="wat vergeleken wordt / what is compared (numbers)")],
    trait: Annotated[
        list[str],
        typer.Option(
            metavar="COL",
            help="kenmerk met precies twee waarden, herhaalbaar; van twee ook het verschil tussen hun effecten / trait"
            " with exactly two values, repeatable; of two also the difference between their effects",
        ),
    ],
    cluster: Annotated[str, typer.Option(metavar="COL", help="kolom met projecten / column of projects")],
    adjust: Annotated[
        str | None,
        typer.Option(
            metavar="A,B",
            help="getallen om voor te corrigeren. Een tweede kenmerk van projecten geeft u als --trait: dan wordt er"
            " binnen zijn waarden gepermuteerd / numbers to adjust for. Give another trait of projects as --trait:"
            " then the permutation stays within its values",
        ),
    ] = None,
    high: Annotated[
        list[str] | None,
        typer.Option(
            metavar="VALUE|COL=VALUE",
            help="welke waarde van het kenmerk hoog is (anders de grootste, of de laatste van het alfabet) / which"
            " value of the trait is high (else the largest, or the last of the alphabet)",
        ),
    ] = None,
    minimum_projects: Annotated[
        int, typer.Option(metavar="N", min=2, help="van elke soort minstens / at least so many of each kind")
    ] = 4,
    confidence: Annotated[float, typer.Option(help="van de intervallen / of the intervals")] = 0.95,
    draws: Annotated[
        int, typer.Option(metavar="N", min=99, max=1_000_000, help="als niet alles te tellen is / where not all count")
    ] = 9999,
    seed: Annotated[int, typer.Option(metavar="N", min=0, help="voor de trekkingen / for the draws")] = 1,
    json_out: Annotated[
        Path | None, typer.Option("--json", metavar="OUT", help="schrijf het resultaat als JSON (- is het scherm)")
    ] = None,
    language: LanguageOption = "nl",
) -> None:
    """Verschillen twee soorten projecten, geteld per project? / Do two kinds of projects differ, by project?

    Een kenmerk dat binnen een project niet verschilt, heeft zoveel gegevens als er projecten zijn. Daarom staan alle
    manieren van tellen naast elkaar, ook die welke mensen telt en te zeker is.
    A trait that does not vary within a project has as many data as there are projects. So all ways of counting stand
    side by side, also the one that counts people and is too sure.
    """
    from pipeline.commands.contrast_request import Asked, high_asked, request_of
    from pipeline.commands.contrast_summary import print_contrast

    if not 0 < confidence < 1:
        raise typer.BadParameter("The confidence level must lie between 0 and 1.")
    asked = Asked(
        outcome=outcome, traits=tuple(trait), cluster=cluster, adjust=listed(adjust),
        high=high_asked(high or [], trait), minimum_projects=minimum_projects, confidence=confidence, draws=draws,
        seed=seed,
    )  # fmt: skip
    with working(f"contrast {data.name}"):
        content = result_of(request_of(asked, numbers_by_person(data, named=[cluster])))
    if write_result(json_out, content):
        print_contrast(out(), content, language)


def result_of(request: Request) -> dict[str, Any]:
    """Everything the command tells, as JSON holds it; a number that does not exist is null.

    ``contrasts`` by trait (and the difference ``a-b`` of two) and method, ``naive`` where persons count as if they
    shared no project; ``designs`` by trait; ``left_out`` by trait of projects and project. Columns: the tables
    ``trait_contrasts``, ``contrast_designs`` and ``contrast_left_out`` of the report.
    """
    from analysis.clusters.comparison import compare_outcomes
    from analysis.clusters.contrast import NAIVE
    from pipeline.commands.contrast_request import PROJECT
    from pipeline.commands.contrast_summary import say, sentences

    asked = request.asked
    found = compare_outcomes(
        request.persons, outcomes=[asked.outcome], traits=request.traits, cluster=PROJECT,
        minimum_units=asked.minimum_projects, confidence=asked.confidence, adjust="none", seed=asked.seed,
        draws=asked.draws, adjust_for=asked.adjust,
    )  # fmt: skip
    contrasts = found.contrasts.drop(columns=["outcome", "pvalue_adjusted"])
    contrasts.insert(2, "naive", contrasts["method"].isin(NAIVE))
    content: dict[str, Any] = {
        "outcome": asked.outcome, "cluster": asked.cluster, "adjusted_for": list(asked.adjust),
        "confidence": asked.confidence, "minimum_projects": asked.minimum_projects, "draws": asked.draws,
        "seed": asked.seed, "n_rows": request.n_rows, "n": len(request.persons),
        "n_projects": int(request.persons[PROJECT].nunique()),
        "traits": [{"trait": t.name, "of": OF[t.of], "high": t.high, "low": t.low} for t in request.traits],
        "contrasts": _records(contrasts), "designs": _records(found.designs.drop(columns="outcome")),
        "left_out": _records(found.left_out.drop(columns="outcome")),
    }  # fmt: skip
    content["notes"] = [
        {"code": note.code, "values": dict(note.values), "sentence": say(note.code, "en", **note.values)}
        for note in request.notes
    ]
    content["sentences"] = sentences(content, "en")
    return content


OF = {"unit": "project", "person": "person"}
"""What has a trait, as people say it."""


def _records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows with numbers that JSON can hold."""
    return [{name: plain(value) for name, value in row.items()} for row in records(frame)]
