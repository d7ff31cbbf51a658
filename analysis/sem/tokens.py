"""Model text to tokens, each with its line and column, so that whatever is wrong can be pointed at."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from analysis.sem.errors import ModelError

_TOKEN = re.compile(
    r"(?P<comment>[#!][^\n]*)|(?P<newline>\n)|(?P<space>[ \t\r\f\u00a0]+)|(?P<semicolon>;)"
    r"|(?P<op>=~|~\*~|~~|:=|==|<~|~|<|>|\|)"
    r"|(?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)|(?P<name>[^\W\d][\w.]*)"
    r"|(?P<string>\"[^\"\n]*\"|'[^'\n]*')|(?P<sign>[-+*/^(),:])"
)
_SHOWN = 40


class Token(NamedTuple):
    """``kind`` is op, number, name, string, sign, newline or semicolon; ``line`` and ``column`` count from 1."""

    kind: str
    text: str
    line: int
    column: int


def tokens_of(text: str) -> Iterator[Token]:
    """The tokens of ``text`` without spaces and comments. Raises ``ModelError`` at a character no token begins with."""
    position, line, start = 0, 1, 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            raise ModelError(f"line {line}, column {position - start + 1}: cannot read {text[position]!r}.")
        kind = str(match.lastgroup)
        if kind not in ("space", "comment"):
            yield Token(kind, match.group(), line, position - start + 1)
        position = match.end()
        if kind == "newline":
            line, start = line + 1, position


def at(token: Token, what: str) -> ModelError:
    """The error ``what`` at ``token``, which it quotes."""
    text = token.text if len(token.text) <= _SHOWN else f"{token.text[:_SHOWN]}…"
    return ModelError(f"line {token.line}, column {token.column}: {what} {text!r}.")
