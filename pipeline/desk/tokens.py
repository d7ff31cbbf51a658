"""Tokens of corporations: shown once, kept as a salted hash, valid for a while, withdrawn at once.

A token reads ``mh_<id>_<secret>``. The id is no secret: it names the token in lists. The secret has 256 bits.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from pipeline.artefacts import beside
from pipeline.intake.messages import RefusedError

DAYS_VALID = 365
_SCRYPT = {"n": 2**14, "r": 8, "p": 1, "maxmem": 64 * 2**20}
_FORM = re.compile(r"mh_([a-z2-7]{8})_([A-Za-z0-9_-]{43})")
_LETTERS = "abcdefghijklmnopqrstuvwxyz234567"
_SECONDS_TO_WAIT = 10


@dataclass(frozen=True)
class Token:
    """What is kept of a token. Days are ISO dates; ``last_used`` is empty until somebody logs in with it."""

    id: str
    corporation: str
    salt: str
    hash: str
    created: str
    expires: str
    last_used: str = ""

    def valid_on(self, day: date) -> bool:
        """Whether it has not expired."""
        return day <= date.fromisoformat(self.expires)


class TokenFile:
    """The tokens of one study's corporations, in ``tokens.json`` in a folder of secrets."""

    def __init__(self, folder: Path) -> None:
        """``folder``: one that ``secrets_folder.prepared`` gave."""
        self._path = folder / "tokens.json"
        self._lock = folder / "tokens.lock"

    def all(self) -> list[Token]:
        """Every token that was not revoked, oldest first. Raises ``RefusedError`` when the file cannot be read."""
        try:
            content = json.loads(self._path.read_text(encoding="utf-8"))
            return [Token(**entry) for entry in content["tokens"]]
        except FileNotFoundError:
            return []
        except (OSError, ValueError, TypeError, KeyError):
            raise RefusedError("tokens_unreadable", path=str(self._path)) from None

    def add(self, corporation: str, *, today: date, days: int = DAYS_VALID) -> tuple[Token, str]:
        """A new token for ``corporation``: what is kept of it, and the token itself, which is kept nowhere."""
        secret, salt = secrets.token_urlsafe(32), secrets.token_bytes(16)
        with self._changing() as tokens:
            taken = {token.id for token in tokens}
            identity = next(name for name in iter(_new_id, "") if name not in taken)
            token = Token(
                identity,
                corporation,
                salt.hex(),
                _hashed(secret, salt).hex(),
                today.isoformat(),
                (today + timedelta(days=days)).isoformat(),
            )
            tokens.append(token)
        return token, f"mh_{identity}_{secret}"

    def revoke(self, identity: str) -> Token:
        """Take a token away; raises ``RefusedError`` when there is none with this id."""
        with self._changing() as tokens:
            for token in tokens:
                if token.id == identity:
                    tokens.remove(token)
                    return token
        raise RefusedError("token_unknown", id=identity[:40])

    def find(self, identity: str, *, today: date) -> Token | None:
        """The token with this id, unless it was revoked or has expired."""
        return next((token for token in self.all() if token.id == identity and token.valid_on(today)), None)

    def verify(self, given: str, *, today: date) -> Token | None:
        """The token that ``given`` is; ``None`` for any other text. Takes as long for an id that is not there."""
        form = _FORM.fullmatch(given.strip()[:200])
        identity, secret = form.groups() if form else ("", "")
        token = self.find(identity, today=today)
        salt = bytes.fromhex(token.salt) if token else b"\0" * 16
        kept = bytes.fromhex(token.hash) if token else b"\0" * 64
        same = hmac.compare_digest(_hashed(secret, salt), kept)
        return token if token and same else None

    def used(self, token: Token, *, today: date) -> None:
        """Note the day on which somebody logged in with ``token``."""
        if token.last_used == today.isoformat():
            return
        with self._changing() as tokens:
            for place, one in enumerate(tokens):
                if one.id == token.id:
                    tokens[place] = replace(one, last_used=today.isoformat())

    @contextmanager
    def _changing(self) -> Iterator[list[Token]]:
        """The tokens, to be changed; written when the block ends well, while nobody else writes."""
        try:
            with FileLock(self._lock, timeout=_SECONDS_TO_WAIT, mode=0o600):
                tokens = self.all()
                yield tokens
                self._write({"tokens": [asdict(token) for token in tokens]})
        except Timeout:
            raise RefusedError("tokens_busy") from None

    def _write(self, content: dict[str, Any]) -> None:
        text = json.dumps(content, ensure_ascii=False, indent=1) + "\n"
        with beside(self._path) as temporary:
            # for its owner alone from the first byte on
            temporary.touch(mode=0o600, exist_ok=False)
            temporary.write_text(text, encoding="utf-8")


def _new_id() -> str:
    return "".join(secrets.choice(_LETTERS) for _ in range(8))


def _hashed(secret: str, salt: bytes) -> bytes:
    return hashlib.scrypt(secret.encode("utf-8"), salt=salt, **_SCRYPT)
