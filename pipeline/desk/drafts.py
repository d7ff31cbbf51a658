"""What somebody sent and has not submitted yet: in memory, bounded, and forgotten after a quarter of an hour."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Literal

from pipeline.desk.limits import Limits
from pipeline.desk.sessions import Clock, Session
from pipeline.desk.upload import SentFile
from pipeline.intake.words import Language

Task = Literal["look", "check", "submit"]
Ending = Literal["", "done", "too_long", "too_much", "broken", "stopped"]


@dataclass
class Job:
    """Something that is being done with a draft by another process.

    ``phase``: waiting, starting, reading, checking, cutting, answering, storing. ``ended`` says how
    it ended, empty while it runs.
    """

    task: Task
    phase: str = "waiting"
    began: float = 0.0
    ended: Ending = ""
    content: dict[str, Any] = field(default_factory=dict)
    blobs: dict[str, bytes] = field(default_factory=dict, repr=False)


@dataclass
class Draft:
    """A file, the crosswalk that goes with it, what was declared of the wave, and what was found."""

    id: str
    owner: str
    """The key of its session."""
    corporation: str
    file: SentFile
    touched: float
    crosswalk: SentFile | None = None
    declaration: bytes = b""
    """A wave.yaml, once the form was filled in."""
    values: dict[str, list[str]] = field(default_factory=dict)
    """What was filled in, as it was typed."""
    about: dict[str, Any] = field(default_factory=dict)
    """What the file says of itself (task ``look``)."""
    language: Language = "nl"
    """Of the marked copy and the crosswalk, which are in one."""
    wave: str = ""
    """The name in the declaration."""
    drop: bool = False
    """Whether columns that may not come in are to be left out."""
    job: Job | None = None
    answer: Job | None = None
    """The last check that came to an end."""

    @property
    def busy(self) -> bool:
        """Whether something is being done with it."""
        return self.job is not None and not self.job.ended

    @property
    def acceptable(self) -> bool:
        """Whether the last check leaves nothing in the way of submitting."""
        return self.answer is not None and bool(self.answer.content.get("acceptable"))

    def take_in(self, job: Job) -> None:
        """Keep what a job that came to its end found out."""
        if job.task == "look":
            self.about = job.content
        if "answer" in job.content or "undeclared" in job.content:
            self.answer = job


class FullError(Exception):
    """No more files can be held; ``own``: because this session or its corporation holds too many."""

    def __init__(self, *, own: bool) -> None:
        super().__init__("full")
        self.own = own


@dataclass
class Drafts:
    """All that is held."""

    limits: Limits
    clock: Clock
    _by_id: dict[str, Draft] = field(default_factory=dict)
    _coming: list[Session] = field(default_factory=list)
    """Whose files are being sent now."""

    @contextmanager
    def room(self, session: Session) -> Iterator[None]:
        """Room for one file while it is being sent; raises ``FullError`` where there is none."""
        self.sweep()
        # a file that is only waiting for its owner makes way for the owner's next one
        idle = [draft for draft in self._by_id.values() if draft.owner == session.key and not draft.busy]
        idle.sort(key=lambda draft: draft.touched)
        if self._is_full_for(session) and idle:
            self.drop(idle[0])
        if self._is_full_for(session):
            raise FullError(own=True)
        if len(self._by_id) + len(self._coming) >= self.limits.drafts:
            raise FullError(own=False)
        self._coming.append(session)
        try:
            yield
        finally:
            self._coming.remove(session)

    def _is_full_for(self, session: Session) -> bool:
        """Whether this session or its corporation holds as many files as it may."""
        held = [(draft.owner, draft.corporation) for draft in self._by_id.values()]
        held += [(coming.key, coming.corporation) for coming in self._coming]
        own = sum(owner == session.key for owner, _ in held)
        corporations = sum(corporation == session.corporation for _, corporation in held)
        return own >= self.limits.drafts_of_one or corporations >= self.limits.drafts_of_corporation

    def add(self, session: Session, file: SentFile, crosswalk: SentFile | None) -> Draft:
        """Hold a file (within ``room``)."""
        draft = Draft(
            secrets.token_urlsafe(16), session.key, session.corporation, file, self.clock(), crosswalk=crosswalk
        )
        self._by_id[draft.id] = draft
        return draft

    def find(self, session: Session, identity: str) -> Draft | None:
        """A draft of this session; looking for it keeps it a while longer."""
        self.sweep()
        draft = self._by_id.get(identity)
        if draft is None or draft.owner != session.key:
            return None
        draft.touched = self.clock()
        return draft

    def of(self, session: Session) -> list[Draft]:
        """What this session holds, oldest first."""
        self.sweep()
        return [draft for draft in self._by_id.values() if draft.owner == session.key]

    def drop(self, draft: Draft) -> None:
        """Forget a draft; what is being done with it is stopped by whoever sees that it is gone."""
        self._by_id.pop(draft.id, None)
        if draft.job is not None and not draft.job.ended and draft.job.phase != "storing":
            draft.job.ended = "stopped"

    def drop_of(self, owner: str) -> None:
        """Forget all that a session holds."""
        for draft in [draft for draft in self._by_id.values() if draft.owner == owner]:
            self.drop(draft)

    def sweep(self, owners: Collection[str] | None = None) -> None:
        """Forget what nobody looked at for too long and, where ``owners`` is given, what is nobody's any more."""
        now = self.clock()
        for draft in list(self._by_id.values()):
            old = now - draft.touched > self.limits.draft_seconds and not draft.busy
            if old or (owners is not None and draft.owner not in owners):
                self.drop(draft)

    def __len__(self) -> int:
        return len(self._by_id)
