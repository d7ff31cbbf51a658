"""The response flow as a picture in the manner of CONSORT: a box for each step, beside the way from one to the next a
box with who did not get there and why (Moher et al. 2010, https://www.consort-statement.org)."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.present.context import Context, capital
from pipeline.present.drawing.colours import CARD, DIM, INK, PAPER, SURE
from pipeline.present.drawing.svg import Drawing, n, wrapped
from pipeline.present.words.people import step_total

STEPS = ("invited", "received", "kept", "analysed")


def excluded_totals(context: Context) -> dict[str, float | None]:
    """Questionnaires left out by reason, all waves together; None where a wave's number is hidden."""
    rows = context.bundle.rows("response_flow", step="excluded")
    return {
        str(reason): None if group["n"].isna().any() else float(group["n"].sum())
        for reason, group in rows.groupby("reason", sort=False)
    }


def reason_label(context: Context, reason: str) -> str:
    """A reason for leaving somebody out, in words."""
    key = f"excluded {reason}"
    return context.say(key, unit=context.unit) if context.knows(key) else reason.replace("_", " ")


def reasons_told(context: Context) -> str:
    """``no consent 27, hardly anything answered x``; ``nobody`` when nobody was left out."""
    told = []
    for reason, total in excluded_totals(context).items():
        if total != 0:
            told.append(f"{reason_label(context, reason)} {_shown(context, total)}")
    return ", ".join(told) or context.say("nobody")


def steps_told(context: Context) -> list[tuple[str, float | None]]:
    """The steps that are known at all, with their totals; None for a hidden one."""
    known = set(context.bundle.tables["response_flow"]["step"])
    waves = set(context.bundle.tables["waves"]["wave"])
    invited = set(context.bundle.rows("response_flow", step="invited")["wave"])
    return [
        (step, step_total(context, step)) for step in STEPS if step in known and (step != "invited" or invited == waves)
    ]


@dataclass(frozen=True)
class Aside:
    """Who did not get from one step to the next: a heading, and a line per reason with its number."""

    heading: str
    lines: list[str]


def aside(context: Context, before: tuple[str, float | None], after: tuple[str, float | None]) -> Aside | None:
    """Who is lost between two steps; None where nobody is, or where a published number would tell of a few."""
    if (before[0], after[0]) == ("received", "kept"):
        totals = {reason: total for reason, total in excluded_totals(context).items() if total != 0}
        lines = [f"{reason_label(context, reason)}: {_shown(context, total)}" for reason, total in totals.items()]
        return Aside(context.say("step excluded"), lines) if lines else None
    if before[1] is None or after[1] is None:
        return None
    lost = before[1] - after[1]
    if lost < float(context.bundle.about["minimum_group"]):
        return None
    number = context.numbers.count(lost)
    if (before[0], after[0]) == ("invited", "received"):
        return Aside(context.say("flow nothing back"), [number])
    if after[0] == "analysed" and context.has_others:
        return Aside(capital(context.others), [number])
    return None


BOX, GAP, SIDE_GAP, LEADING = 54.0, 26.0, 34.0, 17.0


def draw_flow(context: Context, width: float) -> Drawing:
    """The picture in ``width``."""
    steps = steps_told(context)
    described = ", ".join(f"{context.say(f'step {step}')} {_shown(context, total)}" for step, total in steps)
    description = context.say("alt flow", steps=described, reasons=reasons_told(context))
    drawing = Drawing(width, 0, context.say("figure flow"), description)
    slim = width < 500
    box = min(width - 2, 200.0) if slim else 250.0
    centre = 1 + (26.0 if slim else box / 2)
    side = 56.0 if slim else box + SIDE_GAP + 8
    y = 1.0
    for place, step in enumerate(steps):
        if place:
            y = _way(drawing, aside(context, steps[place - 1], step), centre, side, y)
        _box(context, drawing, step, box, y)
        y += BOX
    drawing.height = y + 2
    return drawing


def _box(context: Context, drawing: Drawing, step: tuple[str, float | None], width: float, y: float) -> None:
    """A step with its number; what the report is about stands out."""
    name, total = step
    last = name == "analysed"
    shape = f'x="1" y="{n(y)}" width="{n(width)}" height="{n(BOX)}" rx="6" stroke-width="{2 if last else 1.4}"'
    drawing.add(f"<rect {shape} {drawing.paint(fill=PAPER, stroke=SURE if last else INK)}/>")
    drawing.text(1 + width / 2, y + 22, context.say(f"step {name}"), size=14, anchor="middle")
    drawing.text(1 + width / 2, y + 43, _shown(context, total), size=17, bold=True, anchor="middle")


def _way(drawing: Drawing, lost: Aside | None, x: float, side: float, y: float) -> float:
    """The arrow from one step to the next, with a box beside it for who is lost; returns where the next step begins."""
    room = drawing.width - side - 1
    lines = [line for text in lost.lines for line in wrapped(text, width=room - 24, size=13)] if lost else []
    height = 28 + len(lines) * LEADING if lost else 0.0
    end = y + height + 2 * (GAP if not lost else 14.0)
    drawing.line((x, y), (x, end - 8), INK, width=1.6)
    _head(drawing, (x, end), down=True)
    if lost:
        top = y + 14
        middle = top + height / 2
        drawing.line((x, middle), (side - 8, middle), INK, width=1.6)
        _head(drawing, (side, middle), down=False)
        shape = f'x="{n(side)}" y="{n(top)}" width="{n(room)}" height="{n(height)}" rx="6" stroke-width="1.2"'
        drawing.add(f'<rect {shape} stroke-dasharray="5 3" {drawing.paint(fill=CARD, stroke=DIM)}/>')
        drawing.text(side + 12, top + 19, lost.heading, size=13, bold=True)
        for i, line in enumerate(lines):
            drawing.text(side + 12, top + 19 + (i + 1) * LEADING, line, size=13)
    return end


def _head(drawing: Drawing, tip: tuple[float, float], *, down: bool) -> None:
    x, y = tip
    points = ((x, y), (x - 5, y - 9), (x + 5, y - 9)) if down else ((x, y), (x - 9, y - 5), (x - 9, y + 5))
    shape = " ".join(f"{n(px)},{n(py)}" for px, py in points)
    drawing.add(f'<polygon points="{shape}" {drawing.paint(fill=INK)}/>')


def _shown(context: Context, total: float | None) -> str:
    return context.say("hidden") if total is None else context.numbers.count(total)
