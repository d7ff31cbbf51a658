"""Which part of those asked took part, project by project: a sentence, a picture and the numbers."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from dataclasses import dataclass

import pandas as pd

from pipeline.present.absent import untold
from pipeline.present.bundle import is_hidden
from pipeline.present.context import Context, capital
from pipeline.present.drawing.dots import Axis, Dots, Mark, Row, Section, axis_over, draw_dots, ends_of
from pipeline.present.markup.figures import add_figure
from pipeline.present.markup.markdown import Column
from pipeline.present.markup.tables import numbered_table
from pipeline.present.parts import Parts
from pipeline.present.words.numbers import in_words


@dataclass(frozen=True)
class Response:
    """A project's numbers over all waves; None where unknown, ``hidden`` where those who took part are not shown."""

    project: str
    invited: float | None
    usable: float | None
    hidden: bool

    @property
    def share(self) -> float | None:
        """Which part of those asked sent in something usable."""
        return self.usable / self.invited if self.invited and self.usable is not None else None


def responses(context: Context) -> Iterator[Response]:
    """Every project, in the order of the table."""
    names = context.bundle.tables["projects"].set_index("project")["name"]
    for project, group in context.bundle.tables["response_by_project"].groupby("project", sort=False):
        hidden = any(is_hidden(row, "received") for _, row in group.iterrows())
        invited, usable = (group[column].sum(min_count=len(group)) for column in ("invited", "received"))
        yield Response(
            str(names.get(project, project)),
            None if pd.isna(invited) else float(invited),
            None if hidden or pd.isna(usable) else float(usable),
            hidden,
        )


def waves_together(context: Context, *, within: bool = False) -> str:
    """``the three waves together``, or with ``within`` where a sentence begins: ``Over the three waves together``."""
    n, key = len(context.bundle.tables["waves"]), "within waves" if within else "waves together"
    return context.say(f"{key} one" if n == 1 else key, n=in_words(n, context.language))


def response_summary(context: Context) -> str:
    """Between which shares the projects lie."""
    known = sorted((one.share, one.project) for one in responses(context) if one.share is not None)
    if len(known) < 2:
        return untold(context, "response unknown", unit=context.unit)
    (low, least), (high, most) = known[0], known[-1]
    share = context.numbers.share
    return context.say("response range", unit=context.unit, low=share(low), least=least, high=share(high), most=most)


def response_figure(parts: Parts, context: Context) -> str:
    """``fig-response``: the share of every project, from nought per cent on."""
    found = list(responses(context))
    rows = [
        Row(one.project, [Mark(one.share)])
        if one.share is not None
        else Row(one.project, [], context.say("hidden" if one.hidden else "absent"))
        for one in found
    ]
    caption = context.say(
        "caption figure response", unit=context.unit, waves=waves_together(context), n=_asked(context)
    )
    drawn = any(row.marks for row in rows)
    draw = functools.partial(draw_dots, context, response_dots(context, rows)) if drawn else None
    return add_figure(parts, context, "fig-response", caption, draw)


def _asked(context: Context) -> str:
    """`` (n = 3,098)``: how many were asked; empty where that is not known of every project."""
    invited = [one.invited for one in responses(context)]
    known = [number for number in invited if number is not None]
    return context.say("n is", n=context.numbers.count(sum(known))) if known and len(known) == len(invited) else ""


def response_dots(context: Context, rows: list[Row]) -> Dots:
    """The picture; its description begins with the finding."""
    sections = [Section("", rows)]
    over = axis_over(ends_of(sections), include=(0.0, 0.5))
    axis = Axis(over.lower, over.upper, over.ticks, percent=True)
    told = "; ".join(f"{row.label} {context.numbers.share(row.marks[0].value)}" for row in rows if row.marks)
    title = context.say("figure response", unit=context.unit)
    description = context.say("alt response", summary=response_summary(context), details=told)
    return Dots(title, description, sections, axis)


def response_table(context: Context) -> str:
    """Usable questionnaires by project over all waves; a project with a hidden wave shows no total."""
    rows = [
        [
            one.project,
            context.say("absent") if one.invited is None else context.numbers.count(one.invited),
            context.say("hidden" if one.hidden else "absent")
            if one.usable is None
            else context.numbers.count(one.usable),
            context.say("hidden" if one.hidden and one.invited else "absent")
            if one.share is None
            else context.numbers.share(one.share),
        ]
        for one in responses(context)
    ]
    columns = [
        Column(capital(context.unit), figures=False),
        *(Column(context.say(f"head {name}")) for name in ("invited", "usable", "response")),
    ]
    caption = context.say("caption response", unit=context.unit, waves=waves_together(context))
    return numbered_table(context, "tbl-response", caption, columns, rows)
