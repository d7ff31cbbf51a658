"""``magical-housing desk``: the intake desk in the browser."""

from __future__ import annotations

from pipeline.errors import InputError

EXAMPLE = "Voorbeeld / Example:  magical-housing desk --help"


def desk() -> None:
    """Start de balie in de browser. / The intake desk in the browser."""
    raise InputError("desk: not there yet")
