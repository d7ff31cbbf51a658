"""The report as one self-contained HTML file: it can be mailed, opens without the internet and fetches nothing."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any

import jinja2
from markupsafe import Markup

from pipeline.export.assemble import Section, assemble, file_id, headings, shift_headings
from pipeline.export.embed import data_uri, with_lower_headings
from pipeline.export.pages import Selection
from pipeline.export.tree import Element, write
from pipeline.export.words import around, export_words
from pipeline.intake.places import number

GENERATOR = "magical-housing report --single-file"
_HERE = Path(__file__).parent
_SOURCES = ("src", "srcset", "href", "xlink:href")


def single_file(selection: Selection, *, theme: Path, partial: bool = False) -> str:
    """The selected pages in one HTML document; ``theme``: the folder with the report's ``report.css``.

    ``partial``: pages were left out, and the document says so.
    """
    assembled = assemble(selection)
    words = export_words(selection.language)
    lines = around(selection)
    script = (_HERE / "single.js").read_text(encoding="utf-8")
    look = with_lower_headings((theme / "report.css").read_text(encoding="utf-8"))
    css = f"{look}\n{(_HERE / 'single.css').read_text(encoding='utf-8')}"
    template = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_HERE), autoescape=True, trim_blocks=True, undefined=jinja2.StrictUndefined
    ).get_template("single.html")
    return template.render(
        language=selection.language,
        generator=GENERATOR,
        window_title=f"{selection.title} – {selection.site.pools[selection.pool].name[selection.language]}",
        title=selection.title,
        pool_name=selection.site.pools[selection.pool].name[selection.language],
        description=_inline(lines.description),
        pool=_inline(lines.pool),
        banner=_inline(lines.banner),
        footer=_inline(lines.footer),
        partial=partial,
        words=words,
        css=Markup(css.replace("</", "<\\/")),  # noqa: S704 - our own style sheets
        script=Markup(script),  # noqa: S704 - our own script
        script_hash=f"sha256-{base64.b64encode(hashlib.sha256(script.encode('utf-8')).digest()).decode('ascii')}",
        sections=[_shown(section, selection.site_folder) for section in assembled.sections],
        downloads=list(_downloads(assembled.downloads, selection)),
    )


def _shown(section: Section, site_folder: Path) -> dict[str, Any]:
    """What the template needs of a section."""
    parts = [Markup(write(_plain(one))) for one in headings(section.body, "h2")]  # noqa: S704 - written by us
    shift_headings(section.body)
    _inline_pictures(section.body, site_folder)
    return {
        "id": section.id,
        "name": section.name,
        "title": _inline(section.title),
        "parts": parts,
        "body": Markup(write(section.body)),  # noqa: S704 - pages of the site, escaped as they are written
    }


def _plain(link: Element) -> Element:
    """``link`` with its words alone: no ids, no notes."""
    return Element("a", dict(link.attributes), [" ".join(link.text().split())])


def _inline(element: Element | None) -> Markup:
    """The content of ``element`` as HTML; empty for none."""
    return Markup("".join(write(child) for child in element.children) if element else "")  # noqa: S704 - escaped


def _inline_pictures(body: Element, site_folder: Path) -> None:
    for element in body.elements():
        if element.tag in ("img", "source", "image"):
            for name in _SOURCES:
                target = element.get(name)
                if target and not target.startswith(("data:", "#")):
                    element.attributes[name] = data_uri(site_folder / target)


def _downloads(paths: tuple[PurePosixPath, ...], selection: Selection) -> Iterator[dict[str, str]]:
    for path in paths:
        file = selection.site_folder / path
        kilobytes = number(max(1, round(file.stat().st_size / 1000)), "nl" if selection.language == "nl" else "en")
        yield {
            "id": file_id(path),
            "name": path.name,
            "address": data_uri(file),
            "size": export_words(selection.language)["bytes"].format(size=kilobytes),
        }
