"""Stamps the report's page templates into a Quarto project: one page per pool, language and template.

Everything a page needs to know of the others (navigation, language switch, banner, footer) goes into its front matter
as ``report``; ``reports/theme/page.html`` writes it out, under Quarto as under the embedded renderer.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from pipeline.artefacts import write_text, yaml_text
from pipeline.errors import InputError
from pipeline.render.declaration import SiteDeclaration
from pipeline.render.menu import Sheets, navigation, switches
from pipeline.render.search import index_path
from pipeline.render.templates import Sheet, Template, read_templates, sheets_of
from pipeline.render.words import words

# what only the stamping reads of a front matter
_STAMPING = ("each", "group", "nav", "order")
_THEME_WORDS = (
    "skip", "menu", "language", "pool", "contents", "next", "previous", "neighbours", "above", "close",
    "search", "search_title", "search_words", "search_loading", "search_none", "search_one", "search_many",
    "colours", "colours_auto", "colours_light", "colours_dark",
)  # fmt: skip


def stamp(*, reports: Path, parts: Path, project: Path, site: SiteDeclaration, pools: Sequence[str]) -> None:
    """Make the Quarto project in ``project`` anew from ``reports`` (templates, theme, settings) and ``parts``."""
    shutil.rmtree(project, ignore_errors=True)
    project.mkdir(parents=True)
    templates = read_templates(reports / "pages", site.languages)
    shutil.copytree(reports / "theme", project / "theme")
    shutil.copyfile(reports / "references.bib", project / "references.bib")
    _copy_parts(parts, project, pools)
    write_text(project / "_quarto.yml", _settings(reports / "_quarto.yml", site, templates))
    for language in site.languages:
        sheets = {pool: sheets_of(templates[language], pool, site.pools[pool]) for pool in pools}
        for pool in pools:
            for sheet in sheets[pool]:
                text = _stamped(sheet, sheets, site, pool) + _at_the_end(sheet, project, pool)
                write_text(project / language / pool / f"{sheet.slug}.qmd", text)
    write_text(project / "index.qmd", _first_page(templates, site, pools))


def _copy_parts(parts: Path, project: Path, pools: Sequence[str]) -> None:
    """Parts for including go to ``_parts``, files for publishing to ``files``, variables to their place."""
    for pool in pools:
        for source, target in ((parts / pool, "_parts"), (parts / "files" / pool, "files")):
            if source.is_dir():
                shutil.copytree(source, project / target / pool)
    if (parts / "_variables.yml").exists():
        shutil.copyfile(parts / "_variables.yml", project / "_variables.yml")


def _settings(path: Path, site: SiteDeclaration, templates: Mapping[str, Sequence[Template]]) -> str:
    """The project's ``_quarto.yml``: that of ``reports/`` with the site's title."""
    try:
        settings = YAML(typ="safe").load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InputError(f"{path}: file not found; it holds the settings of the report") from None
    settings["website"] = {**settings.get("website", {}), "title": site.title[next(iter(templates))]}
    return yaml_text(settings)


def _stamped(sheet: Sheet, sheets: Sheets, site: SiteDeclaration, pool: str) -> str:
    """The text of one page of ``pool``: its template filled in, with what the theme must know in the front matter."""
    language, own = sheet.template.language, sheet.front_matter
    title, site_title = str(own["title"]), site.title[language]
    front_matter = {
        **{key: value for key, value in own.items() if key not in _STAMPING},
        "lang": language,
        "window-title": title if title == site_title else f"{title} – {site_title}",
        "report": _around(language, site, pool) | navigation(sheet, sheets[pool]) | switches(sheet, sheets, site, pool),
    }
    return f"---\n{_front_matter(front_matter)}---\n{sheet.body}"


def _at_the_end(sheet: Sheet, project: Path, pool: str) -> str:
    """The block that says how to reproduce a page, on every page that the parts have one for."""
    part = f"_parts/{pool}/{sheet.template.language}/reproduce-{sheet.template.slug}.md"
    return f"\n\n{{{{< include ../../{part} >}}}}\n" if (project / part).is_file() else ""


def _around(language: str, site: SiteDeclaration, pool: str) -> dict[str, Any]:
    """What stands around every page of a pool in a language."""
    entry = site.pools[pool]
    return {
        "words": _theme_words(language),
        "root": "../../",
        "index": f"../../{index_path(language, pool)}",
        "home": "../../index.html",
        "site": site.title[language],
        "banner": site.text(entry.banner, language),
        "footer": site.text(entry.footer, language),
    }


def _theme_words(language: str) -> dict[str, str]:
    """The words `page.html` writes."""
    return {name: words(language)[name] for name in _THEME_WORDS}


def _first_page(templates: Mapping[str, Sequence[Template]], site: SiteDeclaration, pools: Sequence[str]) -> str:
    """The page at the root: every language and every pool; each language's part is marked as such."""
    first = next(iter(templates))
    front_matter = {
        "title": site.title[first],
        "lang": first,
        "toc": False,
        "window-title": site.title[first],
        "report": {"words": _theme_words(first), "root": "./"},
    }
    parts = [f"---\n{yaml_text(front_matter)}---\n", "::::: {.choices}\n"]
    for language in site.languages:
        parts.append(f":::: {{.choice lang={language}}}\n")
        parts.append(f"## {words(language)['language_name']} {{#{language} .unnumbered}}\n")
        parts.append(_paragraph("lead", site.text(site.description, language)))
        for pool in pools:
            entry = site.pools[pool]
            parts.append(
                f"### [{entry.name[language]}]({language}/{pool}/index.qmd) {{#{language}-{pool} .unnumbered}}\n"
            )
            parts.append(_paragraph("simulated-note", site.text(entry.banner, language) if entry.simulated else ""))
            parts.append(_paragraph("", site.text(entry.description, language)))
        if not pools:
            parts.append(_without_waves(language))
        parts.append("::::\n")
    parts.append(":::::\n")
    return "\n".join(part for part in parts if part)


def _without_waves(language: str) -> str:
    """That there is nothing to show yet, and how a wave comes in."""
    terms = words(language)
    steps = "".join(f"{i}. {terms[f'no_waves_{step}']}\n" for i, step in enumerate(("check", "submit", "report"), 1))
    return f"{terms['no_waves']}\n\n{terms['no_waves_how']}\n\n{steps}\n{terms['no_waves_desk']}\n"


def _paragraph(css_class: str, text: str) -> str:
    """A paragraph, in a div of a class when there is one; empty for an empty text."""
    if not text:
        return ""
    return f"::: {{.{css_class}}}\n{text}\n:::\n" if css_class else f"{text}\n"


def _front_matter(content: Mapping[str, Any]) -> str:
    """``content`` as YAML, a line for each key: the values as JSON, which is YAML too and many times faster written."""
    return "".join(f"{key}: {json.dumps(value, ensure_ascii=False, default=str)}\n" for key, value in content.items())
