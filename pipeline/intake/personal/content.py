"""What stands in a column that no variable is had from: its kind of personal data, by the cells alone.

One e-mail address, telephone number, IP address or account number is enough. All else is told by a column as a whole:
by how many of its cells have a shape, how many of them differ, and, for the citizen service number, how many more pass
its check digit than chance would let pass.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import bdtrc

from pipeline.intake.identifiers import passes_eleven_test, passes_luhn
from pipeline.intake.personal.headings import Kind
from pipeline.intake.personal.names import are_names
from pipeline.intake.text import as_text

MOST_LOOKED_AT = 2_000
"""Of more different cells, this many, evenly spread, stand for all."""
_MOST = 0.8
_BSN_BY_CHANCE = 1 / 11

_IN_GROUPS = re.compile(r"(?<=\d)[ .-](?=\d{2})")
"""What people put between the digits of a number: 1112.22.333, 111 222 333."""
_UUID = re.compile(r"(?:uuid:)?[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}", re.IGNORECASE)
_RESPONSE = re.compile(r"R_[0-9A-Za-z]{12,20}")
_DEVICE = re.compile(
    r"(?:collect|ee\.[\w.-]+):[\w-]{12,}|[0-9a-f]{16}|Mozilla/\d.*|(?:[0-9a-f]{2}[:-]){5}[0-9a-f]{2}|"
    r"(?:android|ios|windows)[-_:][0-9a-f-]{12,}",
    re.IGNORECASE,
)
_POSTCODE = re.compile(r"[1-9]\d{3} ?[A-Z]{2}(?:[ ,]+\d{1,5}\b.{0,40})?", re.IGNORECASE)
_STREET = re.compile(
    r"[^\d,;@]{0,40}?(?:straat|weg|laan|plein|kade|gracht|dijk|hof|singel|dreef|steeg|pad|markt|park|street|road|avenue)"
    r",? \d{1,4} ?(?:[a-z]|[ivx]+|bis)?(?: ?[-/] ?\w{1,4})?(?:,? .*)?",
    re.IGNORECASE,
)
_POINT = re.compile(r"\(?(-?\d{1,3}\.\d{2,})[,; ] ?(-?\d{1,3}\.\d{2,})(?: -?\d+(?:\.\d+)?){0,2}\)?")
_MONTHS = (
    "jan|feb|mrt|maart|mar|apr|mei|may|jun|jul|aug|sep|sept|okt|oct|nov|dec|januari|februari|april|juni|juli|augustus|"
    "september|oktober|november|december|january|february|march|june|july|august|october"
)
_DAY = re.compile(
    r"(\d{4})[-/]\d{1,2}[-/]\d{1,2}(?:[T ]00:00(?::00)?.*)?|\d{1,2}[-/.]\d{1,2}[-/.](\d{4}|\d{2})|"
    rf"\d{{1,2}}[ -](?:{_MONTHS})\.?[ -](\d{{4}}|\d{{2}})",
    re.IGNORECASE,
)
_THIS_CENTURY = 30
"""A year of two digits from here on is of the last century."""
_MOST_CHOICES = 80
"""A longer list is not chosen from."""
_WORDS_OF_A_REMARK = 5
_YEARS_OF_LIFE, _SPREAD_OF_YEARS = 15, 12


@dataclass(frozen=True)
class Cells:
    """The different cells of a column as text (``MOST_LOOKED_AT`` of them), how many there are, in how many rows."""

    texts: tuple[str, ...]
    n_different: int
    n_filled: int

    @classmethod
    def of(cls, cells: pd.Series[Any]) -> Cells:
        """The cells of a categorical column."""
        categories = cells.cat.categories
        step = max(1, -(-len(categories) // MOST_LOOKED_AT))
        return cls(tuple(map(as_text, categories[::step])), len(categories), int(cells.notna().sum()))

    def share(self, fits: Callable[[str], object]) -> float:
        """Share of the different cells that ``fits`` says yes to."""
        return sum(bool(fits(text)) for text in self.texts) / len(self.texts) if self.texts else 0.0

    @property
    def different(self) -> float:
        """How many of the filled cells are different ones, as a share."""
        return self.n_different / self.n_filled if self.n_filled else 0.0


def kind_of_cells(cells: Cells) -> Kind | None:
    """The kind of personal data that a column as a whole holds; ``None`` when it holds none that can be told."""
    if cells.n_different < 3:
        return None
    digits = [text for text in cells.texts if text.isdecimal()]
    if len(digits) >= _MOST * len(cells.texts):
        return _of_digits(digits, cells)
    grouped = [number for text in cells.texts if (number := _IN_GROUPS.sub("", text)).isdecimal()]
    if len(grouped) >= _MOST * len(cells.texts) and are_service_numbers(grouped):
        return "bsn"
    checks: tuple[tuple[Kind, Callable[[Cells], bool]], ...] = (
        ("birth_date", _are_birth_dates), ("location", _are_points), ("response_id", _are_response_ids),
        ("device", _are_devices), ("address", _are_addresses), ("name", _are_names), ("free_text", _is_free_text),
    )  # fmt: skip
    return next((kind for kind, check in checks if check(cells)), None)


def _of_digits(digits: Sequence[str], cells: Cells) -> Kind | None:
    """Service numbers, devices and mobile numbers among whole numbers."""
    if are_service_numbers(digits):
        return "bsn"
    if len(digits) >= 5 and sum(len(d) == 15 and passes_luhn(d) for d in digits) >= _MOST * len(digits):
        return "device"
    # a spreadsheet takes the 0 off 0612345678
    mobile = sum(len(d) == 9 and d[0] == "6" for d in digits) + sum(
        len(d) == 11 and d.startswith("316") for d in digits
    )
    if len(digits) >= 5 and mobile >= _MOST * len(digits) and cells.different >= 0.7 and not _runs_on(digits):
        return "phone"
    return None


def _runs_on(digits: Sequence[str]) -> bool:
    """Whether numbers lie as close together as those that something counts."""
    numbers = sorted(map(int, digits))
    return numbers[-1] - numbers[0] < 1_000 * len(numbers)


def are_service_numbers(digits: Sequence[str]) -> bool:
    """Whether numbers of 8 or 9 digits pass the eleven test far more often than one in eleven: so many that chance
    would give it less than once in a million columns."""
    long = [d for d in digits if len(d) in (8, 9)]
    if len(long) < 6 or len(long) < _MOST * len(digits):
        return False
    passed = sum(map(passes_eleven_test, long))
    return passed > len(long) / 2 and bool(bdtrc(passed - 1, len(long), _BSN_BY_CHANCE) < 1e-6)


def _are_birth_dates(cells: Cells) -> bool:
    """Days without a time, years apart, most of them long before the latest."""
    if cells.share(_DAY.fullmatch) < _MOST or cells.n_different < 5:
        return False
    years = [_year(m[m.lastindex or 1]) for text in cells.texts if (m := _DAY.fullmatch(text))]
    low, middle, high = np.percentile(years, [10, 50, 90])
    return bool(high - low >= _SPREAD_OF_YEARS and max(years) - low >= _YEARS_OF_LIFE and middle >= 1900)


def _year(digits: str) -> int:
    year = int(digits)
    return year if len(digits) == 4 else year + (2000 if year < _THIS_CENTURY else 1900)


def _are_points(cells: Cells) -> bool:
    def fits(text: str) -> bool:
        match = _POINT.fullmatch(text.strip())
        return match is not None and abs(float(match.group(1))) <= 90 and abs(float(match.group(2))) <= 180

    return cells.share(fits) >= _MOST


def _are_response_ids(cells: Cells) -> bool:
    return cells.different >= 0.5 and cells.share(lambda t: _UUID.fullmatch(t) or _RESPONSE.fullmatch(t)) >= _MOST


def _are_devices(cells: Cells) -> bool:
    return cells.share(_DEVICE.fullmatch) >= _MOST


def _are_addresses(cells: Cells) -> bool:
    return cells.share(lambda t: _POSTCODE.fullmatch(t.strip()) or _STREET.fullmatch(t.strip())) >= 0.5


def _are_names(cells: Cells) -> bool:
    of_all = cells.n_filled * len(cells.texts) / cells.n_different
    return are_names(cells.texts, round(of_all))


def _is_free_text(cells: Cells) -> bool:
    """Many different texts of several words, that are no answers chosen together."""
    words = [text.split() for text in cells.texts]
    if _were_chosen(cells.texts, words):
        return False
    worded = [w for w, text in zip(words, cells.texts, strict=True) if sum(map(str.isalpha, text)) >= 0.6 * len(text)]
    long = sum(len(w) >= 5 for w in worded)
    several = sum(len(w) >= 2 for w in worded)
    many_long = long >= 3 and long >= 0.3 * len(words) and cells.different >= 0.3
    mostly_other = several >= 8 and several >= 0.5 * len(words) and cells.different >= 0.6
    return many_long or mostly_other


def _were_chosen(texts: Sequence[str], words: Sequence[Sequence[str]]) -> bool:
    """Whether texts are choices of one list put together, ``pay_bills report_leaks`` or ``Garden;Own kitchen``: few
    different ones, none twice in a text, and codes or marks between them."""
    joined = sum(";" in text for text in texts) >= 0.3 * len(texts)
    chosen = [[part.strip() for part in text.split(";") if part.strip()] for text in texts] if joined else words
    vocabulary = {part for parts in chosen for part in parts}
    coded = joined or any("_" in part for part in vocabulary)
    few = len(vocabulary) <= min(_MOST_CHOICES, max(2, 0.7 * len(texts)))
    return coded and few and all(len(set(parts)) == len(parts) for parts in chosen)


def is_a_remark(text: str) -> bool:
    """Whether ``text`` has so many words that somebody wrote it."""
    return len(text.split()) >= _WORDS_OF_A_REMARK and sum(map(str.isalpha, text)) >= 0.6 * len(text)


def two_coordinates(columns: Sequence[Sequence[str]]) -> tuple[int, int] | None:
    """Which two of ``columns`` (texts of each) are latitude and longitude of places in the Low Countries, with the four
    decimals that tell houses apart; ``None`` when no two are."""
    found: dict[str, int] = {}
    for i, texts in enumerate(columns):
        numbers = [float(t.replace(",", ".")) for t in texts if re.fullmatch(r"\d{1,2}[.,]\d{4,}", t)]
        if len(numbers) < 3 or len(numbers) < _MOST * len(texts):
            continue
        if all(49.4 <= number <= 53.8 for number in numbers):
            found.setdefault("latitude", i)
        elif all(2.5 <= number <= 7.3 for number in numbers):
            found.setdefault("longitude", i)
    return (found["latitude"], found["longitude"]) if len(found) == 2 else None
