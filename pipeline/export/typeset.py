"""Sections of the report as Typst markup; what the functions used here look like stands in ``report.typ``.

Every text becomes a string, so nothing a page says is ever taken for markup.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pipeline.export.assemble import Section
from pipeline.export.measures import TEXT_WIDTH, alternative, drawing_width, picture_width, plan
from pipeline.export.print_style import drawing, picture_for_print
from pipeline.export.tables import Cell, grid_of, text_width
from pipeline.export.tree import Element

_BOX_EDGE = 12.5
_BLANK_STRING = re.compile(r'#" *"$')
_BETWEEN = re.compile(r'(\[[^\[\]"]*[;,]) ')
"""The space within an interval."""
_BLANK_END = re.compile(r'(?<!\\) +"$')
_INLINE = frozenset(
    {
        "a", "abbr", "b", "bdi", "bdo", "br", "cite", "code", "data", "del", "dfn", "em", "i", "img", "ins", "kbd",
        "mark", "math", "picture", "q", "s", "samp", "small", "span", "strong", "sub", "sup", "svg", "time", "u", "var",
        "wbr",
    }
)  # fmt: skip
_SKIPPED = frozenset(
    {"button", "dialog", "form", "input", "label", "nav", "noscript", "script", "select", "style", "template"}
)
_UNSEEN = frozenset({"screen-reader-only", "sr-only", "visually-hidden", "footnote-back", "site-only"})
_MARKED = {
    "strong": "strong", "b": "strong", "em": "emph", "i": "emph", "cite": "emph", "var": "emph", "dfn": "emph",
    "sub": "sub", "sup": "super", "small": "small", "u": "underline", "s": "strike", "del": "strike",
}  # fmt: skip
_CALLOUTS = ("note", "tip", "warning", "important", "caution")
_VERDICTS = ("supported", "leaning", "cannot_tell", "not_supported", "contradicted")


def string(text: str) -> str:
    """``text`` as a Typst string."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\r", "")
    return f'"{escaped}"'


