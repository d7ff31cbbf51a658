"""The store of waves: what is submitted is there as a whole or not at all, and what is taken out leaves nobody behind.

``journal`` makes changes of many files one. ``submit``, ``withdraw`` and ``erase`` are the changes there are;
``receipt`` and ``history`` say of them what may be known, ``verify`` holds the store against that.
"""

from pipeline.intake.store.history import Event, read_history
from pipeline.intake.store.journal import half_done, locked
from pipeline.intake.store.places import known_waves
from pipeline.intake.store.receipt import Receipt, read_receipt
from pipeline.intake.store.submit import Stored, already_stored, submit, waves_of
from pipeline.intake.store.withdraw import Withdrawn, withdraw

__all__ = [
    "Event", "Receipt", "Stored", "Withdrawn", "already_stored", "half_done", "known_waves", "locked", "read_history",
    "read_receipt", "submit", "waves_of", "withdraw",
]  # fmt: skip
