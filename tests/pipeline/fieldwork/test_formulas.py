"""Whatever texts begin with, nothing that is written for a spreadsheet holds a formula."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator

from fieldwork_help import PARAMS, registry, small, wave
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook

from pipeline.fieldwork.form import make_form
from pipeline.fieldwork.review import review_table
from pipeline.fieldwork.workbook import Delivery, delivery_workbook
from pipeline.fieldwork.xlsform import xlsform
from pipeline.intake.answer import marked_copy
from pipeline.intake.check import Expectation, check_received
from pipeline.intake.mapping.propose import propose
from pipeline.intake.mapping.written import crosswalk_csv, crosswalk_workbook
from pipeline.intake.source import Received

STARTS = st.sampled_from(["=", "+", "-", "@", " =", "\u00a0@", "\t="])
TEXTS = st.builds(lambda start, rest: f"{start}{rest}", STARTS, st.sampled_from(["cmd|' /C calc'!A0", "SUM(1+1)", "x"]))
_NUMBER = re.compile(r"[+-]?\d+(?:[.,]\d+)?")


def formulas(data: bytes) -> list[str]:
    """Cells that a spreadsheet may take for a formula."""
    return [text for text in _texts(data) if _could_be(text)]


def _texts(data: bytes) -> Iterator[str]:
    if not data.startswith(b"PK"):
        for row in csv.reader(io.StringIO(data.decode("utf-8-sig")), delimiter=";"):
            yield from row
        return
    for sheet in load_workbook(io.BytesIO(data)):
        for cells in sheet.iter_rows():
            for cell in cells:
                assert cell.data_type != "f"
                # of a cell that says it is text no program makes a formula, but of what is saved as CSV it does
                yield from [cell.value] if isinstance(cell.value, str) else []


def _could_be(text: str) -> bool:
    return text.lstrip(" \u00a0")[:1] in ("=", "+", "-", "@", "\t", "\r") and not _NUMBER.fullmatch(text) and text != ""


@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(TEXTS, min_size=7, max_size=7))
def test_no_text_becomes_a_formula(texts: list[str]) -> None:
    question, answer, hint, name, corporation, heading, cell = texts
    yes, no = {"nl": f"{answer} 1"}, {"nl": f"{hint} 2"}
    made = small(
        {"name": "a1", "role": "item", "type": "integer", "title": {"nl": question}, "scale": "own", "source": "own"},
        {"name": "consent", "role": "consent", "type": "string", "title": {"nl": answer}, "source": "own",
         "categories": [{"value": "yes", "label": yes}, {"value": "no", "label": no}]},
        title={"nl": name},
        scales={"own": {"categories": [{"value": 1, "label": yes}, {"value": 2, "label": no}],
                        "translations": {"nl": "original"}}},
    )  # fmt: skip
    project = registry().projects[0].model_copy(update={"name": name, "corporation": corporation})
    form = make_form(made, [project], ["nl"], corporation=corporation)
    for data in (
        xlsform(form),
        review_table(form, "nl"),
        delivery_workbook(Delivery(made, (project,), corporation, "residents"), "nl"),
    ):
        assert formulas(data) == []

    sent = io.StringIO()
    csv.writer(sent).writerows([[question, heading, "project"], [answer, cell, project.id], [cell, cell, name]])
    expected = Expectation(made, registry(), PARAMS, wave("a.csv"))
    checked = check_received(Received("a.csv", sent.getvalue().encode()), expected)
    copy = marked_copy(checked, expected, "nl")
    assert copy is not None
    assert formulas(copy) == []
    if checked.table is not None:
        lines = propose(checked.table, made, registry()).lines
        assert formulas(crosswalk_csv(lines, "nl")) == []
        assert formulas(crosswalk_workbook(lines, made, "nl")) == []
