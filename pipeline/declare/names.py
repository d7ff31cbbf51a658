"""Names the tables of persons use themselves, so that no question, scale or trait may be called so."""

from __future__ import annotations

PERSON_COLUMNS = frozenset({"respondent", "source", "wave", "project", "analysed", "careless"})
"""Columns every frame of persons may have beside the study's own (``pipeline/artefacts.py``)."""

PERSON_COLUMN_PREFIX = "flag_"
"""The careless-response flags."""

FACTOR_SCORE_ENDINGS = ("_regression", "_regression_se", "_bartlett", "_bartlett_se")
"""Factor scores of a scale and their standard errors stand beside its score (``stages/_measure/persons.py``)."""

REASON_SEPARATOR = "__"
"""``<variable>__reason`` stands beside each variable."""

EVERYBODY = "all"
"""The trait and the level under which tables hold everybody."""

OWN_REASONS = frozenset({"empty", "out_of_range", "unreadable", "user_missing", "unknown_project"})
"""Reasons for a missing value that reading a file gives by itself."""

NOT_ASKED = "not_asked"
"""The reason for a variable that a wave does not have."""


def is_reserved(name: str) -> bool:
    """Whether a frame of persons already has, or may have, a column called ``name``."""
    made = name.startswith(PERSON_COLUMN_PREFIX) or name.endswith(FACTOR_SCORE_ENDINGS)
    return name in PERSON_COLUMNS or made or REASON_SEPARATOR in name
