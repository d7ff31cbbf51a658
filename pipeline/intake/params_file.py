"""Waves in ``params.yaml``: added and taken out line by line, so that every comment and the layout stay as they are.

The YAML reader says where everything stands; only the lines concerned are touched. Afterwards the text is read again
and must hold exactly what was meant.
"""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.nodes import CollectionNode, MappingNode, Node

from pipeline.intake.messages import RefusedError

_STEP = 2


def with_wave(text: str, *, wave: str, pool: str, responses: str) -> str:
    """``params.yaml`` as ``text`` with the wave, and with its pool where that is new."""
    meant = _content(text)
    meant["waves"] = (meant["waves"] or {}) | {wave: {"responses": responses}}
    text = _add(text, "waves", f"{wave}: {{responses: {responses}}}")
    if pool not in meant["pools"]:
        meant["pools"].append(pool)
        text = _add(text, "pools", pool)
    return _verified(text, meant)


def without_wave(text: str, *, wave: str, pool: str | None) -> str:
    """``params.yaml`` as ``text`` without the wave (and its simulation), and without ``pool`` where one is given: the
    pool that has no other wave."""
    meant = _content(text)
    if wave in (meant["waves"] or {}):
        del meant["waves"][wave]
        text = _drop(text, ("waves",), wave)
    simulated = (meant.get("simulate") or {}).get("waves") or {}
    if wave in simulated:
        del simulated[wave]
        text = _drop(text, ("simulate", "waves"), wave)
    if pool is not None and pool in meant["pools"]:
        meant["pools"].remove(pool)
        text = _drop(text, ("pools",), pool)
    return _verified(text, meant)


def with_responses_called(text: str, wave: str, name: str) -> str:
    """``params.yaml`` as ``text`` where the responses of ``wave`` are called ``name``."""
    meant = _content(text)
    meant["waves"][wave]["responses"] = name
    _, entries, _ = _entries(text, ("waves", wave))
    old: Any = next(value for key, value in entries if str(key.value) == "responses")
    return _verified(text[: old.start_mark.index] + name + text[old.end_mark.index :], meant)


def _content(text: str) -> Any:
    return deepcopy(YAML(typ="safe").load(text))


def _verified(text: str, meant: Any) -> str:
    if _content(text) != meant:
        raise RefusedError("params_layout")
    return text


def _entries(text: str, path: tuple[str, ...]) -> tuple[CollectionNode, list[tuple[Node, Node]], Node]:
    """The collection at ``path``, its entries as (first node, last node), and the node of its key."""
    node: Any = YAML(typ="rt").compose(text)
    key = node
    for step in path:
        key, node = next((k, v) for k, v in node.value if k.value == step)
    pairs = node.value if isinstance(node, MappingNode) else [(item, item) for item in node.value]
    return node, list(pairs), key


def _last_line(node: Any) -> int:
    """The last line ``node`` stands on. A block ends where the next thing begins, so its last part says where it
    really ends."""
    if isinstance(node, CollectionNode) and not node.flow_style and node.value:
        last = node.value[-1]
        return _last_line(last[1] if isinstance(last, tuple) else last)
    mark = node.end_mark
    return int(mark.line - 1 if mark.column == 0 and mark.line > node.start_mark.line else mark.line)


def _add(text: str, key: str, entry: str) -> str:
    """``text`` with ``entry`` at the end of the mapping or list under the top-level ``key``."""
    node, entries, _ = _entries(text, (key,))
    mapping = isinstance(node, MappingNode)
    if entries and node.flow_style:
        end = _last_index(entries[-1][1])
        return f"{text[:end]}, {entry}{text[end:]}"
    lines = text.splitlines(keepends=True)
    line = entry if mapping else f"- {entry}"
    if entries:
        first, last = entries[0][0].start_mark.column, _last_line(entries[-1][1])
        indent = first if mapping else first - _STEP
    else:
        indent, last = _STEP, node.start_mark.line
        text = _cut(text, node)
        lines = text.splitlines(keepends=True)
    if not lines[last].endswith("\n"):
        lines[last] += "\n"
    lines.insert(last + 1, f"{' ' * indent}{line}\n")
    return "".join(lines)


def _last_index(node: Any) -> int:
    return int(node.end_mark.index)


def _cut(text: str, empty: Any) -> str:
    """``text`` without an empty ``{}`` or ``[]`` and the space before it."""
    start = empty.start_mark.index
    return text[:start].rstrip(" ") + text[empty.end_mark.index :]


def _drop(text: str, path: tuple[str, ...], name: str) -> str:
    """``text`` without the entry ``name`` of the mapping or list at ``path``; comments around it stay."""
    node, entries, key = _entries(text, path)
    place = next(i for i, (first, _) in enumerate(entries) if first.value == name)
    first, last = entries[place]
    if node.flow_style:
        start, end = first.start_mark.index, _last_index(last)
        if place + 1 < len(entries):
            end = entries[place + 1][0].start_mark.index
        elif place:
            start = _last_index(entries[place - 1][1])
        return text[:start] + text[end:]
    lines = text.splitlines(keepends=True)
    del lines[first.start_mark.line : _last_line(last) + 1]
    if len(entries) == 1:
        after = _last_index(key) - sum(map(len, text.splitlines(keepends=True)[: key.start_mark.line]))
        line = lines[key.start_mark.line]
        empty = " {}" if isinstance(node, MappingNode) else " []"
        lines[key.start_mark.line] = f"{line[: after + 1]}{empty}{line[after + 1 :]}"
    return "".join(lines)
