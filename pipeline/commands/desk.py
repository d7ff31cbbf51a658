"""``magical-housing desk``: the intake desk in the browser."""

from __future__ import annotations

import ipaddress
import logging
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer

from pipeline.commands.common import LanguageOption, StudyOption, err
from pipeline.commands.token import SecretsOption

EXAMPLE = "Voorbeeld / Example:  magical-housing desk --port 8765"


def desk(
    host: Annotated[str, typer.Option(metavar="ADDRESS", help="adres / address")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="poort / port")] = 8765,
    behind_proxy: Annotated[
        bool, typer.Option("--behind-proxy", help="achter een proxy met TLS / behind a proxy that speaks TLS")
    ] = False,
    name: Annotated[
        list[str] | None,
        typer.Option("--name", metavar="HOST", help="naam in het adres, bij --behind-proxy / name in the address"),
    ] = None,
    secrets: SecretsOption = None,
    study: StudyOption = Path(),
    language: LanguageOption = "nl",
) -> None:
    """Start de balie in de browser, waar corporaties een golf insturen. / The intake desk in the browser.

    Alleen op deze computer, tenzij u --behind-proxy meegeeft. Wie mag inloggen, bepaalt u met magical-housing token.
    """
    if not _is_loopback(host) and not behind_proxy:
        raise typer.BadParameter("--host: anders dan 127.0.0.1 alleen met --behind-proxy / needs --behind-proxy")
    if name and not behind_proxy:
        raise typer.BadParameter("--name goes with --behind-proxy")
    from pipeline.desk.desk import Desk, Settings
    from pipeline.desk.secrets_folder import default_folder, prepared
    from pipeline.desk.serve import listening, server
    from pipeline.intake.messages import say

    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(message)s")
    logging.getLogger("magical-housing.desk").setLevel(logging.INFO)
    folder = prepared(secrets or default_folder(), study=study)
    settings = Settings(study=study, secrets=folder, language=language, secure=behind_proxy)
    if behind_proxy:
        settings = Settings(
            study=study, secrets=folder, language=language, secure=True, hosts=(*settings.hosts, host, *(name or ()))
        )
    opened = Desk(settings)
    if not opened.tokens.all():
        err().print(say(language, "no_tokens"), style="bold")
    if behind_proxy:
        err().print(say(language, "desk_needs_tls"), style="bold")
    line = listening(host, port)
    err().print(say(language, "desk_open", address=f"http://{f'[{host}]' if ':' in host else host}:{port}"))
    with suppress(KeyboardInterrupt):
        server(opened, host=host, port=port).run(sockets=[line])


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
