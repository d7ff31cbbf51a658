"""A verdict, or what stands for one, as a sign and a word in its colour."""

from __future__ import annotations

from html import escape

from pipeline.present.context import Context
from pipeline.present.drawing.colours import SIGNS


def chip(state: str, words: str) -> str:
    """The sign of ``state`` (a verdict) before ``words``."""
    sign = f'<svg viewBox="0 0 16 16" aria-hidden="true"><path d="{SIGNS[state]}"/></svg>'
    return f'<span class="chip {state}">{sign}{escape(words)}</span>'


def chip_of(context: Context, verdict: str) -> str:
    """The verdict as a sign and a word."""
    return chip(verdict, context.say(f"verdict {verdict}"))
