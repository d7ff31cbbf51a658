"""``magical-housing erase``: take one resident out of everything."""

from __future__ import annotations

from pipeline.errors import InputError

EXAMPLE = "Voorbeeld / Example:  magical-housing erase --help"


def erase() -> None:
    """Wis één bewoner. / Take one resident out of everything."""
    raise InputError("erase: not there yet")
