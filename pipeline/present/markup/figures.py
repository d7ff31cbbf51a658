"""Numbered figures in two widths, and the paragraph that stands in their place when there is nothing to draw."""

from __future__ import annotations

from collections.abc import Callable

from pipeline.present.context import Context
from pipeline.present.drawing.svg import Drawing
from pipeline.present.markup.markdown import floating, note, picture, plain
from pipeline.present.parts import Parts
from pipeline.present.words.people import n_analysed

WIDE, SLIM = 720, 310
"""Widths of the two variants of a picture: beside a table of contents, and on a telephone."""


def add_figure(
    parts: Parts,
    context: Context,
    identifier: str,
    caption: str,
    draw: Callable[[float], Drawing] | None,
    *,
    otherwise: str = "",
) -> str:
    """Draw a figure in both widths into ``parts.files``; its Markdown. ``draw`` None: nothing to show.

    ``otherwise``: why there is nothing, where that is known.

    The caption says what the sign of a figure that is hidden or unknown means, where the picture has one.
    """
    if draw is None:
        why = "figure hidden" if n_analysed(context) is None else "nothing to show"
        return floating(identifier, note(plain(otherwise or context.say(why))), plain(caption))
    pictured = add_picture(parts, context, identifier, draw)
    drawn = parts.files.get(f"{identifier.removeprefix('fig-')}.svg", "")
    for name in ("hidden", "absent"):
        sign = context.say(name)
        if f">{sign}</text>" in drawn and f" {sign} = " not in caption:
            caption += f" {context.say(f'note {name}')}"
    return floating(identifier, pictured, plain(caption))


def add_picture(parts: Parts, context: Context, name: str, draw: Callable[[float], Drawing]) -> str:
    """Draw a picture in both widths into ``parts.files``; its Markdown, without a number or a caption."""
    wide, slim = draw(WIDE), draw(SLIM)
    name = name.removeprefix("fig-")
    parts.files[f"{name}.svg"] = wide.render()
    parts.files[f"{name}-narrow.svg"] = slim.render()
    return picture(folder_of(context), name, wide.description)


def folder_of(context: Context) -> str:
    """Where a page finds the files of its pool and language."""
    return f"../../files/{context.bundle.pool}/{context.language}"
