"""``magical-housing questionnaire``: the questionnaire for a survey tool."""

from __future__ import annotations

from pipeline.errors import InputError

EXAMPLE = "Voorbeeld / Example:  magical-housing questionnaire --help"


def questionnaire() -> None:
    """Schrijf de vragenlijst voor uw enquêteprogramma. / The questionnaire for a survey tool."""
    raise InputError("questionnaire: not there yet")
