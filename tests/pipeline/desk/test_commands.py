"""``token`` and ``desk`` as they are typed."""

from __future__ import annotations

import json
import socket
from pathlib import Path

import pytest
from cli_help import Run
from desk_help import HERE

from pipeline.desk.tokens import TokenFile


@pytest.fixture
def options(shared_study: Path, tmp_path: Path) -> list[str]:
    return ["--study", str(shared_study), "--secrets", str(tmp_path / "secrets")]


def test_a_token_is_shown_once_listed_and_revoked(run: Run, options: list[str], tmp_path: Path) -> None:
    assert "Er zijn nog geen toegangscodes" in run("token", "list", *options).out
    said = run("token", "add", HERE.upper(), *options)
    assert said.code == 0
    code = said.out.strip()
    assert code.startswith("mh_")
    assert "maar één keer" in said.err
    listed = run("token", "list", *options).out
    assert HERE in listed
    assert code[3:11] in listed
    assert code[12:] not in listed
    about = json.loads(run("token", "list", "--json", *options).out)
    assert set(about[0]) == {"id", "corporation", "created", "expires", "last_used"}
    assert run("token", "revoke", code[3:11], *options).code == 0
    assert TokenFile(tmp_path / "secrets").all() == []
    again = run("token", "revoke", code[3:11], "--language", "en", *options)
    assert again.code == 1
    assert "There is no token" in again.err


def test_only_a_corporation_of_the_registry_gets_one(run: Run, options: list[str]) -> None:
    said = run("token", "add", "Vreemd", *options)
    assert said.code == 1
    assert HERE in said.err


@pytest.mark.parametrize("words", [["add"], ["list", "x"], ["revoke"], ["add", "x", "--days", "0"], ["give", "x"]])
def test_token_used_wrongly(run: Run, options: list[str], words: list[str]) -> None:
    assert run("token", *words, *options).code == 2


@pytest.mark.parametrize("words", [["--host", "0.0.0.0"], ["--host", "desk.example"], ["--name", "x"], ["--port", "0"]])  # noqa: S104
def test_the_desk_opens_to_others_only_behind_a_proxy(run: Run, options: list[str], words: list[str]) -> None:
    assert run("desk", *words, *options).code == 2


def test_behind_a_proxy_it_says_what_is_needed(run: Run, options: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    opened = []

    class Nothing:
        def run(self, sockets: list[socket.socket]) -> None:
            """Serve nobody."""
            for line in sockets:
                line.close()

    def server(desk: object, *, host: str, port: int) -> Nothing:
        opened.append((desk, host, port))
        return Nothing()

    monkeypatch.setattr("pipeline.desk.serve.server", server)
    said = run("desk", "--host", "0.0.0.0", "--port", "8799", "--behind-proxy", "--name", "balie.example", *options)  # noqa: S104
    assert said.code == 0
    assert "TLS" in said.err
    desk = opened[0][0]
    assert desk.settings.secure  # type: ignore[attr-defined]
    assert "balie.example" in desk.settings.hosts  # type: ignore[attr-defined]


def test_a_port_that_is_taken_is_said(run: Run, options: list[str]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        said = run("desk", "--port", str(taken.getsockname()[1]), *options)
    assert said.code == 1
    assert "Kies een andere poort" in said.err
