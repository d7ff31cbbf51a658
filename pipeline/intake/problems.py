"""What is wrong with a file, as data: a stable code, how bad it is, where it is. Never an answer, never an id.

``messages.yaml`` holds the sentences; ``messages.py`` puts them together.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from pipeline.intake.identifiers import is_personal
from pipeline.intake.source import SourceColumn

Severity = Literal["error", "warning"]
SHOWN_ROWS = 10
"""How many rows a problem names; its count says how many there are."""

# Nothing else can be looked at once one of these is found.
_FATAL = {
    "file_missing", "file_empty", "file_too_large", "binary_file", "format_unsupported", "encoding_mixed",
    "encoding_unknown", "csv_malformed", "workbook_unreadable", "workbook_too_large", "workbook_protected",
    "sheet_missing", "sheet_unclear", "spss_unreadable", "too_many_columns", "too_many_cells", "headings_missing",
    "no_rows", "no_known_columns", "only_column_missing",
}  # fmt: skip
# The columns cannot be trusted: a stored wave with one of these is not ingested.
_STRUCTURAL = _FATAL | {
    "column_duplicated", "rows_too_long", "column_missing", "crosswalk_column_missing",
    "crosswalk_value_unknown", "decimal_marks_differ",
}  # fmt: skip
# Single cells or rows: reported, and in a stored wave set aside.
_OF_VALUES = {
    "out_of_range", "unreadable", "labels_contradict", "project_unknown", "project_not_in_wave", "personal_data",
    "too_many_rows", "more_rows_than_invited", "too_few_rows",
}  # fmt: skip
_OF_DECLARATION = {"wave_exists", "responses_name"}
_WARNINGS = {"column_unknown", "heading_empty", "rows_blank", "rows_too_short"}
CODES = _STRUCTURAL | _OF_VALUES | _OF_DECLARATION | _WARNINGS


@dataclass(frozen=True)
class Problem:
    """One thing to change (or, for a warning, to look at).

    ``columns``: (letter, heading) of each column concerned. ``rows``: the first few, as the sender's program numbers
    them; ``count``: how many in all. ``variable``: the instrument's name. ``expected``: key of a sentence under
    ``expected`` in the catalogue. ``details``: numbers and declared names that fill the sentences.
    """

    code: str
    columns: tuple[tuple[str, str], ...] = ()
    rows: tuple[int, ...] = ()
    count: int = 0
    variable: str = ""
    sheet: str = ""
    expected: str = ""
    details: Mapping[str, str | int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.code not in CODES:
            raise ValueError(f"unknown problem code {self.code!r}")

    @property
    def severity(self) -> Severity:
        """``error`` stops a submission, ``warning`` does not."""
        return "warning" if self.code in _WARNINGS else "error"

    @property
    def structural(self) -> bool:
        """Whether a stored wave with this problem cannot be ingested."""
        return self.code in _STRUCTURAL

    def as_json(self) -> dict[str, Any]:
        """For ``--json`` and ``<wave>.problems.json``."""
        letter, name = self.columns[0] if self.columns else ("", "")
        content: dict[str, Any] = {"code": self.code, "severity": self.severity}
        optional = {
            "column": name, "letter": letter, "variable": self.variable, "sheet": self.sheet,
            "rows": list(self.rows), "count": self.count, "details": dict(self.details),
        }  # fmt: skip
        if len(self.columns) > 1:
            optional["columns"] = [{"letter": letter, "name": name} for letter, name in self.columns]
        return content | {key: value for key, value in optional.items() if value}


class UnreadableError(Exception):
    """Reading stops here: one problem that leaves nothing else to look at, and what was found before it."""

    def __init__(self, problem: Problem, before: Iterable[Problem] = ()) -> None:
        super().__init__(problem.code)
        self.problems = [*before, problem]


def place(column: SourceColumn) -> tuple[str, str]:
    """How the sender finds ``column`` back: letter and heading, unless the heading would name a person."""
    return column.letter, "" if is_personal(column.name) else column.name
