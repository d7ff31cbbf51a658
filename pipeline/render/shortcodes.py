"""Quarto's shortcodes: ``{{< include >}}`` is resolved here, ``{{< var >}}`` is looked up here and set in later.

A variable's value is Markdown of its own, so it cannot simply be pasted into the page: `[+0,12; +0,80]` beside a
bracket would become a link. A variable is therefore replaced by a token of private-use characters, and
``filters/shortcodes.lua`` puts the value in its place after parsing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

_INCLUDE_LINE = re.compile(r"^[ \t]*\{\{<\s*include\s+(?P<file>.+?)\s*>\}\}[ \t]*$")
_SHORTCODE = re.compile(r"(?<!\{)\{\{<\s*(?P<name>\S+)\s*(?P<arguments>.*?)\s*>\}\}(?!\})")
_CELL = re.compile(r"^[ \t]*`{3,}[ \t]*(\{[A-Za-z]\w*)", re.MULTILINE)
_ESCAPED = re.compile(r"\{(\{\{<.*?>\}\})\}")

TOKEN = "\ue000{}\ue001"  # noqa: S105 - a placeholder, not a secret
"""What stands for the n-th variable in the text given to pandoc."""


@dataclass
class Source:
    """A page's text with its shortcodes resolved.

    ``values`` are the variables' values by token; ``problems`` name what could not be resolved.
    """

    text: str = ""
    values: dict[str, str] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)


def resolve(text: str, *, page: PurePosixPath, root: Path, variables: Mapping[str, Any]) -> Source:
    """``text`` of ``page`` with included files in place and variables as tokens; never raises."""
    source = Source()
    included = _include(text, page=page, root=root, stack=[root / page], problems=source.problems)
    source.problems += [
        f"executable cell {match[1]}}} (pages have none: numbers come as parts)" for match in _CELL.finditer(included)
    ]
    source.text = _ESCAPED.sub(r"\1", _tokens(included, variables, source))
    return source


def resolve_settings(value: Any, variables: Mapping[str, Any], source: Source) -> Any:
    """``value`` (a setting of any shape) with the variables in its texts as tokens; adds to ``source``."""
    if isinstance(value, str):
        return _tokens(value, variables, source)
    if isinstance(value, Mapping):
        return {key: resolve_settings(one, variables, source) for key, one in value.items()}
    if isinstance(value, list):
        return [resolve_settings(one, variables, source) for one in value]
    return value


def _include(text: str, *, page: PurePosixPath, root: Path, stack: list[Path], problems: list[str]) -> str:
    """``text`` with every include line replaced by the file it names; paths are relative to the page, as in Quarto."""
    lines: list[str] = []
    for line in text.split("\n"):
        match = _INCLUDE_LINE.match(line)
        if not match:
            lines.append(line)
            continue
        name = match["file"].strip("\"'")
        path = root / name.lstrip("/") if name.startswith("/") else (root / page).parent / name
        path = path.resolve()
        if path in [one.resolve() for one in stack]:
            problems.append(f"include of {name} includes itself")
        elif not path.is_file():
            problems.append(f"include of {name}: no such file")
        else:
            content = path.read_text(encoding="utf-8").rstrip("\n")
            lines += [_include(content, page=page, root=root, stack=[*stack, path], problems=problems), ""]
    return "\n".join(lines)


def _tokens(text: str, variables: Mapping[str, Any], source: Source) -> str:
    """``text`` with a token for each variable; fills ``source.values`` and ``source.problems``."""

    def token(match: re.Match[str]) -> str:
        name, arguments = match["name"], match["arguments"]
        if name != "var":
            source.problems.append(f"shortcode {name} is not known to the embedded renderer (it knows var and include)")
            return ""
        value = _look_up(arguments, variables)
        if value is None:
            source.problems.append(f"variable {arguments} is not in _variables.yml")
            return ""
        one = TOKEN.format(len(source.values))
        source.values[one] = value
        return one

    return _SHORTCODE.sub(token, text)


def _look_up(key: str, variables: Mapping[str, Any]) -> str | None:
    """The value at ``a.b.c``; ``None`` when there is none or when it is a group of values."""
    value: Any = variables
    for part in key.split("."):
        if not isinstance(value, Mapping) or part not in value:
            return None
        value = value[part]
    if value is None or isinstance(value, Mapping | list):
        return None
    return str(value).lower() if isinstance(value, bool) else str(value)
