"""``magical-housing token``: who may use the desk."""

from __future__ import annotations

from pipeline.errors import InputError

EXAMPLE = "Voorbeeld / Example:  magical-housing token --help"


def token() -> None:
    """Geef een corporatie toegang tot de balie. / Who may use the desk."""
    raise InputError("token: not there yet")
