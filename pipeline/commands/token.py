"""``magical-housing token``: who may use the desk."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.table import Table

from pipeline.commands.common import JsonOption, LanguageOption, StudyOption, err, out, print_json
from pipeline.declare import Study, load_study
from pipeline.desk.secrets_folder import VARIABLE, default_folder, prepared
from pipeline.desk.tokens import DAYS_VALID, Token, TokenFile
from pipeline.intake.messages import RefusedError, say
from pipeline.intake.text import fold
from pipeline.intake.words import Language, catalogue

EXAMPLE = 'Voorbeeld / Example:  magical-housing token add "Woonstichting Voorbeeld"'

SecretsOption = Annotated[
    Path | None,
    typer.Option(
        "--secrets",
        metavar="DIR",
        envvar=VARIABLE,
        help="map voor de toegangscodes, buiten git / folder of tokens, outside git",
    ),
]


def token(
    action: Annotated[Literal["add", "list", "revoke"], typer.Argument(help="add CORPORATION | list | revoke ID")],
    name: Annotated[
        str | None, typer.Argument(metavar="[CORPORATION|ID]", help="corporatie of ID / corporation or id")
    ] = None,
    days: Annotated[int, typer.Option(min=1, max=3650, help="zoveel dagen geldig / days it is valid")] = DAYS_VALID,
    secrets: SecretsOption = None,
    study: StudyOption = Path(),
    language: LanguageOption = "nl",
    as_json: JsonOption = False,
) -> None:
    """Geef een corporatie toegang tot de balie, of neem die weg. / Let a corporation use the desk, or no longer.

    De code verschijnt één keer; alleen een afdruk (hash) ervan wordt bewaard.
    """
    if (name is None) != (action == "list"):
        raise typer.BadParameter("add CORPORATION | list | revoke ID")
    tokens = TokenFile(prepared(secrets or default_folder(), study=study))
    if action == "add":
        _add(tokens, corporation_named(load_study(study, language=language), name or ""), days, language, as_json)
    elif action == "revoke":
        gone = tokens.revoke(name or "")
        if as_json:
            print_json({"revoked": gone.id, "corporation": gone.corporation})
        else:
            out().print(say(language, "token_revoked", id=gone.id, corporation=gone.corporation))
    else:
        _list(tokens.all(), language, as_json)


def corporation_named(study: Study, name: str) -> str:
    """The corporation as the registry writes it; raises ``RefusedError`` when it is not in it."""
    known = list(dict.fromkeys(p.corporation for p in study.registry.projects if p.corporation))
    for corporation in known:
        if fold(corporation) == fold(name):
            return corporation
    raise RefusedError("corporation_unknown", corporation=name[:80], corporations=", ".join(known) or "-")


def _add(tokens: TokenFile, corporation: str, days: int, language: Language, as_json: bool) -> None:
    made, text = tokens.add(corporation, today=date.today(), days=days)
    if as_json:
        print_json({"id": made.id, "corporation": corporation, "expires": made.expires, "token": text})
        return
    err().print(say(language, "token_added", corporation=corporation, expires=made.expires))
    out().print(text)
    err().print(say(language, "token_once"))


def _list(tokens: list[Token], language: Language, as_json: bool) -> None:
    if as_json:
        secret = ("salt", "hash")
        print_json([{key: value for key, value in asdict(one).items() if key not in secret} for one in tokens])
    elif not tokens:
        out().print(say(language, "no_tokens"))
    else:
        table = Table(box=None, pad_edge=False)
        for heading in catalogue()["commands"][language]["tokens"]:
            table.add_column(heading, overflow="fold")
        for one in tokens:
            table.add_row(one.id, one.corporation, one.created, one.expires, one.last_used or "-")
        out().print(table)
