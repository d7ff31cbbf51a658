"""Tokens: shown once, never kept, gone when they are revoked; and the folder they stand in."""

from __future__ import annotations

import json
import stat
import subprocess
from datetime import date, timedelta
from pathlib import Path

import pytest

from pipeline.desk.secrets_folder import default_folder, prepared
from pipeline.desk.tokens import TokenFile
from pipeline.intake.messages import RefusedError

TODAY = date(2026, 3, 1)


@pytest.fixture
def tokens(tmp_path: Path) -> TokenFile:
    return TokenFile(prepared(tmp_path / "secrets", study=tmp_path / "study"))


def test_a_token_opens_for_its_corporation_alone(tokens: TokenFile) -> None:
    first, text = tokens.add("Sité", today=TODAY)
    second, other = tokens.add("Elders", today=TODAY)
    assert first.id != second.id
    assert tokens.verify(f" {text}\n", today=TODAY) == first
    assert tokens.verify(other, today=TODAY) == second


@pytest.mark.parametrize(
    "change", [lambda t: t[:-1] + ("A" if t[-1] != "A" else "B"), lambda t: t[12:], lambda t: t + "A"]
)
def test_anything_else_opens_nothing(tokens: TokenFile, change: object) -> None:
    _, text = tokens.add("Sité", today=TODAY)
    assert tokens.verify(change(text), today=TODAY) is None  # type: ignore[operator]
    assert tokens.verify("mh_aaaaaaaa_" + "A" * 43, today=TODAY) is None


def test_one_token_with_the_secret_of_another_opens_nothing(tokens: TokenFile) -> None:
    (_, first), (_, second) = tokens.add("Sité", today=TODAY), tokens.add("Elders", today=TODAY)
    assert tokens.verify(first[:12] + second[12:], today=TODAY) is None


def test_the_secret_is_kept_nowhere_and_the_file_is_its_owners_alone(tokens: TokenFile, tmp_path: Path) -> None:
    _, text = tokens.add("Sité", today=TODAY)
    path = tmp_path / "secrets" / "tokens.json"
    assert text[12:] not in path.read_text(encoding="utf-8")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert len(text) - 12 == 43  # 256 bits in base64


def test_equal_secrets_would_not_have_equal_hashes(tokens: TokenFile, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.desk.tokens.secrets.token_urlsafe", lambda _: "A" * 43)
    first, second = tokens.add("Sité", today=TODAY)[0], tokens.add("Sité", today=TODAY)[0]
    assert first.hash != second.hash


def test_it_expires_and_can_be_revoked(tokens: TokenFile) -> None:
    token, text = tokens.add("Sité", today=TODAY, days=10)
    assert tokens.verify(text, today=TODAY + timedelta(days=10)) == token
    assert tokens.verify(text, today=TODAY + timedelta(days=11)) is None
    assert tokens.revoke(token.id) == token
    assert tokens.verify(text, today=TODAY) is None
    with pytest.raises(RefusedError):
        tokens.revoke(token.id)


def test_the_day_it_was_used_is_noted(tokens: TokenFile) -> None:
    token, _ = tokens.add("Sité", today=TODAY)
    tokens.used(token, today=TODAY + timedelta(days=3))
    assert tokens.all()[0].last_used == "2026-03-04"


def test_a_broken_file_is_said_to_be_broken(tokens: TokenFile, tmp_path: Path) -> None:
    (tmp_path / "secrets" / "tokens.json").write_text("{", encoding="utf-8")
    with pytest.raises(RefusedError, match="cannot be read"):
        tokens.all()


def test_the_folder_is_the_environments_else_the_users(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("MAGICAL_HOUSING_SECRETS", str(tmp_path / "a"))
    assert default_folder() == tmp_path / "a"
    monkeypatch.delenv("MAGICAL_HOUSING_SECRETS")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "b"))
    assert default_folder() == tmp_path / "b" / "magical-housing"
    monkeypatch.setenv("XDG_CONFIG_HOME", "relative")
    assert default_folder() == Path.home() / ".config" / "magical-housing"


def test_a_folder_that_others_see_or_that_git_would_take_is_refused(tmp_path: Path) -> None:
    study, seen = tmp_path / "study", tmp_path / "seen"
    seen.mkdir(mode=0o755)
    with pytest.raises(RefusedError, match="chmod 700"):
        prepared(seen, study=study)
    with pytest.raises(RefusedError, match="study's folder"):
        prepared(study, study=study)
    (tmp_path / "link").symlink_to(seen)
    with pytest.raises(RefusedError, match="ordinary"):
        prepared(tmp_path / "link", study=study)
    tree = tmp_path / "tree"
    subprocess.run(["git", "init", "--quiet", str(tree)], check=True)
    with pytest.raises(RefusedError, match="git"):
        prepared(tree / "secrets", study=study)
    assert not (tree / "secrets").exists()
    (tree / ".gitignore").write_text("secrets/\n", encoding="utf-8")
    assert prepared(tree / "secrets", study=study).is_dir()


def test_many_at_once_lose_nothing(tokens: TokenFile, tmp_path: Path) -> None:
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda i: tokens.add(f"c{i}", today=TODAY), range(8)))
    assert len({token.id for token in tokens.all()}) == 8
    assert len(json.loads((tmp_path / "secrets" / "tokens.json").read_text(encoding="utf-8"))["tokens"]) == 8
