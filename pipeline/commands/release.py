"""``magical-housing release``: keep the report of now as one that was published; later ones are set beside it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pipeline.commands.common import JsonOption, LanguageOption, StudyOption, out, print_json
from pipeline.commands.release_freeze import freeze
from pipeline.declare import load_study
from pipeline.intake.messages import RefusedError, counted, say
from pipeline.intake.words import Language, catalogue
from pipeline.releases import FOLDER, Release, read_releases

EXAMPLE = "Voorbeeld / Example:  magical-housing release 2026-1   ·   … release --list"


def release(
    name: Annotated[
        str | None, typer.Argument(metavar="[NAME]", help="naam van het rapport / name of the report")
    ] = None,
    show: Annotated[bool, typer.Option("--list", help="laat zien wat er is bewaard / show what was kept")] = False,
    looser: Annotated[bool, typer.Option("--looser", help="ook met ruimere grenzen / with looser limits too")] = False,
    study: StudyOption = Path(),
    language: LanguageOption = "nl",
    as_json: JsonOption = False,
) -> None:
    """Bewaar het rapport zoals het nu is gepubliceerd. / Keep the report as it is published now.

    Doe dit zodra een rapport naar buiten gaat: een later rapport verbergt wat samen hiermee iemand zou verraden.
    / Do so as soon as a report goes out: a later one hides what would give somebody away together with this one.
    """
    if show == (name is not None):
        raise typer.BadParameter("NAME | --list")
    if name is None:
        _list(read_releases(study), language, as_json=as_json)
        return
    kept = freeze(load_study(study, language=language), name, looser=looser)
    if as_json:
        print_json({"released": name, "folder": (FOLDER / kept.name).as_posix()})
        return
    console = out()
    console.print(say(language, "released", name=name, folder=(FOLDER / name).as_posix()), style="bold")
    console.print(say(language, "released_next", folder=(FOLDER / name).as_posix(), name=name))


def _list(releases: list[Release], language: Language, *, as_json: bool) -> None:
    """The releases with their pools and waves, first one first."""
    if as_json:
        told = [
            {
                "name": release.name,
                "number": release.number,
                "pools": {pool: release.waves(pool) for pool in release.pools},
            }
            for release in releases
        ]
        print_json({"releases": told})
        return
    if not releases:
        raise RefusedError("release_none")
    console = out()
    console.print(counted(catalogue()["commands"][language]["release_count"], len(releases), language), style="bold")
    for release in releases:
        console.print(f"{release.number}. {release.name}")
        for pool in release.pools:
            console.print(f"   {pool}: {', '.join(release.waves(pool))}")
