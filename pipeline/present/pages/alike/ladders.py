"""Whether the scales measure alike in every group: what each ladder of invariance reached, and what that allows."""

from __future__ import annotations

import functools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import pandas as pd

from pipeline.present.absent import lone_told, untold
from pipeline.present.bundle import is_hidden
from pipeline.present.context import Context, capital
from pipeline.present.markup.figures import add_figure
from pipeline.present.markup.markdown import plain
from pipeline.present.pages.alike.ladder_picture import draw_ladders
from pipeline.present.pages.alike.ladder_tables import (
    cutoffs_list,
    ladders_table,
    latent_means_figure,
    latent_means_summary,
    latent_means_table,
)
from pipeline.present.parts import Parts
from pipeline.present.words.groups import group_title, primary_scales, questions, variable_title
from pipeline.present.words.numbers import in_words
from pipeline.present.words.people import range_of_n

CONTINUOUS, ORDERED = "continuous", "ordered"
ALLOWED = ("scores", "means", "means_partial", "relations", "nothing")
"""What a ladder may allow, most first."""
YES, PARTLY, NO = "yes", "partly", "no"


@dataclass(frozen=True)
class Climbed:
    """One ladder: how each step ended, what comparison it allows, the items set free, and why it is no ladder.

    ``steps``: ``yes``, ``partly`` (with items set free), ``no``, or a code of why the step was not fitted, by step.
    ``refused`` (``hidden`` too) is set when there is nothing of the ladder to show; then nothing is allowed.
    """

    scale: str
    variable: str
    steps: dict[str, str] = field(default_factory=dict)
    allows: str = ""
    freed: str = ""
    refused: str = ""
    omitted: str = ""
    n_obs: float = math.nan


def ladders_parts(context: Context) -> Parts:
    """``alike-summary``, ``ladders-summary``, ``ladders-summary-other``, ``figure-ladders``,
    ``figure-ladders-ordered``, ``figure-ladders-other``, ``ladders-cutoffs``, ``table-ladders``,
    ``latent-means-summary``, ``figure-latent-means``, ``table-latent-means``."""
    parts = Parts()
    primary, other = (list(climbed(context, CONTINUOUS, primary=which)) for which in (True, False))
    parts.texts["alike-summary"] = plain(alike_summary(context, primary)) + "\n"
    ordered = list(climbed(context, ORDERED, primary=True))
    parts.texts["ladders-summary"] = ladders_summary(context, primary, ordered)
    parts.texts["ladders-summary-other"] = ladders_summary(context, other)
    for name, ladders in (("ladders", primary), ("ladders-ordered", ordered), ("ladders-other", other)):
        parts.texts[f"figure-{name}"] = _figure(parts, context, name, ladders)
    parts.texts["ladders-cutoffs"] = cutoffs_list(context)
    parts.texts["table-ladders"] = ladders_table(context)
    parts.texts["latent-means-summary"] = plain(latent_means_summary(context)) + "\n"
    parts.texts["figure-latent-means"] = latent_means_figure(parts, context)
    parts.texts["table-latent-means"] = latent_means_table(context)
    return parts


def _figure(parts: Parts, context: Context, name: str, ladders: list[Climbed]) -> str:
    bases = pd.Series([one.n_obs for one in ladders], dtype=float)
    caption = context.say(f"caption figure {name}", n=range_of_n(context, bases))
    drawn = any(one.steps for one in ladders)
    draw = functools.partial(draw_ladders, context, ladders) if drawn else None
    return add_figure(parts, context, f"fig-{name}", caption, draw)


def climbed(context: Context, answers: str, *, primary: bool) -> Iterator[Climbed]:
    """Every ladder of one kind of answers, in the order of the table: of the primary scales, or of the others."""
    table = context.bundle.rows("invariance", answers=answers)
    table = table[table["scale"].isin(primary_scales(context)) == primary]
    for (variable, scale), rows in table.groupby(["variable", "scale"], sort=False):
        yield _climbed(str(scale), str(variable), rows)


def _climbed(scale: str, variable: str, rows: pd.DataFrame) -> Climbed:
    first, last = rows.iloc[0], rows.iloc[-1]
    known = {"n_obs": float(first["n_obs"]), "omitted": str(first["omitted"])}
    if is_hidden(first, "n_obs") or is_hidden(first, "chisq"):
        return Climbed(scale, variable, refused="hidden")
    if first["refused"] and not first["allows"]:
        return Climbed(scale, variable, refused=str(first["refused"]), **known)  # type: ignore[arg-type]
    steps = {str(row["step"]): step_status(row) for _, row in rows.iterrows()}
    held = rows[rows["holds"] == "true"]
    freed = str(held.iloc[-1]["freed"]) if len(held) else ""
    return Climbed(scale, variable, steps, str(last["allows"]), freed, **known)  # type: ignore[arg-type]


