"""Whatever stands in a file: every row is an answer, a heading, or told; every column has its cells."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from tool_help import csv_of, table_of

from pipeline.intake.problems import UnreadableError

HEADINGS = st.sampled_from([
    "", "StartDate", "EndDate", "Status", "Finished", "ResponseId", "Progress", "V1", "V2", "id", "submitdate",
    "lastpage", "startlanguage", "id. Response ID", "q1. Een?", "q[a]", "q[a]. Een? [b]", "q.a.", "_id", "_uuid",
    "_submission_time", "__version__", "X_id", "X.U.FEFF.start", "home/hs1", "home/hs1/tap", "home", "KEY", "home-hs1",
    "Start time", "Begintijd", "Tijd van voltooien", "Completion time", "Timestamp", "Tijdstempel", "Hoe [b]",
    "Respondent ID", "Collector ID", "Een?", "a/b", "[", "]", "/", ".", " - ", "Titel",
])  # fmt: skip
CELLS = st.sampled_from([
    "", "1", "2", "0", "True", "False", "IP Address", "Survey Preview", "Response Type", "Start Date", "Response", "ja",
    "Open-Ended Response", '{"ImportId":"QID1"}', "a;b;", "a;", "a, b", "a,b", "a b", "a", "b", "Y", "N", "N/A", "x\ny",
    "2025-01-31", "31/01/2025", "StartDate", "id", "_id",
])  # fmt: skip


@st.composite
def files(draw: st.DrawFn) -> list[list[str]]:
    width = draw(st.integers(1, 8))
    heading = draw(st.lists(HEADINGS, min_size=width, max_size=width))
    rows = draw(st.lists(st.lists(st.one_of(CELLS, HEADINGS), min_size=width, max_size=width), min_size=1, max_size=8))
    return [heading, *rows]


@settings(max_examples=80, deadline=None)
@given(files())
def test_no_row_is_lost_and_no_column_is_without_cells(rows: list[list[str]]) -> None:
    try:
        table, problems = table_of(csv_of(rows))
    except UnreadableError:
        return
    read = set(table.cells_by_row.index)
    told = {row for p in problems if p.code in ("rows_blank", "rows_preview", "rows_unfinished") for row in p.rows}
    assert not read & told
    filled = {i for i, row in enumerate(rows, start=1) if any(cell.strip() for cell in row)}
    title = next((int(p.details["found"]) for p in problems if p.code == "title_above"), None)
    first = title or min(filled)
    named = set(range(1, first + table.format.heading_rows))
    assert filled <= read | told | named
    positions = {column.position for column in table.columns}
    assert len(positions) == len(table.columns)
    assert {int(position) for position in table.cells_by_row.columns} == positions
