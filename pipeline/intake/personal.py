"""Personal data that must not come in: found by what a column is called and by what stands in it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import pairwise
from typing import Any

import numpy as np

from pipeline.intake.identifiers import is_personal
from pipeline.intake.plan import Plan
from pipeline.intake.problems import Problem, place
from pipeline.intake.source import SourceColumn, SourceTable

# A heading that holds one of these words, in Dutch or English, promises personal data …
_WORDS = frozenset({
    "voornaam", "achternaam", "roepnaam", "tussenvoegsel", "voorletters", "initialen", "firstname", "lastname",
    "surname", "forename", "fullname", "initials", "email", "mail", "emailadres", "mailadres", "telefoon",
    "telefoonnummer", "mobiel", "mobielnummer", "phone", "telephone", "mobile", "phonenumber", "adres", "address",
    "straat", "straatnaam", "huisnummer", "street", "postcode", "zipcode", "geboortedatum", "geboortedag", "birthdate",
    "birthday", "dateofbirth", "dob", "bsn", "burgerservicenummer", "vnummer", "ipadres", "ipaddress", "ip", "ipaddr",
    "deviceid", "imei", "latitude", "longitude", "breedtegraad", "lengtegraad",
})  # fmt: skip
_PAIRS = (
    ("first", "name"), ("last", "name"), ("full", "name"), ("family", "name"), ("given", "name"), ("e", "mail"),
    ("birth", "date"), ("of", "birth"), ("zip", "code"), ("device", "id"), ("v", "nummer"),
)  # fmt: skip
# … and so does a name, unless it is the name of something else
_NAMES = frozenset({"naam", "name"})
_NAMELESS = frozenset({
    "project", "projects", "gebouw", "building", "complex", "wijk", "buurt", "neighbourhood", "neighborhood", "bestand",
    "file", "vragenlijst", "survey", "questionnaire", "golf", "wave", "corporatie", "corporation", "gemeente",
    "municipality", "land", "country", "variable", "taal", "language", "collector", "list",
})  # fmt: skip


def personal_cells(categories: Iterable[Any]) -> np.ndarray[Any, Any]:
    """Which of a column's different cells hold an e-mail address, a telephone number or an IP address."""
    return np.array([isinstance(cell, str) and is_personal(cell) for cell in categories], dtype=bool)


def heading_is_personal(name: str) -> bool:
    """Whether a column with this heading is likely to hold personal data."""
    words = re.findall(r"[^\W\d_]+", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).casefold())
    if len(words) > 6:
        return False  # a question, and a question is judged by its answers
    if _WORDS & set(words) or any(pair in pairwise(words) for pair in _PAIRS):
        return True
    return bool(_NAMES & set(words)) and not _NAMELESS & set(words)


def personal_data(table: SourceTable, plan: Plan) -> list[Problem]:
    """One problem per column with personal data. Headings count where no variable is had from the column; cells count
    everywhere, and nowhere are they shown."""
    unmapped = {column.position for column in plan.unmapped}
    problems = []
    for column in table.columns:
        problem = _by_content(table, column)
        if problem is None and column.position in unmapped and heading_is_personal(column.name):
            filled = int(table.cells_by_row[column.position].notna().sum())
            problem = Problem("personal_data", columns=(place(column),), count=filled, sheet=table.format.sheet)
        if problem:
            problems.append(problem)
    return problems


def _by_content(table: SourceTable, column: SourceColumn) -> Problem | None:
    cells = table.cells_by_row[column.position]
    marked = np.append(personal_cells(cells.cat.categories), False)
    rows = [int(row) for row in cells.index[marked[cells.cat.codes.to_numpy()]]]
    if not rows:
        return None
    return Problem(
        "personal_data", columns=(place(column),), rows=tuple(rows), count=len(rows),
        sheet=table.format.sheet,
    )  # fmt: skip
