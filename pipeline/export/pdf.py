"""The report as a PDF for printing, set by Typst: the same bytes from the same report, on any machine.

Tagged, with alternative texts, to PDF/UA-1 (ISO 14289-1) where nothing in the report stands in the way.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import matplotlib
import typst

from pipeline.export.assemble import Assembled, assemble
from pipeline.export.pages import Selection
from pipeline.export.print_style import FONT, paint
from pipeline.export.tree import Element, write
from pipeline.export.typeset import Typesetter, formula_key, string
from pipeline.export.words import Around, around, export_words
from pipeline.intake.messages import RefusedError
from pipeline.render.pandoc import pandoc_program

MARK = "magical-housing report --pdf"
_TEMPLATE = Path(__file__).with_name("report.typ")
_PAGE = re.compile(rb"/Type\s*/Page\b(?!s)")


@dataclass(frozen=True)
class Printed:
    """A PDF, its number of pages, and why it is not PDF/UA (empty: it is)."""

    content: bytes
    n_pages: int
    not_accessible: str


def printable(selection: Selection, *, theme: Path, partial: bool = False) -> Printed:
    """The selected pages as a PDF; ``theme``: the folder with ``report.css``, which colours drawings in pages.

    Raises ``RefusedError`` when Typst cannot set it.
    """
    with tempfile.TemporaryDirectory(prefix="print-") as name:
        folder = Path(name)
        write_source(selection, folder, theme=theme, partial=partial)
        source, fonts = folder / "main.typ", folder / "fonts"
        try:
            return _printed(_compile(source, fonts, ["ua-1"]), "")
        except typst.TypstError as error:
            reason = str(error)
        try:
            return _printed(_compile(source, fonts, []), reason.replace("\n", " "))
        except typst.TypstError as error:
            raise RefusedError("pdf_failed", said=str(error)) from None


def _compile(source: Path, fonts: Path, standards: list[Literal["ua-1"]]) -> bytes:
    compiled = typst.compile(
        str(source), root=str(source.parent), font_paths=[str(fonts)], ignore_system_fonts=True, format="pdf",
        pdf_standards=[*standards], timestamp=0,
    )  # fmt: skip
    if not isinstance(compiled, bytes):
        raise TypeError("typst gave no PDF")
    return compiled


def _printed(content: bytes, not_accessible: str) -> Printed:
    return Printed(content, len(_PAGE.findall(content)), not_accessible)


def write_source(selection: Selection, folder: Path, *, theme: Path, partial: bool = False) -> None:
    """Write what Typst needs to ``folder``: ``main.typ``, ``report.typ``, pictures, and the font of the pictures."""
    assembled = assemble(selection)
    css = (theme / "report.css").read_text(encoding="utf-8")
    for section in assembled.sections:
        paint(section.body, css)
    setter = Typesetter(selection.site_folder, _targets(assembled), _formulas(assembled))
    sections = [setter.section(section) for section in assembled.sections]
    head = _head(selection, setter, around(selection), partial=partial)
    shutil.copyfile(_TEMPLATE, folder / "report.typ")
    source = "\n\n".join([head, *sections])
    (folder / "main.typ").write_text(_without_dead_links(source, setter.labels), encoding="utf-8", newline="\n")
    for name, content in setter.pictures.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content.encode("utf-8") if isinstance(content, str) else content)
    _copy_fonts(folder / "fonts")


def _copy_fonts(folder: Path) -> None:
    """The pictures' font, from matplotlib, which is made to the same figures everywhere."""
    folder.mkdir()
    for font in sorted((Path(matplotlib.get_data_path()) / "fonts" / "ttf").glob(f"{FONT.replace(' ', '')}*.ttf")):
        if not any(kind in font.stem for kind in ("Display", "Mono")):
            shutil.copyfile(font, folder / font.name)


def _targets(assembled: Assembled) -> set[str]:
    """Ids that something links to."""
    links = (one.get("href") for section in assembled.sections for one in section.body.elements() if one.tag == "a")
    return {href[1:] for href in links if href.startswith("#")}


def _without_dead_links(source: str, labels: Iterable[str]) -> str:
    """``source`` with links to what is not printed made plain text."""
    known = set(labels)
    return re.sub(
        r'#link\(label\("([^"]*)"\)\)', lambda found: found[0] if found[1] in known else "#box-of-words", source
    )


def _formulas(assembled: Assembled) -> dict[str, str]:
    """Every formula of the sections in Typst's mathematics, by its key; converted by pandoc all at once."""
    found: dict[str, Element] = {}
    for section in assembled.sections:
        for one in section.body.elements():
            if one.tag == "math":
                found.setdefault(formula_key(one), one)
    if not found:
        return {}
    html = "".join(f"<p>{write(one)}</p>\n" for one in found.values())
    done = subprocess.run(
        [str(pandoc_program()), "--from=html", "--to=typst", "--wrap=none"],
        input=html, capture_output=True, check=True, encoding="utf-8",
    )  # fmt: skip
    written = [paragraph.strip() for paragraph in done.stdout.strip().split("\n\n")]
    if len(written) != len(found):
        return {}
    return {key: formula for key, formula in zip(found, written, strict=True) if formula.startswith("$")}


def _head(selection: Selection, setter: Typesetter, lines: Around, *, partial: bool) -> str:
    """The beginning of the source: the template's arguments, and the cover."""
    words = export_words(selection.language)
    entry = selection.site.pools[selection.pool]

    def content(element: Element | None) -> str:
        return f"[{setter.blocks([element])}]" if element else "none"

    title, pool = string(selection.title), string(entry.name[selection.language])
    about = string(words["printed_part"] if partial else words["printed"])
    below = f"({content(lines.pool)}, [#note[#{about}]])" if lines.pool else f"([#note[#{about}]],)"
    description, banner, contents = content(lines.description), content(lines.banner), string(words["contents"])
    cover = f"front({title}, {pool}, {description}, {below}, {banner}, {contents})"
    arguments = [
        f"title: {title}",
        f"pool: {pool}",
        f"language: {string(selection.language)}",
        f"simulated: {string(words['simulated'] if entry.simulated else '')}",
        f"words: (page: {string(words['page'])}, of: {string(words['of'])})",
        f"cover: {cover}",
        f"footer: {content(lines.footer)}",
    ]
    return f'#import "report.typ": *\n#let box-of-words(body) = body\n#show: report.with({", ".join(arguments)})'
