"""What makes a page good beyond that it shows: accessible by axe-core's rules, valid HTML, walkable by keyboard."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element

import html5lib  # type: ignore[import-untyped]
from axe_playwright_python.base import AXE_SCRIPT  # type: ignore[import-untyped]
from playwright.sync_api import Page

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
SCHEMES = ("light", "dark")

_AXE = """tags => axe.run(document, {runOnly: {type: 'tag', values: tags}, resultTypes: ['violations']}).then(found =>
  found.violations.map(one => `${one.id}: ` + one.nodes.slice(0, 3).map(node => node.target.join(' ')).join(' | ')))"""


def axe_violations(page: Page, url: str) -> list[str]:
    """What axe-core finds against WCAG 2.0 to 2.2, levels A and AA, on the page at ``url``, in both themes."""
    page.goto(url, wait_until="load")
    page.evaluate(AXE_SCRIPT)
    found = []
    for scheme in SCHEMES:
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        violations: list[str] = page.evaluate(_AXE, TAGS)
        found += [f"{scheme}: {one}" for one in violations]
    return found


# HTML ---------------------------------------------------------------------------------------------------------------

_PHRASING_ONLY = {
    "p", "h1", "h2", "h3", "h4", "h5", "h6", "span", "em", "strong", "b", "i", "small", "label", "button", "legend",
    "pre", "code", "sub", "sup", "cite",
}  # fmt: skip
_FLOW_ONLY = {
    "address", "article", "aside", "blockquote", "details", "dialog", "div", "dl", "fieldset", "figure", "footer",
    "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "main", "nav", "ol", "p", "pre", "section", "table",
    "ul",
}  # fmt: skip
_INTERACTIVE = {"a", "button", "details", "input", "label", "select", "textarea"}
_CHILDREN = {
    "ul": {"li", "script", "template"},
    "ol": {"li", "script", "template"},
    "dl": {"dt", "dd", "div", "script", "template"},
    "table": {"caption", "colgroup", "thead", "tbody", "tfoot"},
    "tr": {"td", "th"},
}
_PARENTS = {
    "li": {"ul", "ol", "menu"}, "dt": {"dl", "div"}, "dd": {"dl", "div"}, "figcaption": {"figure"},
    "summary": {"details"}, "legend": {"fieldset"}, "caption": {"table"},
}  # fmt: skip
_OBSOLETE = {"align", "bgcolor", "border", "cellpadding", "cellspacing", "valign", "nowrap"}
_REFERENCES = ("for", "aria-labelledby", "aria-describedby", "aria-controls", "headers")


def html_faults(text: str) -> list[str]:
    """What is against the HTML standard in the page ``text``: errors of parsing, and nesting that parsers let pass."""
    parser = html5lib.HTMLParser(tree=html5lib.getTreeBuilder("etree"), namespaceHTMLElements=False)
    root = parser.parse(text)
    # (html5lib 1.1 does not know dialog and complains of none of it; what it tells is of tags that do not fit)
    found = [f"line {line}: {code} {details or ''}".strip() for (line, _), code, details in parser.errors]
    identifiers = [one.get("id", "") for one in root.iter() if one.get("id")]
    found += [f"id {one} is given twice" for one in sorted({one for one in identifiers if identifiers.count(one) > 1})]
    return found + list(_nesting(root, (), set(identifiers)))


def _nesting(element: Element, above: tuple[str, ...], identifiers: set[str]) -> Iterator[str]:
    """Faults of ``element`` and below it; ``above`` are the tags it stands in, nearest last."""
    tag = element.tag
    if not isinstance(tag, str) or tag.startswith("{"):
        return
    parent = above[-1] if above else ""
    for one in above:
        if one in _PHRASING_ONLY and tag in _FLOW_ONLY:
            yield f"{tag} in {one}"
        if one in ("a", "button") and tag in _INTERACTIVE:
            yield f"{tag} in {one}"
    if parent in _CHILDREN and tag not in _CHILDREN[parent]:
        yield f"{tag} directly in {parent}"
    if tag in _PARENTS and parent not in _PARENTS[tag]:
        yield f"{tag} directly in {parent}"
    yield from _attribute_faults(element, identifiers)
    for child in element:
        yield from _nesting(child, (*above, tag), identifiers)


def _attribute_faults(element: Element, identifiers: set[str]) -> Iterator[str]:
    for name, value in element.attrib.items():
        if name in _OBSOLETE and element.tag not in ("svg",):
            yield f"{element.tag} has the obsolete attribute {name}"
        if name == "id" and (not value or " " in value):
            yield f"id {value!r} is none"
        if name in _REFERENCES:
            yield from (f"{name} of {element.tag} names {one}" for one in value.split() if one not in identifiers)
    if element.tag == "img" and "alt" not in element.attrib:
        yield "img without alt"


# keyboard -----------------------------------------------------------------------------------------------------------

# what Tab should reach, in the order of the page; of radio buttons of one name only the one that is chosen
_STOPS = """() => [...document.querySelectorAll('a[href], button, input, summary, select, textarea, [tabindex]')]
  .filter(e => e.tabIndex >= 0 && e.checkVisibility({visibilityProperty: true})
    && !(e.type === 'radio' && !e.checked))"""

_NUMBER_STOPS = f"""() => {{ const stops = ({_STOPS})(); stops.forEach((stop, i) => {{ stop.dataset.stop = i; }});
  document.activeElement.blur(); getSelection().removeAllRanges(); return stops.length; }}"""

# where the focus is, and whether it can be seen there
_FOCUS = """() => {
  const e = document.activeElement;
  if (!e || e === document.body) return null;
  const seen = one => { const s = getComputedStyle(one);
    return s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) >= 2 && s.opacity !== '0'; };
  const box = e.getBoundingClientRect();
  return {
    stop: e.dataset.stop === undefined ? -1 : Number(e.dataset.stop),
    name: `${e.tagName.toLowerCase()}.${e.className} ${e.textContent.trim().slice(0, 30)}`,
    seen: seen(e) || (e.type === 'radio' && [e.closest('label'), e.nextElementSibling].some(one => one && seen(one))),
    inside: box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth,
  };
}"""


def keyboard_faults(page: Page, url: str) -> list[str]:
    """What goes wrong when one walks the page at ``url`` by Tab, from its beginning to beyond its end."""
    page.goto(url, wait_until="load")
    n_stops: int = page.evaluate(_NUMBER_STOPS)
    found: list[str] = []
    for expected in range(n_stops):
        page.keyboard.press("Tab")
        focus: dict[str, Any] | None = page.evaluate(_FOCUS)
        if focus is None:
            return [*found, f"the keyboard leaves the page at stop {expected} of {n_stops}"]
        if focus["stop"] != expected:
            return [*found, f"stop {expected} is {focus['name']}, in the order of the page number {focus['stop']}"]
        if not focus["seen"]:
            found.append(f"focus cannot be seen: {focus['name']}")
        if not focus["inside"]:
            found.append(f"focus is out of sight: {focus['name']}")
    page.keyboard.press("Tab")
    beyond = page.evaluate(_FOCUS)
    if beyond is not None and beyond["stop"] == n_stops - 1:
        found.append(f"the keyboard is caught at {beyond['name']}")
    return found


def pages_of(site: Path, pool: str | None = None) -> list[str]:
    """Paths of the site's pages in order; of one pool (and the first page) when one is named."""
    paths = sorted(path.relative_to(site) for path in site.rglob("*.html"))
    return [str(path) for path in paths if pool is None or len(path.parts) < 3 or path.parts[1] == pool]
