"""What a rendered page says, part by part: its headings, paragraphs and captions, each with the anchor to reach it by.

Tables' cells, drawings, formulas, code and navigation are left out: they are looked at, not looked up. So are the lines
that say what a figure is made from and how to make a page again: they are the same everywhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

_VOID = frozenset(
    ("area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr")
)  # fmt: skip
_HEADINGS = frozenset(("h1", "h2", "h3", "h4", "h5", "h6"))
_CAPTIONS = frozenset(("figcaption", "caption"))
_INLINE = frozenset(
    ("a", "abbr", "b", "bdi", "cite", "code", "dfn", "em", "i", "kbd", "label", "mark", "q", "s", "small", "span",
     "strong", "sub", "sup", "time", "u", "var")
)  # fmt: skip
_UNREAD = frozenset(("tbody", "thead", "tfoot", "svg", "script", "style", "math", "nav", "pre", "template", "dialog"))
_UNREAD_CLASSES = frozenset(("made", "reproduce"))


@dataclass
class Section:
    """A part of a page that can be linked to; ``anchor`` (``#id``) is empty for the beginning of the page."""

    anchor: str
    heading: str
    texts: list[str] = field(default_factory=list)


@dataclass
class _Open:
    """An element that has not ended; ``section`` is the one its text belongs to, if it is not left out (``unread``)."""

    tag: str
    identifier: str
    section: Section
    unread: bool


class Outline:
    """Takes a page's HTML as a stream of tags and text; then ``title``, ``index`` and ``sections`` say what it holds.

    ``index`` is the address of the search index the page is found through; empty when it has none.
    """

    def __init__(self) -> None:
        """Begin before the page."""
        self.title, self.index = "", ""
        self.sections = [Section("", "")]
        self._open: list[_Open] = []
        self._text: list[str] = []
        self._unread = 0

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        """An element begins."""
        if tag == "dialog" and attributes.get("data-index"):
            self.index = attributes["data-index"]
        if tag in _VOID:
            self._text.append(" ")
            return
        if tag not in _INLINE:
            self._take()
        section = self._open[-1].section if self._open else self.sections[0]
        if tag in _HEADINGS | _CAPTIONS and not self._unread:
            section = self._new(tag, attributes.get("id", ""), section)
        unread = tag in _UNREAD or not _UNREAD_CLASSES.isdisjoint(attributes.get("class", "").split())
        self._open.append(_Open(tag, attributes.get("id", ""), section, unread))
        self._unread += unread

    def _new(self, tag: str, identifier: str, above: Section) -> Section:
        """The section that a heading or caption begins; what follows a heading belongs to it, too."""
        # a caption is found at its figure, a heading at its section
        around = [one.identifier for one in reversed(self._open) if one.identifier]
        anchor = around[0] if tag in _CAPTIONS and around else identifier or (around[0] if around else "")
        if tag == "h1":
            return self.sections[0]
        section = Section(f"#{anchor}" if anchor else above.anchor, "")
        self.sections.append(section)
        if tag in _HEADINGS and self._open:
            self._open[-1].section = section
        return section

    def data(self, text: str) -> None:
        """Text."""
        if not self._unread:
            self._text.append(text)

    def end(self, tag: str) -> None:
        """An element ends; one that never began is passed over."""
        if tag in _VOID or tag not in [one.tag for one in self._open]:
            return
        if tag not in _INLINE:
            self._take()
        while True:
            ended = self._open.pop()
            self._unread -= ended.unread
            if ended.tag == tag:
                return

    def _take(self) -> None:
        """Give the text gathered so far to the element it stands in."""
        text = " ".join("".join(self._text).split())
        self._text.clear()
        inside = {one.tag for one in self._open}
        if not text or "main" not in inside:
            return
        block = next(one for one in reversed(self._open) if one.tag not in _INLINE)
        if block.tag == "h1":
            self.title = text
        elif block.tag in _HEADINGS | _CAPTIONS and not block.section.heading:
            block.section.heading = text
        else:
            block.section.texts.append(text)
