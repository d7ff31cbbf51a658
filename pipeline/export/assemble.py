"""Pages to sections of one document: every id is unique in it, and every link stays in it, leads elsewhere, or goes.

What stands in a page keeps its id behind the page's name (``model--fig-paths``); a page is ``page-model``, a file that
is offered for download ``file-verdicts.csv``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from pipeline.errors import InputError
from pipeline.export.pages import Selection, SitePage
from pipeline.export.tree import Element
from pipeline.render.links import is_elsewhere, local_path

_IDS = frozenset(
    {
        "for", "headers", "list", "form", "aria-labelledby", "aria-describedby", "aria-controls", "aria-owns",
        "aria-details", "aria-flowto", "aria-activedescendant", "aria-errormessage",
    }
)  # fmt: skip
_NAMED = re.compile(r"url\(\s*(['\"]?)#([^)'\"]+)\1\s*\)")
_PICTURES = {"img": ("src", "srcset"), "source": ("src", "srcset"), "image": ("href", "xlink:href")}
_HEADING = re.compile(r"h[1-6]")


@dataclass(frozen=True)
class Section:
    """A page in the document: its id, its title (inline elements), its name, and what stands in it.

    ``single``: it is about one project, say, one of many pages of the same form.
    """

    slug: str
    title: Element
    name: str
    body: Element
    single: bool = False

    @property
    def id(self) -> str:
        """The id of the whole section."""
        return page_id(self.slug)


@dataclass(frozen=True)
class Assembled:
    """The sections in reading order, and the files they offer for download, each below the site and once.

    Pictures in the sections name their file by its path below the site.
    """

    sections: tuple[Section, ...]
    downloads: tuple[PurePosixPath, ...]


@dataclass
class _Work:
    """What is known of all pages while one is worked on."""

    site_folder: Path
    ids: Mapping[PurePosixPath, frozenset[str]]
    downloads: set[PurePosixPath] = field(default_factory=set)


def assemble(selection: Selection) -> Assembled:
    """The selected pages as sections; raises ``InputError`` when a picture's file is not there."""
    ids = {
        page.path: frozenset(one.get("id") for one in page.main.elements() if one.get("id")) for page in selection.pages
    }
    work = _Work(selection.site_folder, ids)
    sections = tuple(_section(page, work) for page in selection.pages)
    return Assembled(sections, tuple(sorted(work.downloads, key=lambda path: (path.name, str(path)))))


def page_id(slug: str) -> str:
    """The id of the page ``slug``."""
    return f"page-{slug}"


def file_id(path: PurePosixPath) -> str:
    """The id of the place where a file is offered."""
    return f"file-{'-'.join(path.parts)}"


def _section(page: SitePage, work: _Work) -> Section:
    body = page.main.without(_belongs_to_the_site)
    title = page.title.without(lambda one: one.tag == "a")
    for root in (body, title):
        for element in root.elements():
            _rename_ids(element, page.slug)
            _resolve_pictures(element, page, work)
            _resolve_link(element, page, work)
    return Section(page.slug, title, page.name, Element("div", {"class": "text"}, body.children), page.single)


def _belongs_to_the_site(element: Element) -> bool:
    """What a page has for finding one's way in the site: its contents, links to itself, scripts, its own title."""
    return (
        element.tag in ("nav", "script", "template")
        or element.get("id") == "title-block-header"
        or "anchorjs-link" in element.classes
    )


def _rename_ids(element: Element, slug: str) -> None:
    """Put the page's name before every id that ``element`` has or speaks of."""
    for name, value in element.attributes.items():
        if not value:
            continue
        if name == "id" or (name == "name" and element.tag in ("input", "details")):
            element.attributes[name] = f"{slug}--{value}"
        elif name in _IDS:
            element.attributes[name] = " ".join(f"{slug}--{one}" for one in value.split())
        elif name in ("href", "xlink:href") and element.tag != "a" and value.startswith("#"):
            element.attributes[name] = f"#{slug}--{value[1:]}"
        elif "url(" in value:
            element.attributes[name] = _NAMED.sub(rf"url(#{slug}--\2)", value)


def _resolve_pictures(element: Element, page: SitePage, work: _Work) -> None:
    """Name the files of pictures by their path below the site."""
    for name in _PICTURES.get(element.tag, ()):
        target = element.get(name)
        if not target or target.startswith(("data:", "#")):
            continue
        path, _ = local_path(target, page.path)
        if is_elsewhere(target) or not (work.site_folder / path).is_file():
            raise InputError(f"{page.path}: the picture {target} is not a file of the report")
        element.attributes[name] = path.as_posix()


def _resolve_link(element: Element, page: SitePage, work: _Work) -> None:
    """Lead a link to its place in this document; what is not in it loses its link and keeps its words."""
    if element.tag != "a" or "href" not in element.attributes:
        return
    target = element.get("href")
    if not target:
        # the names of tabs, as Quarto has them: a link in name only
        del element.attributes["href"]
        return
    if is_elsewhere(target):
        return
    path, fragment = local_path(target, page.path)
    if path in work.ids:
        inside = fragment in work.ids[path]
        element.attributes["href"] = f"#{path.stem}--{fragment}" if inside else f"#{page_id(path.stem)}"
    elif path.suffix not in ("", ".html") and (work.site_folder / path).is_file():
        work.downloads.add(path)
        element.attributes["href"] = f"#{file_id(path)}"
        element.attributes.pop("download", None)
    else:
        element.tag = "span"
        element.attributes = {"class": " ".join([*element.classes, "not-here"])}


def shift_headings(element: Element, by: int = 1) -> None:
    """Make every heading in ``element`` lower by ``by`` levels, at most to the sixth, in place."""
    for one in element.elements():
        if _HEADING.fullmatch(one.tag):
            one.tag = f"h{min(int(one.tag[1]) + by, 6)}"


def headings(element: Element, tag: str) -> list[Element]:
    """Links to the headings ``tag`` in ``element``, in order; those that nothing can lead to are left out.

    A heading without an id of its own stands for the section it opens.
    """
    found = []
    for child in element.children:
        if isinstance(child, str):
            continue
        if child.tag == tag:
            identifier = child.get("id") or (element.get("id") if element.tag == "section" else "")
            found += [Element("a", {"href": f"#{identifier}"}, list(child.children))] if identifier else []
        else:
            found += headings(child, tag)
    return found
