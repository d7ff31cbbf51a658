"""``magical-housing reliability``: how consistently the items of a scale measure one thing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import pandas as pd
import typer

from pipeline.commands.answers import listed, numbers_by_person, write_result
from pipeline.commands.common import LanguageOption, out, working
from pipeline.commands.fit import ClusterOption, GroupOption, plain

if TYPE_CHECKING:
    from analysis.measurement.reliability import ScaleReliability
    from analysis.measurement.scoring import Scale
    from pipeline.commands.reliability_request import Request

EXAMPLE = (
    'Voorbeeld / Example:  magical-housing reliability data.csv --scale "HS=hs1,hs2,hs3,hs4" --scale "SC=sc1,sc2,sc3"'
    " --reverse hs3 --range 1,5 --group location --ordered --json reliability.json"
)

Section = Callable[["Request"], dict[str, Any]]
_FIGURES = ("mean", "sd", "floor_share", "ceiling_share", "item_rest", "alpha_if_dropped")


def reliability(
    data: Annotated[Path, typer.Argument(metavar="DATA", help="een rij per persoon / one row per person")],
    items: Annotated[
        str | None, typer.Option(metavar="A,B,C", help="de vragen van een schaal / the items of one scale")
    ] = None,
    scale: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=A,B,C", help="een schaal met zijn vragen, herhaalbaar / a scale, repeatable"),
    ] = None,
    model: Annotated[
        Path | None,
        typer.Option(
            metavar="MODEL.lav", help="schalen uit een model, en hun validiteit / scales of a model, and their validity"
        ),
    ] = None,
    validity: Annotated[
        bool, typer.Option("--validity", help="houd de schalen tegen elkaar / hold the scales against each other")
    ] = False,
    reverse: Annotated[
        str | None, typer.Option(metavar="B,C", help="omgekeerd gestelde vragen / items worded the other way round")
    ] = None,
    span: Annotated[
        str | None,
        typer.Option("--range", metavar="LOW,HIGH", help="laagste en hoogste antwoord / lowest and highest answer"),
    ] = None,
    group: GroupOption = None,
    cluster: ClusterOption = None,
    ordered: Annotated[
        bool, typer.Option("--ordered", help="ook ordinaal (polychorisch) / ordinal versions (polychoric) too")
    ] = False,
    missing: Annotated[str, typer.Option(help="listwise, fiml (voor omega / for omega)")] = "listwise",
    confidence: Annotated[float, typer.Option(help="van de intervallen / of the intervals")] = 0.95,
    minimum_n: Annotated[
        int,
        typer.Option(metavar="N", min=3, help="geen cijfers van minder mensen / no figures from fewer people"),
    ] = 30,
    draws: Annotated[
        int, typer.Option(metavar="N", min=100, max=100_000, help="trekkingen, bij --validity / draws, with --validity")
    ] = 1000,
    seed: Annotated[int, typer.Option(metavar="N", min=0, help="voor de trekkingen / for the draws")] = 1,
    json_out: Annotated[
        Path | None, typer.Option("--json", metavar="OUT", help="schrijf het resultaat als JSON (- is het scherm)")
    ] = None,
    language: LanguageOption = "nl",
) -> None:
    """Meten de vragen van een schaal samen een ding? / How consistently do the items of a scale measure one thing?

    Zonder --items en --scale zijn alle kolommen met getallen samen een schaal.
    Without --items and --scale all columns of numbers are one scale.
    """
    from pipeline.commands.reliability_request import Asked, request_of, scales_asked, scales_of_model, span_asked
    from pipeline.commands.reliability_summary import print_reliability

    if missing not in ("listwise", "fiml"):
        raise typer.BadParameter(f"missing {missing!r} is not known: choose from listwise, fiml.")
    if not 0 < confidence < 1:
        raise typer.BadParameter("The confidence level must lie between 0 and 1.")
    if model is not None and (items is not None or scale):
        raise typer.BadParameter("choose one of --items, --scale and --model")
    asked = Asked(
        scales=scales_of_model(model) if model is not None else scales_asked(items, scale or []),
        reversed=listed(reverse), span=span_asked(span), group=group, cluster=cluster, ordered=ordered,
        missing="fiml" if missing == "fiml" else "listwise", confidence=confidence, minimum_n=minimum_n,
        validity=validity or model is not None, draws=draws, seed=seed,
    )  # fmt: skip
    with working(f"reliability {data.name}"):
        request = request_of(asked, numbers_by_person(data))
        content: dict[str, Any] = {}
        for section in SECTIONS:
            content |= section(request)
    if write_result(json_out, content):
        print_reliability(out(), content, language)


def about(request: Request) -> dict[str, Any]:
    """Who and what the figures are of."""
    from pipeline.commands.reliability_summary import note

    asked = request.asked
    return {
        "n": len(request.persons),
        "groups": [{"group": name, "n": int(member.sum())} for name, member in request.members.items() if name],
        "missing": asked.missing,
        "confidence": asked.confidence,
        "minimum_n": asked.minimum_n,
        "clusters": None if request.clusters is None else int(request.clusters.nunique()),
        "notes": [
            {"code": n.code, "values": n.values, "sentence": note(n.code, n.values, "en")} for n in request.notes
        ],
    }


def scales(request: Request) -> dict[str, Any]:
    """Every scale in every group, everybody first."""
    return {
        "scales": [
            scale_entry(request, scale, group, member)
            for scale in request.scales
            for group, member in request.members.items()
        ]
    }


def held_against_each_other(request: Request) -> dict[str, Any]:
    """How far the scales are one thing each, and different things, where asked."""
    from pipeline.commands.validity_section import validity_entry

    return {"validity": validity_entry(request)} if request.asked.validity else {}


SECTIONS: tuple[Section, ...] = (about, scales, held_against_each_other)
"""What the command tells, in order; each adds its entries to the JSON, which the summary prints."""


def scale_entry(request: Request, scale: Scale, group: str, member: pd.Series[bool]) -> dict[str, Any]:
    """One scale in one group; a number that does not exist is null."""
    from analysis.measurement.reliability import cronbach_alpha, item_statistics, scale_reliability
    from analysis.measurement.scoring import reversed_where_declared, scale_score

    asked, clusters = request.asked, request.clusters
    answers = reversed_where_declared(request.persons[member], scale.items)
    found = scale_reliability(
        answers, scale_score(answers, scale), scale, minimum_n=asked.minimum_n, confidence=asked.confidence,
        missing=asked.missing, clusters=None if clusters is None else clusters[member], ordinal=asked.ordered,
    )  # fmt: skip
    statistics = item_statistics(answers, scale, minimum_n=asked.minimum_n)
    constant = statistics.loc[statistics["problem"].str.contains("constant_item"), "item"]
    pairwise = cronbach_alpha(answers.drop(columns=constant)) if found.n_obs >= asked.minimum_n else None
    return (
        {"scale": scale.name, "group": group}
        | _figures(found)
        | {"alpha_pairwise": None if pairwise is None else plain(pairwise)}
        | {"items": _items(statistics, scale, found)}
    )


def _figures(found: ScaleReliability) -> dict[str, Any]:
    factor, ordinal = found.factor, found.ordinal
    figures = {
        "alpha": found.alpha, "alpha_ci_lower": found.alpha_ci_lower, "alpha_ci_upper": found.alpha_ci_upper,
        "alpha_standardised": found.alpha_standardised, "omega": factor.omega, "omega_se": factor.omega_se,
        "omega_ci_lower": factor.omega_ci_lower, "omega_ci_upper": factor.omega_ci_upper,
        "omega_observed": factor.omega_observed, "alpha_ordinal": ordinal.alpha, "omega_ordinal": ordinal.omega,
        "omega_ordinal_observed": ordinal.omega_observed, "mean_inter_item": found.mean_inter_item,
        "mean": found.mean, "sd": found.sd, "floor_share": found.floor_share, "ceiling_share": found.ceiling_share,
    }  # fmt: skip
    return {
        "n": found.n_obs,
        "n_items": found.n_items,
        **{name: plain(value) for name, value in figures.items()},
        "problems": list(found.problems),
        "factor": {
            "n": factor.n_obs, "converged": factor.converged, "admissible": factor.admissible,
            "message": factor.message, "df": factor.df,
            **{name: plain(value) for name, value in factor.measures.items()},
        },
    }  # fmt: skip


def _items(statistics: pd.DataFrame, scale: Scale, found: ScaleReliability) -> list[dict[str, Any]]:
    loadings = found.factor.loadings.reindex(index=statistics["item"])
    ordinal = found.ordinal.loadings.reindex(statistics["item"])
    entries = []
    for place, (item, row) in enumerate(zip(scale.items, statistics.to_dict("records"), strict=True)):
        entry = {"item": item.name, "reversed": item.reversed, "n": int(row["n_obs"])}
        entry |= {name: plain(row[name]) for name in _FIGURES}
        for name in ("loading", "loading_ci_lower", "loading_ci_upper"):
            entry[name] = plain(loadings[name].iloc[place]) if name in loadings else None
        entries.append(entry | {"loading_ordinal": plain(ordinal.iloc[place]), "problem": row["problem"]})
    return entries
