"""The inputs: damaged files by their number, and tables that Hypothesis makes up."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from random import Random

from fuzz_judge import Input
from fuzz_mutate import bytes_of, changed, delimited, splice, zipped
from fuzz_sources import Source, as_ods, as_xlsx, some_of, sources
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

CHUNK = 25
"""Inputs that are made and judged together; every fourth chunk is Hypothesis's."""
_NAMES = (
    "project",
    "consent",
    "language",
    "role",
    "sat1",
    "sat2",
    "tie1",
    "tenure",
    "years",
    "naam",
    "e-mail",
    "",
    "\ufeffid",
)
_TEXT = st.text(st.characters(exclude_categories=["Cc", "Cs"]), max_size=12)
_CELL = st.one_of(
    st.sampled_from(
        ["", "1", "2", "5", "yes", "nee", "nl", "resident", "elm", "1,5", "2.5", "=1+1", "#N/A", "ash; oak"]
    ),
    _TEXT,
    st.floats().map(repr),
    st.dates().map(str),
    st.emails(),
)


def is_made_up(chunk: int) -> bool:
    """Whether the inputs of ``chunk`` are Hypothesis's."""
    return chunk % 4 == 3


def damaged(number: int, whole_seed: int) -> tuple[Input, Random]:
    """Input number ``number``: always the same one for the same seed. The chance that comes with it judges it."""
    chance = Random(f"{whole_seed}:{number}")
    source = chance.choice(sources())
    data = some_of(source, chance)
    if source.form in ("xlsx", "ods") and source.rows and chance.random() < 0.4:
        rows = changed([list(row) for row in source.rows], chance)
        data = as_xlsx(rows) if source.form == "xlsx" else as_ods(rows)
        return Input(data, source.form, source.study, f"answers.{source.form}"), chance
    for _ in range(chance.choice((1, 1, 1, 2, 3))):
        data = _damage(source, data, chance)
    name = chance.choice(
        (f"answers.{source.form}",) * 6 + ("a.csv", "a.xlsx", "a.xls", "a.sav", "x", "..\\..\\a\u202e.csv")
    )
    return Input(data, source.form, source.study, name), chance


def _damage(source: Source, data: bytes, chance: Random) -> bytes:
    if chance.random() < 0.05:
        return splice(data, chance.choice(sources()).data[:100_000], chance)
    if source.form == "csv" and chance.random() < 0.75:
        return delimited(data, chance)
    if source.form in ("xlsx", "ods") and chance.random() < 0.8:
        return zipped(data, chance)
    return bytes_of(data, chance)


@st.composite
def _tables(draw: st.DrawFn) -> list[list[str]]:
    width = draw(st.integers(1, 8))
    heading = draw(st.lists(st.one_of(st.sampled_from(_NAMES), _TEXT), min_size=width, max_size=width))
    height = draw(st.integers(0, 12))
    rows = [draw(st.lists(_CELL, min_size=width, max_size=width)) for _ in range(height)]
    return [heading, *rows]


def _as_csv(rows: list[list[str]], delimiter: str) -> bytes:
    stream = io.StringIO()
    csv.writer(stream, delimiter=delimiter).writerows(rows)
    return stream.getvalue().encode(errors="replace")


def _printable(text: str) -> str:
    return "".join(c for c in text if c == "\n" or (c.isprintable() and not 0xD800 <= ord(c) < 0xE000))


def made_up(chunk: int, whole_seed: int, use: Callable[[Input, Random], None], n: int = CHUNK) -> None:
    """Have Hypothesis make tables up and ``use`` each of them; it is to swallow what goes wrong."""

    @seed(whole_seed * 1_000_003 + chunk)
    @settings(
        max_examples=n,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(_tables(), st.sampled_from(["csv", "csv", "csv;", "xlsx", "ods"]), st.integers(0, 2**32))
    def one(rows: list[list[str]], form: str, luck: int) -> None:
        if form == "xlsx":
            data = as_xlsx([[_printable(cell) for cell in row] for row in rows])
        elif form == "ods":
            data = as_ods([[_printable(cell) for cell in row] for row in rows])
        else:
            data = _as_csv(rows, ";" if form == "csv;" else ",")
        kind = form.rstrip(";")
        use(Input(data, kind, "tiny", f"answers.{kind}"), Random(luck))

    one()
