"""The report as a PDF: words, pictures, structure, the same bytes twice."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import typst
from bs4 import BeautifulSoup

from pipeline.export import typeset
from pipeline.export.measures import picture_width
from pipeline.export.pages import Selection
from pipeline.export.pdf import MARK, Printed, printable, write_source
from pipeline.export.tree import parse
from pipeline.export.typeset import Typesetter, string


@pytest.fixture(scope="module")
def source(selection: Selection, theme: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What Typst was given."""
    folder = tmp_path_factory.mktemp("typst")
    write_source(selection, folder, theme=theme)
    return folder / "main.typ"


def asked(source: Path, selector: str) -> list[dict[str, Any]]:
    """The elements that Typst knows by ``selector``."""
    found: list[dict[str, Any]] = json.loads(typst.query(str(source), selector, ignore_system_fonts=True))
    return found


def markup(html: str, *targets: str) -> str:
    """HTML as Typst markup."""
    return Typesetter(Path(), set(targets), {}).blocks(parse(html).children)


def shown(folder: Path, text: str) -> str:
    """What a reader would see of Typst markup: the text of the PDF, by ``pdftotext``."""
    program = shutil.which("pdftotext")
    if program is None:
        pytest.skip("no pdftotext on the PATH (apt-get install poppler-utils)")
    (folder / "x.typ").write_text(text, encoding="utf-8")
    (folder / "x.pdf").write_bytes(typst.compile(str(folder / "x.typ"), ignore_system_fonts=True))
    return subprocess.run([program, folder / "x.pdf", "-"], capture_output=True, check=True, text=True).stdout


def test_it_is_an_accessible_pdf_that_knows_its_title_and_language(printed: Printed) -> None:
    assert printed.content.startswith(b"%PDF-")
    assert printed.not_accessible == ""
    assert printed.n_pages > 3
    for wanted in (b"/Lang(nl)", b"/MarkInfo", b"/StructTreeRoot", b"pdfuaid:part>1", b"Magisch wonen"):
        assert wanted in printed.content.replace(b" (", b"("), wanted
    assert MARK.encode() in printed.content
    assert b"/CreationDate" not in printed.content


def test_the_same_bytes_twice(printed: Printed, selection: Selection, theme: Path) -> None:
    assert printable(selection, theme=theme).content == printed.content


def test_every_heading_caption_and_alternative_is_in_it(source: Path, selection: Selection, small_site: Path) -> None:
    headings = [_squeezed(_words(one)) for one in asked(source, "heading")]
    captions = [_squeezed(_words(one)) for one in asked(source, "figure.caption")]
    pictures = [one["alt"] for one in asked(source, "image")]
    for page in selection.pages:
        soup = BeautifulSoup((small_site / page.path).read_text(encoding="utf-8"), "html.parser").select_one("main")
        assert soup is not None
        for heading in soup.select("h1, h2, h3, h4"):
            # notes stand at the foot of their page, without a heading
            assert heading.find_parent(class_="footnotes") or _squeezed(heading.text) in headings
        for caption in soup.select("figcaption, caption"):
            assert _squeezed(caption.text) in captions
        for picture in soup.select("img"):
            assert picture["alt"] in pictures


def test_simulated_data_say_so_on_every_page(printed: Printed, tmp_path: Path) -> None:
    program = shutil.which("pdftotext")
    if program is None:
        pytest.skip("no pdftotext on the PATH (apt-get install poppler-utils)")
    (tmp_path / "x.pdf").write_bytes(printed.content)
    text = subprocess.run([program, tmp_path / "x.pdf", "-"], capture_output=True, check=True, text=True).stdout
    pages = text.rstrip("\f").split("\f")
    assert len(pages) == printed.n_pages
    assert all("Gesimuleerde gegevens" in page for page in pages)
    assert "�" not in text


def test_odd_words_stay_words(tmp_path: Path) -> None:
    odd = r'#x $y$ *z* _a_ `b` <c> @d "e" \f [g] ~ -- // = 1. + é − ≥ χ²'
    assert _squeezed(shown(tmp_path, markup(f"<p>{odd.replace('<', '&lt;')}</p>"))) == odd


@pytest.mark.parametrize(
    ("html", "wanted"),
    [
        ("<p>a\n  b <em> c</em> </p>", '#"a b "#emph[#"c"]'),
        ("<ul><li>a</li><li><p>b</p></li></ul>", '#list([#"a"], [#"b"])'),
        ('<ol start="3"><li>a</li></ol>', '#enum(start: 3, [#"a"])'),
        ('<p><a href="#x">a</a></p><p id="x">b</p>', '#link(label("x"))[#"a"]\n\n#metadata(none)#label("x")#"b"'),
        ('<p><a href="#file-x">CSV</a></p>', '#"CSV"'),
        ('<p>a<a href="#n" role="doc-noteref">1</a></p><section class="footnotes"><ol><li id="n">b</li></ol></section>',
         '#"a"#link(label("n"))[#"1"]'),
        ("<h2>a</h2><h4>b</h4>", '#heading(level: 2)[#"a"]\n\n#heading(level: 3)[#"b"]'),
        ('<details><summary>a</summary><p>b</p></details>', '#callout("note", [#"a"])[#"b"]'),
        ('<div class="callout callout-warning"><div class="callout-header">a</div><p>b</p></div>',
         '#callout("warning", [#"a"])[#"b"]'),
        ("<dl><dt>a</dt><dd>b</dd></dl>", '#term[#"a"]\n#meaning[#"b"]'),
        ('<p lang="ar">a</p>', '#text(lang: "ar")[#"a"]'),
        ("<pre><code>a\n b</code></pre>", '#raw(block: true, "a\\n b")'),
        ('<p><span class="sr-only">a</span>b<button>c</button></p>', '#"b"'),
        ('<div class="facts"><div><b>9</b><span>a</span></div></div>', '#facts(([#"9"], [#"a"]))'),
        ('<p class="chip supported">a</p>', '#chip("supported")[#"a"]'),
        ('<div class="made"><p>a</p></div>', '#made[#"a"]'),
        ('<p>a</p><details class="reproduce site-only"><summary>b</summary><p>c</p></details>', '#"a"'),
    ],
)  # fmt: skip
def test_what_becomes_of_html(html: str, wanted: str) -> None:
    assert markup(html, "x") == wanted


