"""What a rendered page points at: links to other pages, and files that must be published with it."""

from __future__ import annotations

import html
import posixpath
import re
from collections.abc import Set
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import PurePosixPath
from urllib.parse import unquote, urlsplit

from pipeline.render.outline import Outline

_PAGE_LINK = re.compile(r'(<a\b[^>]*?\bhref=")([^"#?:]+\.qmd)(#[^"]*)?(")')
# what a browser fetches by itself when it opens the page
_FETCHED = {
    "img": ("src", "srcset"), "link": ("href",), "script": ("src",), "iframe": ("src",), "source": ("src", "srcset"),
    "object": ("data",), "embed": ("src",), "audio": ("src",), "video": ("src", "poster"),
    "image": ("href", "xlink:href"), "use": ("href", "xlink:href"),
}  # fmt: skip


@dataclass
class References(HTMLParser):
    """What a page's HTML holds and points at; ``feed`` it the text.

    ``ids``: every id. ``links``: targets of ``<a>``. ``fetched``: what a browser loads with the page.
    ``without_alternative``: sources of images without alternative text. ``unresolved``: cross-references that Quarto
    left unresolved. ``outline``: what the page says.
    """

    ids: list[str] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    fetched: list[str] = field(default_factory=list)
    without_alternative: list[str] = field(default_factory=list)
    unresolved: list[str] = field(default_factory=list)
    outline: Outline = field(default_factory=Outline)

    def __post_init__(self) -> None:
        """Set the parser up."""
        HTMLParser.__init__(self, convert_charrefs=True)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note ids, links and what is fetched."""
        attributes = {name: value or "" for name, value in attrs}
        self.outline.start(tag, attributes)
        if attributes.get("id"):
            self.ids.append(attributes["id"])
        if tag == "a" and "href" in attributes:
            self.links.append(attributes["href"])
        if tag == "link" and attributes.get("rel") in ("canonical", "alternate", "author", "license"):
            return
        self.fetched += [attributes[name] for name in _FETCHED.get(tag, ()) if attributes.get(name)]
        if tag == "img" and not attributes.get("alt", "").strip():
            self.without_alternative.append(attributes.get("src", ""))

    def handle_data(self, data: str) -> None:
        """Note what Quarto writes where a cross-reference leads nowhere: ``?@fig-x``."""
        self.outline.data(data)
        if "?@" in data:
            self.unresolved += re.findall(r"\?@((?:fig|tbl|sec|eq)-[\w-]+)", data)

    def handle_endtag(self, tag: str) -> None:
        """Note where what is said ends."""
        self.outline.end(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """An element that ends where it begins (``<path/>``)."""
        self.handle_starttag(tag, attrs)
        self.outline.end(tag)


def references(text: str) -> References:
    """Everything the HTML ``text`` holds and points at."""
    found = References()
    found.feed(text)
    found.close()
    return found


def is_elsewhere(target: str) -> bool:
    """Whether ``target`` is on another host (or of another scheme than a file of the site)."""
    parts = urlsplit(target)
    return bool(parts.scheme or parts.netloc)


def local_path(target: str, page: PurePosixPath) -> tuple[PurePosixPath, str]:
    """Path below the site and fragment of a ``target`` as ``page`` writes it; the path may begin with ``..``."""
    parts = urlsplit(target)
    if not parts.path:
        return page, unquote(parts.fragment)
    folder = "" if parts.path.startswith("/") else str(page.parent)
    return PurePosixPath(posixpath.normpath(posixpath.join(folder, unquote(parts.path)))), unquote(parts.fragment)


def rewrite_page_links(text: str, page: PurePosixPath, offset: str, pages: Set[PurePosixPath]) -> tuple[str, list[str]]:
    """``text`` with links to ``x.qmd`` made links to ``x.html``, the way round by the site's root as Quarto does it.

    Also returns a problem for each link to a page that does not exist.
    """
    problems: list[str] = []

    def rewrite(match: re.Match[str]) -> str:
        before, target, fragment, after = match.groups()
        path, _ = local_path(html.unescape(target), page)
        if path not in pages:
            problems.append(f"link to {target}: no such page")
            return match[0]
        return f"{before}{offset}/{path.with_suffix('.html')}{fragment or ''}{after}"

    return _PAGE_LINK.sub(rewrite, text), problems
