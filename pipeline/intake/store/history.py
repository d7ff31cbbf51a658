"""What was submitted, withdrawn and erased: ``surveys/history.jsonl``, one line an event, only ever added to.

It is in git. No line holds anything of a resident: of an erasure it says how many rows, not whose.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Literal

from pydantic import ValidationError

from pipeline.declare.base import Declaration
from pipeline.intake.store.places import history_file

What = Literal["submitted", "withdrawn", "erased"]


class Event(Declaration):
    """Something that was done with a wave.

    ``when``: UTC, to the second. ``rows``: of a submission those that were stored, of an erasure those that were taken
    out, of a withdrawal nought. ``receipt``: number of the wave's receipt, empty where it has none.
    """

    when: str
    what: What
    wave: str
    corporation: str
    by: str
    receipt: str = ""
    rows: int = 0
    columns: int = 0


def with_event(root: Path, *events: Event) -> bytes:
    """The history with ``events`` at its end. What stands there stays, byte for byte."""
    path = history_file(root)
    before = path.read_bytes() if path.is_file() else b""
    if before and not before.endswith(b"\n"):
        before += b"\n"
    lines = [json.dumps(event.model_dump(mode="json"), ensure_ascii=False) + "\n" for event in events]
    return before + "".join(lines).encode()


def read_history(root: Path, *, wave: str | None = None, corporation: str | None = None) -> list[Event]:
    """The events, oldest first; of one wave or one corporation where asked. Lines that are none are passed over:
    ``verify`` counts them."""
    events = [event for event in _events(root) if event is not None]
    return [e for e in events if wave in (None, e.wave) and corporation in (None, e.corporation)]


def damaged_lines(root: Path) -> list[int]:
    """Numbers of lines (from 1) that are no event."""
    return [number for number, event in enumerate(_events(root), start=1) if event is None]


def _events(root: Path) -> list[Event | None]:
    path = history_file(root)
    if not path.is_file():
        return []
    return [_event(line) for line in path.read_bytes().split(b"\n") if line.strip()]


def _event(line: bytes) -> Event | None:
    try:
        return Event.model_validate_json(line)
    except ValidationError:
        return None
