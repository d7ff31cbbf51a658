"""A page's HTML as a tree that can be walked, changed and written again.

The standard library reads HTML but keeps no tree of it. Comments are dropped; text is kept as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from html import escape
from html.parser import HTMLParser

VOID = frozenset({"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"})
_RAW = frozenset({"script", "style"})
# HTML has no capitals in these names, SVG has
_CAPITALS = {
    name.lower(): name
    for name in (
        "viewBox", "preserveAspectRatio", "markerWidth", "markerHeight", "markerUnits", "refX", "refY", "textLength",
        "lengthAdjust", "gradientUnits", "gradientTransform", "patternUnits", "patternTransform", "patternContentUnits",
        "clipPathUnits", "pathLength", "startOffset", "linearGradient", "radialGradient", "clipPath", "foreignObject",
        "textPath", "maskUnits",
    )
}  # fmt: skip


@dataclass
class Element:
    """An element: its name, its attributes (``None``: no value) and what stands in it."""

    tag: str
    attributes: dict[str, str | None] = field(default_factory=dict)
    children: list[Element | str] = field(default_factory=list)

    @property
    def classes(self) -> list[str]:
        """Its classes, in order."""
        return (self.attributes.get("class") or "").split()

    def get(self, name: str) -> str:
        """The attribute ``name``; empty where it is absent or has no value."""
        return self.attributes.get(name) or ""

    def elements(self) -> Iterator[Element]:
        """This element and every one in it, in document order."""
        yield self
        for child in self.children:
            if isinstance(child, Element):
                yield from child.elements()

    def find(self, tag: str = "", css_class: str = "") -> Element | None:
        """The first element within (or itself) that has this name and this class."""
        return next((one for one in self.elements() if one.matches(tag, css_class)), None)

    def matches(self, tag: str = "", css_class: str = "") -> bool:
        """Whether it has this name and this class; an empty text asks nothing."""
        return (not tag or self.tag == tag) and (not css_class or css_class in self.classes)

    def text(self) -> str:
        """All text in it, as written."""
        return "".join(child if isinstance(child, str) else child.text() for child in self.children)

    def without(self, unwanted: Callable[[Element], bool]) -> Element:
        """A copy without the elements that are ``unwanted`` and what stands in them."""
        kept = [
            child if isinstance(child, str) else child.without(unwanted)
            for child in self.children
            if isinstance(child, str) or not unwanted(child)
        ]
        return Element(self.tag, dict(self.attributes), kept)


class _Builder(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root = Element("")
        self.open = [self.root]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = self._add(tag, attrs)
        if tag not in VOID:
            self.open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._add(tag, attrs)

    def _add(self, tag: str, attrs: list[tuple[str, str | None]]) -> Element:
        attributes = {_CAPITALS.get(name, name): value for name, value in attrs}
        element = Element(_CAPITALS.get(tag, tag), attributes)
        self.open[-1].children.append(element)
        return element

    def handle_endtag(self, tag: str) -> None:
        name = _CAPITALS.get(tag, tag)
        depth = next((place for place in range(len(self.open) - 1, 0, -1) if self.open[place].tag == name), None)
        if depth is not None:
            del self.open[depth:]

    def handle_data(self, data: str) -> None:
        self.open[-1].children.append(data)


def parse(html: str) -> Element:
    """The tree of ``html``, below an element without a name."""
    builder = _Builder()
    builder.feed(html)
    builder.close()
    return builder.root


def write(node: Element | str) -> str:
    """``node`` as HTML. Quotation marks in text stay as they are."""
    if isinstance(node, str):
        return escape(node, quote=False)
    raw = node.tag in _RAW
    inside = "".join(child if raw and isinstance(child, str) else write(child) for child in node.children)
    if not node.tag:
        return inside
    start = f"<{node.tag}{''.join(_attribute(name, value) for name, value in node.attributes.items())}>"
    return start if node.tag in VOID else f"{start}{inside}</{node.tag}>"


def _attribute(name: str, value: str | None) -> str:
    return f" {name}" if value is None else f' {name}="{escape(value)}"'
