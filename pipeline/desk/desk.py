"""The desk: what it knows and holds while it is open."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

from starlette.requests import Request

from pipeline.desk.attempts import Attempts
from pipeline.desk.drafts import Draft, Drafts, Job
from pipeline.desk.headers import LOG
from pipeline.desk.jobs import Jobs
from pipeline.desk.limits import Limits
from pipeline.desk.of_corporation import StudyOnDisk, knows
from pipeline.desk.sessions import Session, Sessions
from pipeline.desk.tokens import TokenFile
from pipeline.intake.words import Language

_SECONDS_BETWEEN_SWEEPS = 15


@dataclass(frozen=True)
class Settings:
    """How the desk was started. ``secure``: behind a proxy that speaks TLS, so cookies are for TLS alone."""

    study: Path
    secrets: Path
    language: Language = "nl"
    secure: bool = False
    hosts: tuple[str, ...] = ("127.0.0.1", "localhost", "::1", "[::1]")
    limits: Limits = field(default_factory=Limits)


class Desk:
    """Everything the pages work with. Only this process's memory holds it, and it is gone when the process is."""

    def __init__(
        self, settings: Settings, *, clock: Callable[[], float] = time.monotonic, today: Callable[[], date] = date.today
    ) -> None:
        """Open the desk; raises ``DeclarationError`` when the study cannot be read."""
        self.study = StudyOnDisk(settings.study)
        most = min(settings.limits.upload_bytes, self.study.read().params.intake.max_bytes)
        limits = replace(settings.limits, upload_bytes=most)
        self.settings, self.limits, self.today = settings, limits, today
        self.tokens = TokenFile(settings.secrets)
        self.sessions, self.attempts = Sessions(limits, clock), Attempts(limits, clock)
        self.drafts, self.jobs = Drafts(limits, clock), Jobs(limits, _finished)
        self.verifying = asyncio.Semaphore(2)

    @property
    def cookie(self) -> str:
        """The name of the session's cookie."""
        return "__Host-desk" if self.settings.secure else "desk"

    def session_of(self, request: Request) -> Session | None:
        """Whoever is logged in; a token that was revoked or has expired meanwhile ends the session."""
        session = self.sessions.find(request.cookies.get(self.cookie))
        if session is None:
            return None
        if self.tokens.find(session.token_id, today=self.today()) is None:
            self.leave(session)
            return None
        return session

    def leave(self, session: Session) -> None:
        """End a session, and forget what it holds."""
        self.drafts.drop_of(session.key)
        self.sessions.end(session)

    async def corporation_of(self, code: str) -> tuple[str, str] | None:
        """The corporation and the id of a token; ``None`` for any other text, and for one that the registry does not
        know."""
        async with self.verifying:
            token = await asyncio.to_thread(self.tokens.verify, code, today=self.today())
        if token is None or not knows(self.study.read(), token.corporation):
            return None
        await asyncio.to_thread(self.tokens.used, token, today=self.today())
        return token.corporation, token.id

    async def sweep(self) -> None:
        """Forget what is over, again and again."""
        while True:
            await asyncio.sleep(_SECONDS_BETWEEN_SWEEPS)
            self.sessions.sweep()
            self.drafts.sweep(self.sessions.keys())


def _finished(draft: Draft, job: Job) -> None:
    """Keep what came of a job; a wave that was stored is noted, whoever is still there to see it."""
    draft.take_in(job)
    if "stored" in job.content:
        note("submitted", draft.corporation, draft.wave)


def note(event: str, corporation: str = "", wave: str = "") -> None:
    """One line of the log: what happened, whose, which wave; nothing of what was sent."""
    said = {"corporation": _plain(corporation), "wave": _plain(wave)}
    LOG.info(" ".join([event, *(f"{name}={value!r}" for name, value in said.items() if value)]))


def _plain(text: str) -> str:
    return re.sub(r"[^\w .,&'()/-]", "", text)[:80]
