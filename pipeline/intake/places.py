"""Where something is, in words: sheets, columns and rows as the sender's program shows them, long lists folded."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pipeline.intake.problems import Problem
from pipeline.intake.words import Language, catalogue

MOST_COLUMNS = 12
MOST_RUNS = 10
_LONGEST_NAME = 60


def number(n: int, language: Language) -> str:
    """``n`` with thousands apart, as the language writes it."""
    return f"{n:,}".replace(",", "." if language == "nl" else ",")


def runs(rows: Iterable[int]) -> list[tuple[int, int]]:
    """``rows`` as (first, last) of each unbroken run, in order: 3, 4, 5, 12 is (3, 5), (12, 12)."""
    found: list[tuple[int, int]] = []
    for row in sorted(set(rows)):
        if found and row == found[-1][1] + 1:
            found[-1] = (found[-1][0], row)
        else:
            found.append((row, row))
    return found


def rows_in_words(rows: Sequence[int], language: Language, *, n_rows: int | None = None) -> str:
    """``3–7, 12 en nog 4 rijen``. ``n_rows``: how many there are, where ``rows`` are not all of them."""
    shown, n_shown = [], 0
    for first, last in runs(rows)[:MOST_RUNS]:
        n_shown += last - first + 1
        # a run of two is read faster as two numbers
        shown += [f"{first}–{last}"] if last - first > 1 else [str(row) for row in range(first, last + 1)]
    left = max(len(set(rows)), n_rows or 0) - n_shown
    texts = catalogue()["where"][language]
    more = texts["one_more_row" if left == 1 else "more_rows"].format(count=number(left, language))
    return ", ".join(shown) + (f" {more}" if left > 0 else "")


def columns_in_words(columns: Sequence[tuple[str, str]], language: Language) -> str:
    """``C (a1), D (a2) en nog 12``."""
    shown = ", ".join(column_name(letter, name) for letter, name in columns[:MOST_COLUMNS])
    left = len(columns) - MOST_COLUMNS
    if left <= 0:
        return shown
    return f"{shown} {catalogue()['where'][language]['more_columns'].format(count=number(left, language))}"


def column_name(letter: str, name: str) -> str:
    """Letter and heading, the heading shortened where it is a whole question."""
    short = name if len(name) <= _LONGEST_NAME else name[: _LONGEST_NAME - 1] + "…"
    return f"{letter} ({short})" if letter and short else letter or short


def place_of(problem: Problem, language: Language, *, with_sheet: bool = True) -> str:
    """Sheet, columns and rows of ``problem`` in words; empty when it is about the file as a whole."""
    texts = catalogue()["where"][language]
    parts = [texts["sheet"].format(name=problem.sheet)] if problem.sheet and with_sheet else []
    if any(letter or name for letter, name in problem.columns):
        names = columns_in_words(problem.columns, language)
        parts.append(texts["column" if len(problem.columns) == 1 else "columns"].format(name=names))
    if problem.rows:
        names = rows_in_words(problem.rows, language)
        parts.append(texts["row" if len(problem.rows) == 1 else "rows"].format(name=names))
    return ", ".join(parts)
