"""The embedded renderer: a Quarto website project to HTML by pandoc, without Quarto."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Any

from pipeline.errors import InputError
from pipeline.render import shortcodes
from pipeline.render.check import Pages, read_pages, site_problems
from pipeline.render.links import is_elsewhere, local_path, rewrite_page_links
from pipeline.render.pandoc import convert
from pipeline.render.project import Page, Project
from pipeline.render.words import words


@dataclass(frozen=True)
class _Result:
    """A page's HTML, its source path, and what is wrong with it."""

    path: PurePosixPath
    html: str
    problems: tuple[str, ...]


def render_embedded(project_folder: Path, site: Path) -> Pages:
    """Render the project in ``project_folder`` to the empty or absent folder ``site``; return what its pages hold.

    Raises ``InputError`` with every problem of every page (include, variable, citation, cross-reference, image or link
    that is not there), a line each: page, then what it is about.
    """
    project = Project(project_folder.resolve())
    paths = project.page_paths()
    if not paths:
        raise InputError(f"{project_folder}: no page to render")
    pages = frozenset(paths)
    # pandoc is a process of its own, so threads are enough
    with ThreadPoolExecutor(max_workers=min(4, os.cpu_count() or 1)) as workers:
        results = list(workers.map(lambda path: _render_page(project, path, pages), paths))
    _refuse([f"{result.path}: {problem}" for result in results for problem in result.problems])
    for result in results:
        target = site / result.path.with_suffix(".html")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(result.html, encoding="utf-8", newline="\n")
    found = read_pages(site)
    _publish_files(project, site, found)
    _refuse(site_problems(site, found))
    return found


def _render_page(project: Project, path: PurePosixPath, pages: frozenset[PurePosixPath]) -> _Result:
    """One page to HTML, with what is wrong with it."""
    page = project.page(path)
    source = shortcodes.resolve(page.body, page=path, root=project.root, variables=project.variables)
    page = replace(page, settings=shortcodes.resolve_settings(page.settings, project.variables, source))
    if source.problems:
        return _Result(path, "", tuple(source.problems))
    rendered = convert(page, source, root=project.root, extra=_extra(project, page))
    html, problems = rewrite_page_links(rendered.html, path, page.offset, pages)
    return _Result(path, _with_footnote_heading(html, page), (*rendered.problems, *problems))


def _extra(project: Project, page: Page) -> dict[str, Any]:
    """Metadata that comes from the project: the window's title, the navigation bar and the footer."""
    website = project.settings.get("website", {})
    title = str(page.settings.get("title", ""))
    whole_title = " – ".join(part for part in (title, project.site_title) if part)
    window = page.settings.get("window-title") or page.settings.get("pagetitle") or whole_title
    navbar = website.get("navbar") or {}
    items = [item for side in ("left", "right") for item in navbar.get(side, [])]
    footer = website.get("page-footer")
    return {
        "window-title": window,
        "pagetitle": window,
        "navbar": [_menu_entry(item, page) for item in items if isinstance(item, dict) and "href" in item],
        "page-footer": footer if isinstance(footer, str) else "",
    }


def _menu_entry(item: dict[str, Any], page: Page) -> dict[str, Any]:
    target = str(item["href"])
    path = PurePosixPath(target)
    href = f"{page.offset}/{path.with_suffix('.html')}" if path.suffix == ".qmd" else target
    return {"href": href, "text": item.get("text", target), "current": path == page.path}


def _with_footnote_heading(html: str, page: Page) -> str:
    """Footnotes under a heading, and their way back with a name that can be spoken."""
    terms = words(str(page.settings.get("lang", "en")))
    opening = 'role="doc-endnotes">\n<hr />'
    heading = f'role="doc-endnotes">\n<h2 class="quarto-appendix-heading">{terms["footnotes"]}</h2>'
    return html.replace(opening, heading).replace(
        'class="footnote-back"', f'class="footnote-back" aria-label="{terms["back"]}"'
    )


def _publish_files(project: Project, site: Path, pages: Pages) -> None:
    """Copy declared resources, and every local file a page shows or links to."""
    wanted = {path.relative_to(project.root) for path in project.resources()}
    for page, found in pages.items():
        for target in [*found.fetched, *found.links]:
            path, _ = local_path(target, page)
            if not is_elsewhere(target) and ".." not in path.parts and (project.root / path).is_file():
                wanted.add(Path(path))
    for name in sorted(wanted):
        (site / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(project.root / name, site / name)


def _refuse(problems: Sequence[str]) -> None:
    if problems:
        raise InputError("\n".join(["the report cannot be rendered:", *problems]))
