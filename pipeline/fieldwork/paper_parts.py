"""The parts of a printed page, in either direction of writing: paragraphs, boxes, tables, blanks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from docx.document import Document as DocumentObject
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm, Pt, RGBColor

from pipeline.fieldwork.wording import RIGHT_TO_LEFT

_FONT = "Arial"
_FONTS = {"ti": "Noto Sans Ethiopic", "am": "Noto Sans Ethiopic", "ar": "Arial"}
"""What has the letters of a language; where it is not installed, Word and LibreOffice look for another."""
_GREY = RGBColor(0x5F, 0x5F, 0x5F)
_SYMBOLS = "Segoe UI Symbol"


def set_page(document: DocumentObject) -> None:
    """A4 with narrow margins, a readable letter, no style of its own."""
    section = document.sections[0]
    section.page_width, section.page_height = Cm(21), Cm(29.7)
    section.left_margin = section.right_margin = Cm(1.7)
    section.top_margin, section.bottom_margin = Cm(2.0), Cm(1.8)
    style = document.styles["Normal"]
    style.font.name, style.font.size = _FONT, Pt(11)
    style.paragraph_format.space_after = Pt(4)


def _narrow_margins(table: Any) -> None:
    """Leave the room in a cell to its words."""
    margins = OxmlElement("w:tblCellMar")
    for side in ("left", "right"):
        margin = OxmlElement(f"w:{side}")
        margin.set(qn("w:w"), "40")
        margin.set(qn("w:type"), "dxa")
        margins.append(margin)
    table._tbl.tblPr.insert_element_before(margins, "w:tblLook")


@dataclass
class Writer:
    """Writes into ``document`` for readers of ``language``."""

    document: DocumentObject
    language: str

    @property
    def right_to_left(self) -> bool:
        """Whether the page runs from right to left."""
        return self.language in RIGHT_TO_LEFT

    # --- paragraphs

    def heading(self, text: str, *, language: str) -> None:
        """The title of the questionnaire."""
        paragraph = self.document.add_paragraph()
        self.fill(paragraph, text, size=18, bold=True, language=language)

    def subheading(self, text: str, *, language: str) -> None:
        """The title of a part; it stays with what follows."""
        paragraph = self.document.add_paragraph()
        paragraph.paragraph_format.space_before = Pt(14)
        paragraph.paragraph_format.keep_with_next = True
        self.fill(paragraph, text, size=13, bold=True, language=language)

    def paragraph(self, text: str, *, language: str) -> None:
        """Plain text."""
        self.fill(self.document.add_paragraph(), text, language=language)

    def note(self, text: str, *, language: str = "") -> None:
        """Small grey text; it stays with what follows."""
        paragraph = self.document.add_paragraph()
        paragraph.paragraph_format.keep_with_next = True
        self.fill(paragraph, text, size=8.5, grey=True, language=language)

    def question(self, text: str, name: str, own_mark: str, *, language: str) -> None:
        """A question by itself: its words, its mark, its name in small print."""
        paragraph = self.document.add_paragraph()
        paragraph.paragraph_format.space_before = Pt(10)
        paragraph.paragraph_format.keep_with_next = True
        self.fill(paragraph, text, bold=True, language=language)
        self._small(paragraph, "  ".join(filter(None, (own_mark, name))))

    def answer(self, box: str, text: str, code: str, *, language: str, with_next: bool = False) -> None:
        """An answer with its box and its code; it stays with the next answer."""
        paragraph = self.document.add_paragraph()
        paragraph.paragraph_format.keep_with_next = with_next
        paragraph.paragraph_format.left_indent = Cm(0.6)
        paragraph.paragraph_format.space_after = Pt(2)
        paragraph.paragraph_format.keep_together = True
        self._direct(paragraph, language)
        self._run(paragraph, box, size=17, symbol=True)
        self._run(paragraph, f"  {text}", language=language)
        self._small(paragraph, code)

    def blank(self, text: str, name: str, *, language: str, places: int) -> None:
        """A text and room to write, as many places as somebody is to fill in."""
        paragraph = self.document.add_paragraph()
        paragraph.paragraph_format.space_before = Pt(6)
        self.fill(paragraph, f"{text}  " if text else "", bold=bool(text), language=language)
        if places:
            self._run(paragraph, " ".join(["__"] * places), size=15)
        self._small(paragraph, name)

    def cut_here(self, text: str, *, language: str) -> None:
        """A line to cut along."""
        paragraph = self.document.add_paragraph()
        paragraph.paragraph_format.space_before = Pt(22)
        paragraph.paragraph_format.keep_with_next = True
        border = OxmlElement("w:pBdr")
        top = OxmlElement("w:top")
        for key, value in (("val", "dashed"), ("sz", "8"), ("space", "8"), ("color", "5F5F5F")):
            top.set(qn(f"w:{key}"), value)
        border.append(top)
        paragraph.paragraph_format.element.get_or_add_pPr().insert_element_before(
            border, "w:shd", "w:tabs", "w:suppressAutoHyphens", "w:bidi", "w:spacing", "w:ind", "w:jc", "w:rPr"
        )
        self._direct(paragraph, language)
        self._run(paragraph, "✂  ", symbol=True)
        self._run(paragraph, text, bold=True, language=language)

    # --- tables

    def table(self, n_rows: int, n_columns: int, *, first: Cm, width: Cm) -> list[list[Any]]:
        """The cells, row by row, of a table whose first column is wide.

        Its headings come again on every page, its rows are never cut in two.
        """
        table = self.document.add_table(rows=n_rows, cols=n_columns)
        table.style = "Table Grid"
        table.autofit = False
        table.alignment = WD_TABLE_ALIGNMENT.CENTER
        if self.right_to_left:
            properties = table._tbl.tblPr
            direction = OxmlElement("w:bidiVisual")
            properties.insert_element_before(
                direction,
                "w:tblStyleRowBandSize",
                "w:tblStyleColBandSize",
                "w:tblW",
                "w:jc",
                "w:tblLayout",
                "w:tblLook",
            )
        other = (width - first) // (n_columns - 1)
        for place, column in enumerate(table.columns):
            column.width = first if place == 0 else other
        rows = [list(row.cells) for row in table.rows]  # python-docx looks all cells up again each time it is asked
        for cells in rows:
            for place, cell in enumerate(cells):
                cell.width = first if place == 0 else other
        _narrow_margins(table)
        for place, row in enumerate(table.rows):
            properties = row._tr.get_or_add_trPr()
            properties.append(OxmlElement("w:cantSplit"))
            if place == 0:
                properties.append(OxmlElement("w:tblHeader"))
        return rows

    def column_title(self, cell: Any, text: str, code: str, *, language: str, size: float) -> None:
        """An answer above its column, its code below it."""
        paragraph = cell.paragraphs[0]
        paragraph.paragraph_format.keep_with_next = True
        self.fill(paragraph, text, size=size, language=language)
        paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
        below = cell.add_paragraph()
        below.paragraph_format.keep_with_next = True
        below.alignment = WD_ALIGN_PARAGRAPH.CENTER
        self._run(below, code, size=8, grey=True)

    def statement(
        self, cell: Any, text: str, name: str, own_mark: str, *, language: str, with_next: bool = True
    ) -> None:
        """A statement at the head of its row, which stays with the next row."""
        paragraph = cell.paragraphs[0]
        paragraph.paragraph_format.keep_with_next = with_next
        self.fill(paragraph, text, size=10.5, language=language)
        self._small(paragraph, "  ".join(filter(None, (own_mark, name))))

    def box(self, cell: Any, box: str) -> None:
        """A box to put a cross in."""
        paragraph = cell.paragraphs[0]
        paragraph.paragraph_format.space_after = Pt(0)
        paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
        self._run(paragraph, box, size=19, symbol=True)

    # --- runs

    def fill(
        self,
        paragraph: Any,
        text: str,
        *,
        size: float = 11,
        bold: bool = False,
        grey: bool = False,
        language: str = "",
    ) -> None:
        """Put ``text`` into ``paragraph``, in the direction of ``language``, which is that of the words."""
        self._direct(paragraph, language)
        self._run(paragraph, text, size=size, bold=bold, grey=grey, language=language)

    def fill_with_pages(self, paragraph: Any, text: str, *, language: str) -> None:
        """``text`` with the number of the page for the first control sign in it and how many there are for the next."""
        self._direct(paragraph, language)
        before, _, rest = text.partition("\x01")
        between, _, after = rest.partition("\x02")
        for said, code in ((before, "PAGE"), (between, "NUMPAGES"), (after, "")):
            self._run(paragraph, said, size=9, grey=True, language=language)
            if code:
                run = self._run(paragraph, "", size=9, grey=True)
                field = OxmlElement("w:fldSimple")
                field.set(qn("w:instr"), code)
                field.append(run._r)
                paragraph._p.append(field)
                run.text = "1"

    def _direct(self, paragraph: Any, language: str) -> None:
        """Say which way the paragraph runs: that of its words, else that of the page."""
        if (language or self.language) in RIGHT_TO_LEFT:
            properties = paragraph._p.get_or_add_pPr()
            if properties.find(qn("w:bidi")) is None:
                properties.insert_element_before(
                    OxmlElement("w:bidi"), "w:adjustRightInd", "w:snapToGrid", "w:spacing", "w:ind",
                    "w:contextualSpacing", "w:jc", "w:textAlignment", "w:outlineLvl", "w:rPr",
                )  # fmt: skip

    def _small(self, paragraph: Any, text: str) -> None:
        if text:
            self._run(paragraph, f"   {text}", size=8, grey=True)

    def _run(
        self,
        paragraph: Any,
        text: str,
        *,
        size: float = 11,
        bold: bool = False,
        grey: bool = False,
        language: str = "",
        symbol: bool = False,
    ) -> Any:
        """A run in a letter that has the signs of its language, from right to left where the language is."""
        run = paragraph.add_run(text)
        own = language or self.language
        name = _SYMBOLS if symbol else _FONTS.get(own, _FONT)
        run.font.size, run.bold = Pt(size), bold or None
        if grey:
            run.font.color.rgb = _GREY
        properties = run._r.get_or_add_rPr()
        fonts = properties.get_or_add_rFonts()
        for kind in ("ascii", "hAnsi", "cs", "eastAsia"):
            fonts.set(qn(f"w:{kind}"), name)
        for tag, value in (("w:bCs", bold or None), ("w:szCs", str(int(size * 2)))):
            if value:
                element = OxmlElement(tag)
                if isinstance(value, str):
                    element.set(qn("w:val"), value)
                properties.append(element)
        if own in RIGHT_TO_LEFT and text and not symbol:
            properties.append(OxmlElement("w:rtl"))
        return run