def step_status(row: pd.Series) -> str:
    """How a step ended; of a step's two rows the second, with items set free, counts."""
    if row["refused"]:
        return str(row["refused"])
    if row["holds"] != "true":
        return NO
    return PARTLY if row["freed"] else YES


def variables_of(ladders: list[Climbed]) -> list[str]:
    """The variables the ladders are over, each once."""
    return list(dict.fromkeys(one.variable for one in ladders))


def alike_summary(context: Context, ladders: list[Climbed]) -> str:
    """One sentence over all ladders: of how many comparisons means may be compared."""
    lone = lone_told(context)
    if not any(one.steps for one in ladders):
        return f"{untold(context, 'alike unknown')} {lone}".strip()
    tally = {
        "alike means": sum(one.allows in ("means", "scores") for one in ladders),
        "alike means_partial": sum(one.allows == "means_partial" for one in ladders),
        "alike not": sum(one.allows in ("relations", "nothing") for one in ladders),
        "alike refused": sum(bool(one.refused) for one in ladders),
    }
    told = [
        context.say(
            key, number=context.say("all of them") if number == len(ladders) else in_words(number, context.language)
        )
        for key, number in tally.items()
        if number
    ]
    variables = [variable_title(context, v).lower() for v in variables_of(ladders)]
    summary = context.say(
        "alike summary", n_scales=in_words(len({one.scale for one in ladders}), context.language),
        variables=context.listed(variables), total=in_words(len(ladders), context.language), told=context.listed(told),
    )  # fmt: skip
    return f"{summary} {lone}".strip()


def ladders_summary(context: Context, ladders: list[Climbed], ordered: Sequence[Climbed] = ()) -> str:
    """A line per variable: which comparison is allowed of which scales, what was set free or left out, and of which
    scales the ladders with ``ordered`` answers allow less."""
    lines = []
    for variable in variables_of(ladders):
        here = [one for one in ladders if one.variable == variable]
        told = [plain(sentence) for sentence in (*_sentences(context, here), *_less_as_ordered(context, here, ordered))]
        title = f"- **{plain(variable_title(context, variable))}**"
        if len(told) == 1:
            lines.append(f"{title}: {told[0]}")
        else:  # a sentence a line: they speak of different scales
            lines.append("\n".join([f"{title}:", *(f"    - {sentence}" for sentence in told)]))
    return ("\n".join(lines) or plain(untold(context, "alike unknown"))) + "\n"


def _sentences(context: Context, ladders: list[Climbed]) -> Iterator[str]:
    for allows in ALLOWED:
        scales = [one.scale for one in ladders if not one.refused and one.allows == allows]
        if scales:
            yield capital(context.say(f"allows {allows}", scales=_scales(context, scales)))
    for one in ladders:
        if one.freed and one.allows == "means_partial":
            named = context.listed(questions(context, one.freed))
            yield capital(context.say("allows freed", scale=context.scale(one.scale).lower(), items=named))
    reasons: dict[str, list[str]] = {}
    for one in ladders:
        if one.refused:
            reasons.setdefault(one.refused, []).append(one.scale)
    for code, scales in reasons.items():
        key, reason = ("hidden", "") if code == "hidden" else ("refused", context.say(f"ladder {code}"))
        yield capital(context.say(f"allows {key}", scales=_scales(context, scales), reason=reason))
    for level, code in dict.fromkeys(pair for one in ladders for pair in left_out(one.omitted)):
        who = group_title(context, ladders[0].variable, level)
        yield capital(context.say("ladder omitted", level=who, reason=context.say(f"ladder {code}")))


def _less_as_ordered(context: Context, ladders: list[Climbed], ordered: Sequence[Climbed]) -> Iterator[str]:
    """That ladders with ordered answers allow less than those with numbers, where they do."""
    as_ordered = {(one.scale, one.variable): one.allows for one in ordered if one.allows}
    told = []
    for one in ladders:
        allows = as_ordered.get((one.scale, one.variable))
        if allows and one.allows and ALLOWED.index(allows) > ALLOWED.index(one.allows):
            told.append(f"{context.scale(one.scale).lower()} ({context.say(f'short {allows}')})")
    if told:
        yield context.say("allows less as ordered", scales=context.listed(told))


def _scales(context: Context, scales: list[str]) -> str:
    """Scales by name; ``all scales`` where they are."""
    every = primary_scales(context)
    if len(every) > 1 and set(scales) == set(every):
        return context.say("both scales" if len(every) == 2 else "all scales", n=in_words(len(every), context.language))
    return context.listed([context.scale(scale).lower() for scale in scales])


def left_out(omitted: str) -> list[tuple[str, str]]:
    """``level:code`` pairs joined by ``;``."""
    pairs = []
    for entry in filter(None, omitted.split(";")):
        level, _, code = entry.rpartition(":")
        pairs.append((level, code))
    return pairs
