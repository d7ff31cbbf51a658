"""What the commands share: options, the two consoles, sentences, a sign of life when something takes long."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from pipeline.declare import Claim, Study
from pipeline.errors import InputError
from pipeline.intake.words import Language

StudyOption = Annotated[
    Path,
    typer.Option(
        "--study", metavar="DIR", exists=True, file_okay=False, help="de map van de studie / the study's folder"
    ),
]
LanguageOption = Annotated[
    Language,
    typer.Option("--language", envvar="MAGICAL_HOUSING_LANGUAGE", help="taal van de antwoorden / language of answers"),
]
JsonOption = Annotated[bool, typer.Option("--json", help="antwoord als JSON / answer as JSON")]


def out() -> Console:
    """The console for answers."""
    return Console(soft_wrap=True, highlight=False, markup=False, emoji=False)


def err() -> Console:
    """The console for what is wrong, and for progress."""
    return Console(stderr=True, soft_wrap=True, highlight=False, markup=False, emoji=False)


def print_json(content: Any) -> None:
    """Print ``content`` as JSON on standard output."""
    print(json.dumps(content, ensure_ascii=False, indent=1, allow_nan=False))


@contextmanager
def working(what: str) -> Iterator[None]:
    """Show on a terminal that something is going on; nothing elsewhere."""
    console = err()
    if console.is_terminal:
        with console.status(what):
            yield
    else:
        yield


def claims_named(study: Study, wanted: Collection[str] | None, language: Language) -> list[Claim]:
    """The declared claims that were asked for, all of them where none was named; raises ``InputError`` for others."""
    claims = study.claims.claims
    unknown = [name for name in wanted or () if name not in {claim.id for claim in claims}]
    if unknown:
        raise InputError(not_declared(language, "claim", ", ".join(unknown), [claim.id for claim in claims]))
    return [claim for claim in claims if not wanted or claim.id in wanted]


def not_declared(language: Language, what: str, found: str, known: Collection[str]) -> str:
    """What to say of a name that is not declared; ``what``: claim | pool."""
    names = {"claim": ("conclusie", "claim"), "pool": ("pool", "pool")}[what]
    if language == "nl":
        return f"Er is geen {names[0]} {found}. Bekend: {', '.join(known)}."
    return f"There is no {names[1]} {found}. Known: {', '.join(known)}."
