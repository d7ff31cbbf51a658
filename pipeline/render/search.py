"""The search index of the rendered report: one script file for each pool and language, made from the pages alone.

A page says by ``data-index`` (``reports/theme/page.html``) which file it is found through. The file sets
``window.reportIndex`` to an object: ``pages`` (address and title), ``texts`` (each text once, however many pages say
it) and ``sections`` (place in ``pages``, anchor, heading, places in ``texts``). ``reports/theme/report.js`` reads it.
"""

from __future__ import annotations

import json
import posixpath
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from pipeline.artefacts import write_text
from pipeline.render.links import References, local_path


def index_path(language: str, pool: str) -> str:
    """Where the index of ``pool`` in ``language`` stands below the site."""
    return f"search/{language}-{pool}.js"


def write_indexes(site: Path, pages: Mapping[PurePosixPath, References]) -> None:
    """Write every index that the ``pages`` of ``site`` name."""
    indexes: dict[PurePosixPath, list[PurePosixPath]] = {}
    for path, page in pages.items():
        if page.outline.index:
            indexes.setdefault(local_path(page.outline.index, path)[0], []).append(path)
    for file, paths in indexes.items():
        write_text(site / file, _script({path: pages[path] for path in paths}))


def _script(pages: Mapping[PurePosixPath, References]) -> str:
    """The index of ``pages``, whose addresses are relative to their common folder."""
    texts: dict[str, int] = {}
    folder = posixpath.commonpath([str(path.parent) for path in pages])
    addresses, sections = [], []
    for number, (path, page) in enumerate(pages.items()):
        addresses.append([posixpath.relpath(str(path), folder), page.outline.title])
        for section in page.outline.sections:
            places = [texts.setdefault(text, len(texts)) for text in section.texts]
            sections.append([number, section.anchor, section.heading, places])
    content = {"pages": addresses, "texts": list(texts), "sections": sections}
    return f"window.reportIndex = {json.dumps(content, ensure_ascii=False, separators=(',', ':'))};\n"
