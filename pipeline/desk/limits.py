"""Every bound of the desk in one place."""

from __future__ import annotations

from dataclasses import dataclass

MOST_UPLOAD_BYTES = 50_000_000


@dataclass(frozen=True)
class Limits:
    """What the desk takes, holds and waits for. Times are in seconds."""

    upload_bytes: int = MOST_UPLOAD_BYTES
    """Of a file; ``params.yaml: intake.max_bytes`` where that is less."""
    crosswalk_bytes: int = 1_000_000
    fields_bytes: int = 65_536
    """Of everything in a form that is no file."""
    upload_seconds: float = 300
    fields_seconds: float = 30
    """For a form without files."""
    chunk_seconds: float = 20
    """No longer between two pieces of an upload."""
    check_seconds: float = 120
    store_seconds: float = 600
    worker_bytes: int = 4_000_000_000
    """Address space of a process that reads a file."""
    answer_bytes: int = 120_000_000
    """Of what such a process may send back."""
    workers: int = 2
    """Checks at the same time."""
    spare: bool = True
    """Whether a process stands ready, so that nobody waits for it to start."""
    drafts: int = 8
    """Files held at the same time, of everybody together."""
    drafts_of_one: int = 2
    """Of one session."""
    drafts_of_corporation: int = 4
    """Less than ``drafts``, so that no corporation keeps the others out."""
    draft_seconds: float = 900
    sessions: int = 200
    sessions_of_one: int = 20
    """Of one corporation: whoever logs in again and again ends sessions of their own, not of others."""
    idle_seconds: float = 1800
    session_seconds: float = 28_800
    failures: int = 5
    """Wrong tokens from one address within ``failure_seconds``."""
    failures_of_all: int = 60
    """After so many of everybody, one failure of an address is enough: who never failed need not wait."""
    failure_seconds: float = 900
    connections: int = 100
    request_seconds: float = 15
    """From a connection to the end of its first request's headers."""
