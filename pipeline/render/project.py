"""A Quarto website project on disk: its settings, its pages, and each page's settings."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from pipeline.errors import InputError

Settings = Mapping[str, Any]

# settings whose values are paths
_PATHS = {
    "bibliography", "csl", "css", "template", "include-in-header", "include-before-body", "include-after-body",
}  # fmt: skip


@dataclass(frozen=True)
class Page:
    """One page of a project.

    ``path`` is relative to the project (``nl/index.qmd``); ``settings`` are the project's, overridden by its own front
    matter; ``body`` is the Markdown below the front matter, as written.
    """

    path: PurePosixPath
    settings: Settings
    body: str

    @property
    def offset(self) -> str:
        """The way from the page's folder up to the project: ``.``, ``..``, ``../..``."""
        return "/".join([".."] * (len(self.path.parts) - 1)) or "."

    @property
    def output(self) -> PurePosixPath:
        """Path of the rendered page below the site."""
        return self.path.with_suffix(".html")


@dataclass(frozen=True)
class Project:
    """A folder with ``_quarto.yml``, pages (``*.qmd``), ``_variables.yml`` and whatever the pages include and show."""

    root: Path

    @cached_property
    def settings(self) -> Settings:
        """The content of ``_quarto.yml``."""
        return _mapping(self.root / "_quarto.yml")

    @cached_property
    def variables(self) -> Settings:
        """The content of ``_variables.yml``; empty when there is no such file."""
        path = self.root / "_variables.yml"
        return _mapping(path) if path.exists() else {}

    @property
    def output_dir(self) -> str:
        """Name of the folder Quarto would render to (``project.output-dir``)."""
        return str(_section(self.settings, "project").get("output-dir", "_site"))

    @property
    def site_title(self) -> str:
        """``website.title``; empty when there is none."""
        return str(_section(self.settings, "website").get("title", ""))

    def page_paths(self) -> list[PurePosixPath]:
        """Every page to render, in path order: what ``project.render`` names, nothing in a ``_`` or ``.`` folder."""
        patterns = _section(self.settings, "project").get("render", ["**/*.qmd"])
        found = {path.relative_to(self.root) for pattern in patterns for path in self.root.glob(pattern)}
        return sorted(
            PurePosixPath(path) for path in found
            if path.suffix == ".qmd" and not any(part.startswith(("_", ".")) for part in path.parts)
        )  # fmt: skip

    def page(self, path: PurePosixPath) -> Page:
        """Read one page; raises ``InputError`` when its front matter is not YAML."""
        front_matter, body = split_front_matter((self.root / path).read_text(encoding="utf-8"), path)
        settings = _page_settings(self.settings) | _page_settings(front_matter, folder=path.parent)
        return Page(path, settings, body)

    def resources(self) -> list[Path]:
        """Files that are published as they are (``project.resources``), in path order."""
        patterns = _section(self.settings, "project").get("resources", [])
        found = {path for pattern in patterns for path in self.root.glob(_whole_folder(self.root, pattern))}
        return sorted(path for path in found if path.is_file())


def split_front_matter(text: str, path: PurePosixPath) -> tuple[dict[str, Any], str]:
    """Front matter (empty when there is none) and the rest of a page's ``text``.

    Raises ``InputError`` naming ``path`` when the front matter is not a YAML mapping.
    """
    lines = text.split("\n")
    if lines[0].rstrip() != "---":
        return {}, text
    ends = [number for number, line in enumerate(lines[1:], start=1) if line.rstrip() in ("---", "...")]
    if not ends:
        raise InputError(f"{path}: the front matter has no closing line ---")
    try:
        content = YAML(typ="safe").load("\n".join(lines[1 : ends[0]]))
    except YAMLError as error:
        raise InputError(f"{path}: the front matter is not readable as YAML: {error}") from None
    if content is not None and not isinstance(content, dict):
        raise InputError(f"{path}: the front matter is not a mapping of keys to values")
    return content or {}, "\n".join(lines[ends[0] + 1 :])


def _page_settings(source: Settings, folder: str | PurePosixPath = "") -> dict[str, Any]:
    """What ``source`` (``_quarto.yml`` or a front matter) sets for a page, ``format.html`` included.

    Paths are relative to the file they stand in, so those of a page in ``folder`` are made relative to the project.
    """
    settings = {key: value for key, value in source.items() if key not in ("project", "website", "format")}
    settings |= _section(_section(source, "format"), "html")
    for key in _PATHS & settings.keys():
        settings[key] = [posixpath.normpath(PurePosixPath(folder, str(value))) for value in as_list(settings[key])]
    return settings


def as_list(value: Any) -> list[Any]:
    """A setting that may be one value, several, or absent."""
    if value is None:
        return []
    return list(value) if isinstance(value, list) else [value]


def _section(settings: Settings, key: str) -> Settings:
    section = settings.get(key)
    return section if isinstance(section, Mapping) else {}


def _whole_folder(root: Path, pattern: str) -> str:
    """``pattern`` with ``/**/*`` behind it when it names a folder, as Quarto has it."""
    return f"{pattern.rstrip('/')}/**/*" if (root / pattern).is_dir() else pattern


def _mapping(path: Path) -> Settings:
    try:
        content = YAML(typ="safe").load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InputError(f"{path}: file not found; a Quarto project has one") from None
    except YAMLError as error:
        raise InputError(f"{path}: not readable as YAML: {error}") from None
    if not isinstance(content, dict):
        raise InputError(f"{path}: expected a mapping of keys to values")
    return content
