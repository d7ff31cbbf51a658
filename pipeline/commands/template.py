"""``magical-housing template``: a delivery workbook."""

from __future__ import annotations

from pipeline.errors import InputError

EXAMPLE = "Voorbeeld / Example:  magical-housing template --help"


def template() -> None:
    """Schrijf een werkmap om antwoorden in aan te leveren. / A delivery workbook."""
    raise InputError("template: not there yet")
