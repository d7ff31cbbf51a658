"""Tables on paper: where cells start, and how wide columns get."""

from __future__ import annotations

import pytest

from pipeline.export.tables import PADDING, SIZES, Grid, grid_of, layout, text_width
from pipeline.export.tree import parse


def grid(html: str) -> Grid:
    table = parse(f"<table>{html}</table>").find("table")
    assert table is not None
    return grid_of(table)


def test_heading_rows_body_rows_and_figures() -> None:
    found = grid(
        '<caption>C</caption><thead><tr><th>a</th><th class="num">b</th></tr></thead>'
        '<tbody><tr><th scope="row">c</th><td class="num interval">1</td></tr></tbody><tfoot><tr><td colspan="2">n</td>'
        "</tr></tfoot>"
    )
    assert [[(cell.element.text(), cell.figure) for cell in row] for row in found.head] == [[("a", False), ("b", True)]]
    assert [[(cell.element.text(), cell.columns) for cell in row] for row in found.body] == [
        [("c", 1), ("1", 1)],
        [("n", 2)],
    ]
    assert found.n_columns == 2


def test_cells_start_where_those_above_leave_room() -> None:
    found = grid('<tr><td rowspan="2">a</td><td>b</td></tr><tr><td>c</td></tr><tr><td>d</td><td>e</td></tr>')
    assert [(cell.element.text(), column) for column, cell in found.starts()] == [
        ("a", 0), ("b", 1), ("c", 1), ("d", 0), ("e", 1),
    ]  # fmt: skip


def test_a_small_table_is_as_wide_as_its_text() -> None:
    found = layout(grid("<tr><td>one</td><td>two words</td></tr>"), width=400, turned_width=700)
    assert (found.size, found.turned) == (SIZES[0], False)
    assert found.widths[1] >= text_width("two words") * SIZES[0] + PADDING
    assert sum(found.widths) < 100


@pytest.mark.parametrize("n_columns", [2, 6, 12, 24, 60])
def test_no_table_is_wider_than_its_page(n_columns: int) -> None:
    cells = "".join(f"<td>{'woord ' * 8}{column}</td>" for column in range(n_columns))
    found = layout(grid(f"<tr>{cells}</tr>"), width=400, turned_width=700)
    assert sum(found.widths) <= (700 if found.turned else 400) + 1e-6
    assert found.size in SIZES
    assert found.turned == (n_columns > 12)


def test_an_interval_goes_below_its_estimate_before_a_text_is_squeezed() -> None:
    row = f"<tr><td>{'een lange zin ' * 6}</td><td class='num'>+1,01 [+0,61; +1,42]</td></tr>"
    narrow, wide = (layout(grid(row), width=width, turned_width=900).widths[1] for width in (300, 700))
    assert narrow == pytest.approx(text_width("[+0,61; +1,42]") * 9 + PADDING)
    assert wide > text_width("+1,01 [+0,61; +1,42]") * 9 + PADDING


def test_among_many_figures_a_text_gets_smaller_type_rather_than_a_word_a_line() -> None:
    figures = "".join('<td class="num">+0,12</td>' for _ in range(9))
    heads = "".join('<th class="num">Betrouwbaarheid</th>' for _ in range(9))
    table = f"<thead><tr><th>Vraag</th>{heads}</tr></thead><tr><td>{'een lange vraag ' * 5}</td>{figures}</tr>"
    found = layout(grid(table), width=468, turned_width=720)
    assert (found.turned, found.size < SIZES[0], found.widths[0] > 75) == (False, True, True)


def test_a_word_has_room_for_the_sign_before_it() -> None:
    (plain,) = layout(grid("<tr><td>Gesteund</td></tr>"), width=400, turned_width=700).widths
    (signed,) = layout(grid("<tr><td><svg></svg>Gesteund</td></tr>"), width=400, turned_width=700).widths
    assert signed > plain + 9


def test_a_column_of_text_gets_the_room_that_figures_leave() -> None:
    row = f"<tr><td>{'een lange zin ' * 20}</td><td class='num'>12</td></tr>"
    text, figure = layout(grid(row), width=400, turned_width=700).widths
    assert text > 8 * figure
    assert text + figure == pytest.approx(400)