@dataclass
class Typesetter:
    """Writes sections as markup and collects the picture files that it names.

    ``site_folder``: where pictures are. ``targets``: ids that something links to; only these get a label. ``formulas``:
    Typst's mathematics by the text of a formula (see ``formula_key``).
    """

    site_folder: Path
    targets: Collection[str]
    formulas: Mapping[str, str]
    pictures: dict[str, str | bytes] = field(default_factory=dict)
    labels: set[str] = field(default_factory=set)
    _spaced: bool = True
    _level: int = 1
    _outlined: bool = True
    _room: float = TEXT_WIDTH
    _notes: dict[str, Element] = field(default_factory=dict)

    def section(self, section: Section) -> str:
        """One page of the report: its title as a heading of the first level, then what stands in it."""
        self._level, self._outlined = 1, not section.single
        self._notes = {
            note.get("id"): note
            for one in section.body.elements()
            if "footnotes" in one.classes
            for note in one.elements()
            if note.tag == "li" and note.get("id")
        }
        title = f"#heading(level: 1)[{self._line(section.title.children)}]{self._label(section.id)}"
        return f"{title}\n\n{self.blocks(section.body.children)}"

    # blocks ---------------------------------------------------------------------------------------------------------

    def blocks(self, nodes: Sequence[Element | str]) -> str:
        """Nodes as blocks: runs of text become paragraphs."""
        written: list[str] = []
        run: list[Element | str] = []
        for node in [*nodes, None]:
            if isinstance(node, str) or (node is not None and node.tag in _INLINE):
                run.append(node)
                continue
            if text := self._line(run):
                written.append(text)
            run = []
            if node is not None and (block := self._block(node)):
                written.append(block)
        return "\n\n".join(written)

    def _block(self, element: Element) -> str:
        if _skipped(element):
            return ""
        anchor = "" if element.tag in ("h1", "h2", "h3", "h4", "h5", "h6", "figure") else self._anchor(element)
        makers: dict[str, Callable[[Element], str]] = {
            "p": self._paragraph, "ul": self._list, "ol": self._list, "dl": self._definitions, "table": self._table,
            "figure": self._figure, "pre": self._code, "details": self._details, "blockquote": self._quotation,
            "hr": lambda _: "#rule()",
        }  # fmt: skip
        if element.tag in makers:
            written = makers[element.tag](element)
        elif re.fullmatch("h[1-6]", element.tag):
            written = self._heading(element)
        else:
            written = self._container(element)
        return _in_language(element, f"{anchor}{written}") if written else anchor

    def _container(self, element: Element) -> str:
        """Anything else that holds blocks: by its class, else just what stands in it."""
        classes = element.classes
        if "footnotes" in classes:
            return ""
        if "callout" in classes:
            return self._callout(element)
        if "claim" in classes:
            return self._claim(element)
        if "facts" in classes:
            return self._facts(element)
        if "csl-entry" in classes:
            return f"#entry[{self._line(element.children)}]"
        if "line-block" in classes:
            return self._line(element.children)
        inside = self.blocks(element.children)
        for name in ("lead", "note", "key", "made", "verdict"):
            if name in classes and inside:
                return f"#{name}{_verdict(classes) if name == 'verdict' else ''}[{inside}]"
        if "tab-pane" in classes:
            return f"#pane[{inside}]"
        return inside

    def _paragraph(self, element: Element) -> str:
        if "key" in element.classes:
            entries = (self._line([child]) for child in element.children)
            return f"#key[{'#h(1.4em, weak: true)'.join(entry for entry in entries if entry)}]"
        text = self._line(element.children)
        if not text:
            return ""
        for name in ("lead", "note", "cid", "sure"):
            if name in element.classes:
                return f"#{name}[{text}]"
        return f"#chip{_verdict(element.classes)}[{text}]" if "chip" in element.classes else text

    def _heading(self, element: Element) -> str:
        self._level = min(int(element.tag[1]), self._level + 1)
        identifier = element.get("id")
        listed = self._outlined and "quarto-appendix-heading" not in element.classes
        unlisted = "" if listed else ", outlined: false"
        heading = f"#heading(level: {self._level}{unlisted})[{self._line(element.children)}]"
        return f"{heading}{self._label(identifier)}"

    def _list(self, element: Element) -> str:
        items = [child for child in element.children if isinstance(child, Element) and child.tag == "li"]
        if not items:
            return ""
        name = "enum" if element.tag == "ol" else "list"
        start = f"start: {int(element.get('start') or 1)}, " if name == "enum" else ""
        written = (f"[{self._anchor(item)}{self.blocks(item.children)}]" for item in items)
        return f"#{name}({start}{', '.join(written)})"

    def _definitions(self, element: Element) -> str:
        written = []
        for child in element.elements():
            if child.tag == "dt":
                written.append(f"#term[{self._anchor(child)}{self._line(child.children)}]")
            elif child.tag == "dd":
                written.append(f"#meaning[{self.blocks(child.children)}]")
        return "\n".join(written)

    def _code(self, element: Element) -> str:
        return f"#raw(block: true, {string(element.text().strip(chr(10)))})"

    def _quotation(self, element: Element) -> str:
        return f"#quote(block: true)[{self.blocks(element.children)}]"

    def _details(self, element: Element) -> str:
        if "callout" in element.classes:
            return self._callout(element)
        return self._box(element, "note")

    def _callout(self, element: Element) -> str:
        kind = next((name for name in _CALLOUTS if f"callout-{name}" in element.classes), "note")
        return self._box(element, kind)

    def _box(self, element: Element, kind: str) -> str:
        """Something with a title of its own; open, on paper."""
        title = next(
            (one for one in element.elements() if one.tag == "summary" or "callout-header" in one.classes), None
        )
        heading = self._line(title.children) if title else ""
        inside = [child for child in element.children if child is not title]
        room = self._room - _BOX_EDGE
        if any((set_so := plan(one, room)) and set_so.turned for one in element.elements() if one.tag == "table"):
            # a turned page cannot stand inside a box
            title_line, body = f"#opened({string(kind)}, [{heading}])", self.blocks(inside)
            # nor may its title be all that stands on the page before
            if body.startswith("#turned["):
                return body.replace("#turned[", f"#turned[{title_line}\n\n", 1)
            return f"{title_line}\n\n{body}"
        self._room, before = room, self._room
        body = self.blocks(inside)
        self._room = before
        return f"#callout({string(kind)}, [{heading}])[{body}]"

    def _claim(self, element: Element) -> str:
        """What the claim says, its picture, its verdict side by side; anything else below."""
        parts = [child for child in element.children if isinstance(child, Element) and not _skipped(child)]
        what = [one for one in parts if "what" in one.classes]
        verdict = [one for one in parts if {"verdict", "seen"} & set(one.classes)]
        picture = [one for one in parts if one.find("svg") or one.find("img")]
        picture = [one for one in picture if one not in what and one not in verdict][:1]
        rest = [one for one in parts if one not in [*what, *verdict, *picture]]
        columns = ", ".join(f"[{self.blocks(column)}]" for column in (what, picture, verdict))
        return f"#claim({columns})[{self.blocks(rest)}]"

    def _facts(self, element: Element) -> str:
        facts = [child for child in element.children if isinstance(child, Element)]
        written = []
        for fact in facts:
            figure = fact.find("b") or fact.find("strong")
            if figure is None:
                return "\n\n".join(self.blocks(one.children) for one in facts)
            rest = [child for child in fact.children if child is not figure]
            written.append(f"[{self._line(figure.children)}], [{self._line(rest)}]")
        return f"#facts({', '.join(f'({one})' for one in written)})"

    # figures and tables ---------------------------------------------------------------------------------------------

    def _figure(self, element: Element) -> str:
        """A figure or table with its caption, which may be the table's own."""
        caption = element.find("figcaption") or element.find("caption")
        inside = element.without(lambda one: one.tag in ("figcaption", "caption")) if caption else element
        words = "none"
        if caption:
            anchors = "".join(self._anchor(one) for one in caption.elements())
            words = f"[{anchors}{self._line(_inline_only(caption))}]"
        table = inside.find("table")
        written = f"#float({'table' if table else 'image'}, {words})[{self.blocks(inside.children)}]"
        figure = f"{written}{self._label(element.get('id'))}"
        set_so = plan(table, self._room) if table else None
        return f"#turned[{figure}]" if set_so and set_so.turned else figure

    def _table(self, element: Element) -> str:
        grid, set_so = grid_of(element), plan(element, self._room)
        if set_so is None:
            return ""
        caption = next(
            (child for child in element.children if isinstance(child, Element) and child.tag == "caption"), None
        )
        head = ", ".join(self._cell(cell) for row in grid.head for cell in row)
        body = [self._row(row, grid.n_columns) for row in grid.body if row]
        widths = ", ".join(f"{width:.1f}pt" for width in set_so.widths)
        header = f"table.header({head}), " if head else ""
        above = f"#tablecaption[{self._line(caption.children)}]\n" if caption else ""
        return f"{above}#grid-table({set_so.size}pt, ({widths},), {len(grid.head)}, {header}{', '.join(body)})"

    def _row(self, row: Sequence[Cell], n_columns: int) -> str:
        """The cells of a row; a heading over all columns stays with what is below it, and comes again on a new page."""
        cells = ", ".join(self._cell(cell) for cell in row)
        over_all = len(row) == 1 and row[0].columns == n_columns > 1 and row[0].element.tag == "th"
        return f"table.header(level: 2, {cells})" if over_all else cells

    def _cell(self, cell: Cell) -> str:
        element, figure = cell.element, cell.figure
        spans = "".join(f", {name}: {n}" for name, n in (("colspan", cell.columns), ("rowspan", cell.rows)) if n > 1)
        row_heading = element.tag == "th" and element.get("scope") in ("row", "rowgroup")
        inside = f"{self._anchor(element)}{self.blocks(element.children)}"
        if figure:
            inside = _BETWEEN.sub("\\1\N{NO-BREAK SPACE}", inside)
        place = "right" if figure else "left"
        if element.tag == "th" and not row_heading:
            place, inside = f"{place} + bottom", f"#strong[{inside}]" if inside else ""
        if cell.upright:
            inside = f"#upright({1.15 * text_width(element.text()):.1f}em)[{inside}]"
        return f"table.cell(align: {place}{spans})[{inside}]"

    def _image(self, element: Element) -> str:
        """A picture file, no wider and no higher than the page allows."""
        source = element.get("src")
        if source.startswith("data:"):
            return ""
        if source not in self.pictures:
            path = self.site_folder / source
            content = path.read_bytes()
            self.pictures[source] = picture_for_print(content.decode("utf-8")) if path.suffix == ".svg" else content
        width = picture_width(self.pictures[source])
        return f"#picture({string(source)}, {string(element.get('alt'))}, {width:.1f}pt)"

    def _drawing(self, element: Element) -> str:
        """A drawing that stands in the page: what it tells is its alternative text; without any it is decoration."""
        told = "" if element.get("aria-hidden") == "true" else alternative(element)
        _, _, width, height = (float(number) for number in (element.get("viewBox") or "0 0 24 24").split())
        sign = height <= 24 and width <= 80
        content = drawing(element, {"width": f"{width:g}", "height": f"{height:g}"})
        name = f"drawing-{len([one for one in self.pictures if one.startswith('drawing-')]) + 1}.svg"
        name = next((known for known, other in self.pictures.items() if other == content), name)
        self.pictures[name] = content
        points = drawing_width(width, height)
        if sign:
            return f"#sign({string(name)}, {string(told)})"
        return f"#picture({string(name)}, {string(told)}, {points:.1f}pt)"

    # lines ----------------------------------------------------------------------------------------------------------

    def _line(self, nodes: Sequence[Element | str]) -> str:
        """Nodes as one run of text, white space as browsers have it: none at the ends, one between words."""
        before, self._spaced = self._spaced, True
        written = "".join(self._node(node) for node in nodes)
        self._spaced = before
        return _BLANK_END.sub('"', _BLANK_STRING.sub("", written))

    def _node(self, node: Element | str) -> str:
        if isinstance(node, str):
            return self._words(node)
        if _skipped(node):
            return ""
        return _in_language(node, f"{self._anchor(node)}{self._inline(node)}")

    def _words(self, text: str) -> str:
        collapsed = re.sub(r"[ \t\r\n\f]+", " ", text)
        if self._spaced:
            collapsed = collapsed.lstrip(" ")
        if not collapsed:
            return ""
        self._spaced = collapsed.endswith(" ")
        return f"#{string(collapsed)}"

    def _inline(self, element: Element) -> str:
        tag = element.tag
        if tag == "br":
            self._spaced = True
            return "#linebreak()"
        if tag == "wbr":
            return "#sym.zws"
        if tag in ("img", "svg", "math"):
            self._spaced = False
            return {"img": self._image, "svg": self._drawing, "math": self._formula}[tag](element)
        if tag in ("code", "kbd", "samp"):
            self._spaced = False
            return f"#raw({string(' '.join(element.text().split()))})"
        if tag == "a":
            return self._link(element)
        inside = "".join(self._node(child) for child in element.children)
        if tag == "q":
            return f"#quote[{inside}]"
        if "chip" in element.classes and inside:
            return f"#chip{_verdict(element.classes)}[{inside}]"
        return f"#{_MARKED[tag]}[{inside}]" if tag in _MARKED and inside else inside

    def _link(self, element: Element) -> str:
        target = element.get("href")
        note = self._notes.get(target[1:]) if target.startswith("#") else None
        if note is not None and element.get("role") == "doc-noteref":
            return f"#footnote[{self.blocks(note.children)}]"
        inside = "".join(self._node(child) for child in element.children)
        if not inside or not target or target.startswith("#file-"):
            return inside
        where = f"label({string(target[1:])})" if target.startswith("#") else string(target)
        return f"#link({where})[{inside}]"

    def _formula(self, element: Element) -> str:
        written = self.formulas.get(formula_key(element), "")
        block = "true" if element.get("display") == "block" else "false"
        spoken = string(formula_key(element))
        return f"#math.equation(block: {block}, alt: {spoken}, {written})" if written else f"#raw({spoken})"

    # labels ---------------------------------------------------------------------------------------------------------

    def _label(self, identifier: str) -> str:
        """The label of what stands before it, where something links to it."""
        if not identifier or identifier not in self.targets or identifier in self.labels:
            return ""
        self.labels.add(identifier)
        return f"#label({string(identifier)})"

    def _anchor(self, element: Element) -> str:
        label = self._label(element.get("id"))
        return f"#metadata(none){label}" if label else ""


def formula_key(element: Element) -> str:
    """A formula as its source has it (the annotation in TeX), else its text."""
    annotation = element.find("annotation")
    return " ".join((annotation or element).text().split())


def _skipped(element: Element) -> bool:
    return element.tag in _SKIPPED or "hidden" in element.attributes or any(name in _UNSEEN for name in element.classes)


def _verdict(classes: Sequence[str]) -> str:
    return f"({string(next((name for name in _VERDICTS if name in classes), ''))})"


def _in_language(element: Element, written: str) -> str:
    language = element.get("lang")
    if not language or not written:
        return written
    return f"#text(lang: {string(language.split('-')[0])})[{written}]"


def _inline_only(element: Element) -> list[Element | str]:
    """What stands in ``element``, paragraphs opened: a caption is one line of text."""
    found: list[Element | str] = []
    for child in element.children:
        if isinstance(child, Element) and child.tag in ("p", "div"):
            found += [*child.children, " "]
        else:
            found.append(child)
    return found
