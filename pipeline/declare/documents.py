"""Reading one declared file: safely, within bounds, and knowing on which line everything stands.

YAML is read by a loader that constructs plain values only. Lines are looked up in a second reading, done only when
there is a problem to place: the reading that keeps them takes twice as long, and nearly all files are right.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Generic, TypeVar

from pydantic import ValidationError
from pydantic_core import ErrorDetails
from ruamel.yaml import YAML
from ruamel.yaml.constructor import DuplicateKeyError, RoundTripConstructor, SafeConstructor
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from pipeline.declare.base import Declaration, Linked, Parts
from pipeline.declare.forms import details_of
from pipeline.declare.problems import DeclarationError, Finding, Problem, Step

MAX_BYTES = 2_000_000
"""No declaration is anywhere near this size; a file that is, is not a declaration."""

TO_FILL_IN = "VUL IN"
"""How a value begins that a draft leaves to be filled in (in capitals, "fill in")."""

D = TypeVar("D", bound=Declaration)
_TIMESTAMP = "tag:yaml.org,2002:timestamp"


class _Values(SafeConstructor):
    """Plain values; dates stay text, so that an impossible one is a problem with a place and not a crash."""


class _Lines(RoundTripConstructor):
    """The same values with their lines."""


_Values.add_constructor(_TIMESTAMP, SafeConstructor.construct_yaml_str)
_Lines.add_constructor(_TIMESTAMP, RoundTripConstructor.construct_yaml_str)


@dataclass(frozen=True)
class Document:
    """A YAML file that was read: its plain content, and where in the file each part of it stands."""

    path: Path
    text: str
    content: Any

    @cached_property
    def _with_lines(self) -> Any:
        reader = YAML(typ="rt", pure=True)
        reader.Constructor = _Lines
        return reader.load(self.text)

    def line(self, location: tuple[Step, ...]) -> int:
        """Line (from 1) of the deepest part of ``location`` that exists."""
        line = 1
        content: Any = self._with_lines
        for step in location:
            try:
                lines = content.lc
                place = lines.key(step) if isinstance(content, dict) else lines.item(step)
                content = content[step]
            except (AttributeError, KeyError, IndexError, TypeError):
                break
            line = place[0] + 1
        return line

    def key(self, location: tuple[Step, ...]) -> str:
        """``location`` as its author would say it: list members by their id or name where they have one."""
        said, content = "", self.content
        for step in location:
            content = _inside(content, step)
            if isinstance(step, int):
                label = next(
                    (content[k] for k in ("id", "name") if isinstance(content, Mapping) and k in content), step
                )
                said += f"[{label}]"
            else:
                said += f".{step}" if said else step
        return said

    def problem(self, finding: Finding) -> Problem:
        """``finding`` with its file, line and key."""
        place = finding.location
        return Problem(self.path, self.line(place), self.key(place), finding.code, finding.details)


@dataclass(frozen=True)
class Read(Generic[D]):
    """A declaration and the document it was read from, so that later checks can still name its lines."""

    document: Document
    declaration: D

    def problem(self, location: tuple[Step, ...], code: str, **details: Any) -> Problem:
        """The problem ``code`` at ``location`` in this declaration's file."""
        return self.document.problem(Finding(location, code, details))


def _inside(content: Any, step: Step) -> Any:
    try:
        return content[step]
    except (KeyError, IndexError, TypeError):
        return None


def read_bytes(path: Path, *, max_bytes: int = MAX_BYTES) -> bytes:
    """The bytes at ``path``; raises ``DeclarationError`` when absent or too large."""
    try:
        size = path.stat().st_size
        if size > max_bytes:
            raise DeclarationError([Problem(path, None, "", "file_too_large", {"bytes": size, "limit": max_bytes})])
        return path.read_bytes()
    except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
        raise DeclarationError([Problem(path, None, "", "file_absent")]) from None


def text_of(data: bytes, path: Path, *, max_bytes: int = MAX_BYTES) -> str:
    """``data`` as UTF-8 text with line feeds; raises ``DeclarationError``, naming ``path``, when too large or not
    UTF-8."""
    if len(data) > max_bytes:
        raise DeclarationError([Problem(path, None, "", "file_too_large", {"bytes": len(data), "limit": max_bytes})])
    try:
        return data.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
    except UnicodeDecodeError:
        raise DeclarationError([Problem(path, None, "", "not_utf8")]) from None


def read_text(path: Path, *, max_bytes: int = MAX_BYTES) -> str:
    """The UTF-8 text of ``path``; raises ``DeclarationError`` when absent, too large or not UTF-8."""
    return text_of(read_bytes(path, max_bytes=max_bytes), path, max_bytes=max_bytes)