def test_a_note_stands_at_the_foot_of_its_page(source: Path) -> None:
    written = source.read_text(encoding="utf-8")
    assert '#footnote[#"Met projecten als eenheid."' in written
    assert "doc-endnotes" not in written


def test_a_table_is_a_table(tmp_path: Path) -> None:
    html = (
        "<table><thead><tr><th>A</th><th class='num'>n</th></tr></thead>"
        "<tbody><tr><th scope='row'>b</th><td class='num'>1</td></tr></tbody></table>"
    )
    written = markup(html)
    assert (
        'table.cell(align: left + bottom)[#strong[#"A"]], table.cell(align: right + bottom)[#strong[#"n"]])' in written
    )
    assert 'table.cell(align: left)[#"b"], table.cell(align: right)[#"1"]' in written


def test_a_heading_over_all_columns_stays_with_its_rows() -> None:
    written = markup('<table><tr><th colspan="2">A</th></tr><tr><th scope="row">b</th><td>1</td></tr></table>')
    assert "table.header(level: 2, table.cell(align: left + bottom, colspan: 2)[" in written


def test_names_over_signs_stand_upright(tmp_path: Path) -> None:
    names = "".join(f'<th scope="col"><span>Het huis aan het einde {i}</span></th>' for i in range(14))
    head = f'<thead><tr><th class="what">A</th>{names}<th class="num">n</th></tr></thead>'
    row = f'<tr><th scope="row">eigen badkamer</th>{"<td>●</td>" * 14}<td class="num">9</td></tr>'
    figure = markup(f'<figure><table class="component-grid">{head}{row}</table></figure>')
    assert "#turned[" not in figure and figure.count("#upright(") == 14
    template = (Path(typeset.__file__).with_name("report.typ")).read_text(encoding="utf-8")
    (tmp_path / "report.typ").write_text(template, encoding="utf-8")
    assert "Het huis aan het einde 13" in shown(tmp_path, f'#import "report.typ": *\n{figure}')


def test_the_title_of_a_turned_table_stands_on_its_page() -> None:
    cells = "".join(f"<td>{'woord ' * 8}{column}</td>" for column in range(24))
    table = f'<figure id="t"><figcaption>C</figcaption><table><tr>{cells}</tr></table></figure>'
    written = markup(f"<details><summary>a</summary>{table}</details>")
    assert written.startswith('#turned[#opened("note", [#"a"])')


def test_parts_of_a_page_of_one_project_are_not_in_the_contents(source: Path, selection: Selection) -> None:
    listed = [_squeezed(_words(one)) for one in asked(source, "heading") if one.get("outlined", True)]
    several = [page for page in selection.pages if page.single]
    assert [page.slug for page in several] == ["kade", "erf"]
    for page in several:
        assert _squeezed(page.title.text()) in listed
        assert not any(_squeezed(one.text()) in listed for one in page.main.elements() if one.tag == "h2")


@pytest.mark.parametrize(
    ("height", "letters", "width"),
    [(400, 12, 481), (700, 12, 370 / 700 * 720), (700, 11, 481), (1200, 12, 630 / 1200 * 720)],
)
def test_a_picture_is_set_smaller_to_stand_beside_text_while_its_letters_can_be_read(
    height: int, letters: int, width: float
) -> None:
    svg = f'<svg width="720" height="{height}"><text font-size="{letters}">a</text><text font-size="13">b</text></svg>'
    assert picture_width(svg) == pytest.approx(width)


def test_formulas_are_mathematics_with_a_text(source: Path) -> None:
    written = source.read_text(encoding="utf-8")
    assert re.search(r"#math\.equation\(block: true, alt: \"[^\"]*alpha[^$]*\$", written)


@pytest.mark.parametrize("text", ['a"b', "a\\b", "a\nb", '\\"', "#{1 + 1}"])
def test_a_text_is_that_text_in_typst(text: str, tmp_path: Path) -> None:
    (tmp_path / "x.typ").write_text(f"#metadata({string(text)}) <x>", encoding="utf-8")
    assert json.loads(typst.query(str(tmp_path / "x.typ"), "<x>", field="value")) == [text]


def _squeezed(text: str) -> str:
    return " ".join(text.split())


def _words(node: object) -> str:
    """All text in what a query gave."""
    if isinstance(node, list):
        return "".join(map(_words, node))
    if not isinstance(node, dict):
        return ""
    if node.get("func") == "space":
        return " "
    return str(node.get("text", "")) if isinstance(node.get("text"), str) else "".join(
        _words(node[name]) for name in ("body", "children", "child") if name in node
    )  # fmt: skip
