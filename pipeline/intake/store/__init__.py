"""The store of waves: what is submitted is there as a whole or not at all, and what is taken out leaves nobody behind.

``journal`` makes changes of many files one. ``submit``, ``withdraw`` and ``erase`` are the changes there are;
``receipt`` and ``history`` say of them what may be known, ``verify`` holds the store against that.
"""

from pipeline.intake.store.erase import Erased, erase, look_for
from pipeline.intake.store.history import Event, read_history
from pipeline.intake.store.journal import half_done, locked
from pipeline.intake.store.places import known_waves
from pipeline.intake.store.receipt import Receipt, read_receipt
from pipeline.intake.store.submit import Stored, already_stored, submit, waves_of
from pipeline.intake.store.verify import Finding, Verified, verify
from pipeline.intake.store.withdraw import Withdrawn, withdraw

__all__ = [
    "Erased", "Event", "Finding", "Receipt", "Stored", "Verified", "Withdrawn", "already_stored", "erase", "half_done",
    "known_waves", "locked", "look_for", "read_history", "read_receipt", "submit", "verify", "waves_of", "withdraw",
]  # fmt: skip