def read_document(path: Path) -> Document:
    """Read ``path`` as YAML; raises ``DeclarationError`` naming the line where the reader stopped."""
    return document_of(read_text(path), path)


def document_of(text: str, path: Path) -> Document:
    """``text`` as YAML; ``path`` is what its problems call it. Raises ``DeclarationError``."""
    reader = YAML(typ="safe", pure=True)
    reader.Constructor = _Values
    try:
        content = reader.load(text)
    except DuplicateKeyError as error:
        name = re.match(r'found duplicate key "(.*?)" with', error.problem or "")
        raise _unreadable(path, error, "duplicate_key", name=name.group(1) if name else "?") from None
    except MarkedYAMLError as error:
        raise _unreadable(path, error, "not_yaml", reason=error.problem or "?") from None
    except (YAMLError, ValueError, RecursionError) as error:
        raise _unreadable(path, None, "not_yaml", reason=type(error).__name__) from None
    document = Document(path, text, content)
    if content is None:
        raise DeclarationError([Problem(path, None, "", "file_empty")])
    repeats = [document.problem(Finding(place, "alias_of_block")) for place in _repeated_blocks(content)]
    if repeats:
        raise DeclarationError(repeats)
    return document


def _unreadable(path: Path, error: MarkedYAMLError | None, code: str, **details: Any) -> DeclarationError:
    mark = error.problem_mark if error else None
    return DeclarationError([Problem(path, mark.line + 1 if mark else None, "", code, details)])


def _repeated_blocks(content: Any) -> Iterator[tuple[Step, ...]]:
    """Places where an alias repeats a list or mapping. A few such aliases can stand for more than memory holds."""
    seen: set[int] = set()
    waiting: deque[tuple[tuple[Step, ...], Any]] = deque([((), content)])
    while waiting:
        place, block = waiting.popleft()
        if not isinstance(block, (Mapping, list)):
            continue
        if id(block) in seen:
            yield place
            continue
        seen.add(id(block))
        inside = block.items() if isinstance(block, Mapping) else enumerate(block)
        waiting.extend(((*place, step), part) for step, part in inside)


def validate(document: Document, model: type[D]) -> D:
    """The content of ``document`` as ``model``; raises ``DeclarationError`` with all its problems, in line order.

    What a draft leaves to be filled in (``TO_FILL_IN``) is a problem that says so, and not another one besides.
    """
    blanks = {finding.location: finding for finding in _to_fill_in(document.content)}
    if blanks:
        raise DeclarationError([*map(document.problem, blanks.values())])
    try:
        return model.model_validate(document.content, by_alias=True, by_name=False)
    except ValidationError as error:
        findings = [_finding(details, document.content, model) for details in error.errors()]
    if issubclass(model, Linked) and isinstance(document.content, Mapping):
        findings += model.findings(Parts.of_content(model, document.content))
    problems = {(p.line, p.key, p.code, repr(p.details)): p for p in map(document.problem, findings)}
    raise DeclarationError(sorted(problems.values(), key=lambda problem: problem.line or 0))


def _to_fill_in(content: Any, place: tuple[Step, ...] = ()) -> Iterator[Finding]:
    """The values that a draft left to somebody; what follows the mark says what to write."""
    if isinstance(content, str) and content.startswith(TO_FILL_IN):
        yield Finding(place, "to_fill_in", {"what": content.removeprefix(TO_FILL_IN).strip(" :")[:300]})
    elif isinstance(content, Mapping):
        for step, part in content.items():
            yield from _to_fill_in(part, (*place, step))
    elif isinstance(content, list):
        for i, part in enumerate(content):
            yield from _to_fill_in(part, (*place, i))


def _finding(error: ErrorDetails, content: Any, model: type[Declaration]) -> Finding:
    """What pydantic found, at the deepest place that exists in the file."""
    place: list[Step] = []
    for step in error["loc"]:
        inside = _inside(content, step)
        if inside is None and not (isinstance(content, Mapping) and step in content):
            if error["type"] == "missing":
                place.append(step)  # the key is not there, and still it is what the problem is about
            break
        place.append(step)
        content = inside
    code, details = details_of(error, model)
    return Finding(tuple(place), code, details)


def read(path: Path, model: type[D]) -> Read[D]:
    """Read and validate ``path``; raises ``DeclarationError`` with every problem of the file."""
    return read_from(read_text(path), path, model)


def read_from(text: str, path: Path, model: type[D]) -> Read[D]:
    """Validate a declaration that is in no file, or was read before; ``path`` is what its problems call it."""
    document = document_of(text, path)
    return Read(document, validate(document, model))
