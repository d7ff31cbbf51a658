"""The response flow as a picture: a bar for each step, as long as the number of questionnaires left."""

from __future__ import annotations

from pipeline.present.colours import BAND, DIM, INK, LINE, SURE
from pipeline.present.context import Context
from pipeline.present.people import step_total
from pipeline.present.svg import Drawing, wrapped

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


def draw_flow(context: Context, width: float) -> Drawing:
    """The picture in ``width``."""
    steps = steps_told(context)
    names = [(context.say(f"step {step}"), total) for step, total in steps]
    described = ", ".join(f"{name} {_shown(context, total)}" for name, total in names)
    description = context.say("alt flow", steps=described, reasons=reasons_told(context))
    drawing = Drawing(width, 0, context.say("figure flow"), description)
    slim = width < 500
    left = 0.0 if slim else 170.0
    longest = max([total for _, total in steps if total is not None], default=1.0)
    room = width - left - 70
    y = 14.0
    for (step, total), (name, _) in zip(steps, names, strict=True):
        if slim:
            drawing.text(0, y, name, bold=True)
            y += 8
        else:
            drawing.text(left - 14, y + 19, name, bold=True, anchor="end")
        length = room if total is None else max(room * total / longest, 2)
        if total is None:
            drawing.rect(left, y, length, 28, BAND, radius=3)
        else:
            drawing.rect(left, y, length, 28, SURE if step == "analysed" else LINE, radius=3)
        drawing.text(left + length + 10, y + 19, _shown(context, total), bold=True)
        y += 28
        if step == "received":
            y = _left_out(context, drawing, left, y, width)
        y += 22
    drawing.height = y - 4
    return drawing


def _left_out(context: Context, drawing: Drawing, left: float, y: float, width: float) -> float:
    """The reasons for leaving out, below the bar they were taken from; returns where the next thing may stand."""
    text = f"{context.say('step excluded')}: {reasons_told(context)}"
    lines = wrapped(text, width=width - left - 16, size=13)
    height = len(lines) * 17 + 8
    drawing.line((left + 1, y + 6), (left + 1, y + 6 + height), DIM, width=2)
    drawing.lines(left + 14, y + 22, lines, size=13, colour=INK)
    return y + height + 6


def _shown(context: Context, total: float | None) -> str:
    return context.say("hidden") if total is None else context.numbers.count(total)
