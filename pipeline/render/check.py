"""Checks of a rendered site, whichever renderer made it: nothing points nowhere, nothing comes from elsewhere."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath

from pipeline.render.links import References, is_elsewhere, local_path, references

Pages = Mapping[PurePosixPath, References]
"""What every page of a site holds and points at, by its path below the site, in path order."""


def read_pages(site: Path) -> Pages:
    """The pages of the rendered ``site``."""
    paths = sorted(PurePosixPath(path.relative_to(site)) for path in site.rglob("*.html"))
    return {path: references((site / path).read_text(encoding="utf-8")) for path in paths}


def site_problems(site: Path, pages: Pages) -> list[str]:
    """What is wrong with the ``pages`` of ``site``, each naming its page and what it is about; in page order."""
    return [f"{path}: {problem}" for path, page in pages.items() for problem in _page_problems(path, page, pages, site)]


def _page_problems(path: PurePosixPath, page: References, pages: Pages, site: Path) -> Iterator[str]:
    for label in page.unresolved:
        yield f"unresolved cross-reference @{label}"
    for identifier in sorted(one for one, times in Counter(page.ids).items() if times > 1):
        yield f"two elements have the id {identifier}"
    for source in page.without_alternative:
        yield f"image {source} has no alternative text"
    for target in page.fetched:
        if target.startswith("data:"):
            continue
        if is_elsewhere(target):
            yield f"{target} would be fetched from elsewhere"
        elif not (site / local_path(target, path)[0]).is_file():
            yield f"{target}: no such file"
    for target in page.links:
        if not is_elsewhere(target):
            yield from _link_problems(target, path, pages, site)


def _link_problems(target: str, path: PurePosixPath, pages: Pages, site: Path) -> Iterator[str]:
    """A link within the site must lead to a file, and its fragment to an id."""
    file, fragment = local_path(target, path)
    if ".." in file.parts or not (site / file).exists():
        yield f"link to {target}: no such file"
    elif fragment and file in pages and fragment not in pages[file].ids:
        yield f"link to {target}: the page has no element with this id"
