"""``magical-housing history``: what was submitted, withdrawn and erased."""

from __future__ import annotations

from pipeline.errors import InputError

EXAMPLE = "Voorbeeld / Example:  magical-housing history --help"


def history() -> None:
    """Wat er is ingediend, teruggetrokken en gewist. / What was submitted, withdrawn and erased."""
    raise InputError("history: not there yet")
