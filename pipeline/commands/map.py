"""``magical-housing map``: propose a crosswalk."""

from __future__ import annotations

from pipeline.errors import InputError

EXAMPLE = "Voorbeeld / Example:  magical-housing map --help"


def map() -> None:
    """Stel een omzettabel voor. / Propose a crosswalk."""
    raise InputError("map: not there yet")
