"""One page through pandoc: our Lua filters before and after citeproc, and every warning a problem."""

from __future__ import annotations

import json
import os
import re
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pypandoc

from pipeline.render.project import Page, as_list
from pipeline.render.shortcodes import Source
from pipeline.render.words import words

_FILTERS = Path(__file__).with_name("filters")
_BEFORE_CITATIONS = "before.lua"
_AFTER_CITATIONS = "appendix.lua"
# what may be a citation: a key behind an @ that begins a word, and is no cross-reference
_CITATION = re.compile(r"(?<![\w.])@\{?(?!(?:fig|tbl|sec|eq)-)\w", re.IGNORECASE)
_DEFAULT_TEMPLATE = Path(__file__).with_name("default.html")
# settings that are no text for the template: pandoc gets them as options, or they are the project's
_NO_METADATA = (
    "bibliography", "csl", "css", "template", "toc", "toc-depth", "number-sections", "number-depth", "theme", "format",
    "html-math-method", "include-in-header", "include-before-body", "include-after-body",
)  # fmt: skip


@dataclass(frozen=True)
class Rendered:
    """A page's HTML, and what pandoc and the filters found wrong with the page (empty: nothing)."""

    html: str
    problems: tuple[str, ...]


def pandoc_program() -> Path:
    """The pandoc that `pypandoc-binary` carries: the same version on every machine, whatever else is installed."""
    return Path(pypandoc.__file__).parent / "files" / ("pandoc.exe" if os.name == "nt" else "pandoc")


def convert(page: Page, source: Source, *, root: Path, extra: Mapping[str, Any]) -> Rendered:
    """Convert one page.

    ``source`` is its text with shortcodes resolved; paths in the page's settings are relative to ``root``; ``extra`` is
    metadata for the template that the page itself does not have (navigation, page title).
    """
    language = str(page.settings.get("lang", "en"))
    with tempfile.TemporaryDirectory(prefix="page-") as folder:
        context, metadata, log = (Path(folder) / name for name in ("context.json", "metadata.json", "log.json"))
        context.write_text(json.dumps(_context(page, source, language)), encoding="utf-8")
        metadata.write_text(json.dumps(_metadata(page, language) | dict(extra), default=str), encoding="utf-8")
        command = [
            str(pandoc_program()), "--from=markdown", "--to=html5", "--standalone", "--wrap=none", "--section-divs",
            "--mathml", "--syntax-highlighting=none", "--email-obfuscation=none",
            f"--metadata-file={metadata}", f"--log={log}", *_options(page, root, cites=_may_cite(page, source)),
        ]  # fmt: skip
        done = subprocess.run(
            command, input=source.text, capture_output=True, check=False, encoding="utf-8", cwd=root,
            env=os.environ | {"RENDER_CONTEXT": str(context)},
        )  # fmt: skip
        problems = _warnings(log)
    if done.returncode:
        problems.append(done.stderr.strip() or f"pandoc ended with {done.returncode}")
    return Rendered(done.stdout, tuple(problems))


def _context(page: Page, source: Source, language: str) -> dict[str, Any]:
    """What the Lua filters need to know."""
    return {
        "words": words(language),
        "values": source.values,
        "number_sections": bool(page.settings.get("number-sections", False)),
        "number_depth": int(page.settings.get("number-depth", 6)),
    }


def _metadata(page: Page, language: str) -> dict[str, Any]:
    """The page's settings as pandoc metadata; citations are linked to their entry, as in Quarto."""
    kept = {key: value for key, value in page.settings.items() if key not in _NO_METADATA}
    return {"link-citations": True, **kept, "lang": language, "words": words(language)}


def _may_cite(page: Page, source: Source) -> bool:
    """Whether there may be citations on the page: looking for their sources takes as long as all the rest."""
    texts = (source.text, *source.values.values())
    return "nocite" in page.settings or any(_CITATION.search(text) for text in texts)


def _options(page: Page, root: Path, *, cites: bool) -> Iterator[str]:
    """Command line options that stand for settings of the page."""
    settings = page.settings
    own_template = as_list(settings.get("template"))
    yield f"--template={root / own_template[0] if own_template else _DEFAULT_TEMPLATE}"
    yield "--variable=embedded=true"
    yield f"--variable=root={page.offset}/"
    if settings.get("toc"):
        yield from ("--toc", f"--toc-depth={settings.get('toc-depth', 3)}")
    for css in as_list(settings.get("css")):
        yield f"--css={page.offset}/{css}"
    for option in ("include-in-header", "include-before-body", "include-after-body"):
        for value in as_list(settings.get(option)):
            yield f"--{option}={root / value}"
    yield f"--lua-filter={_FILTERS / _BEFORE_CITATIONS}"
    bibliography = as_list(settings.get("bibliography"))
    if bibliography and cites:
        yield "--citeproc"
        for path in bibliography:
            yield f"--bibliography={root / path}"
        for path in as_list(settings.get("csl")):
            yield f"--csl={root / path}"
        yield f"--lua-filter={_FILTERS / _AFTER_CITATIONS}"


def _warnings(log: Path) -> list[str]:
    """Warnings and errors in pandoc's log, in order; nothing on a page should give one."""
    if not log.exists():
        return []
    entries = json.loads(log.read_text(encoding="utf-8"))
    return [
        str(entry.get("message") or entry.get("pretty")) for entry in entries
        if entry.get("verbosity") in ("WARNING", "ERROR")
    ]  # fmt: skip
