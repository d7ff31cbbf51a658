"""The specification curves as published, ready to be drawn; what axes and choices are called."""

from __future__ import annotations

from collections.abc import Iterable
from zlib import crc32

import numpy as np
import pandas as pd

from pipeline.declare import Claim
from pipeline.present.claims import sign_of
from pipeline.present.context import Context, capital
from pipeline.present.pages.robustness.curve_figure import Choice, Choices, Curve
from pipeline.present.words.groups import PROJECT, group_title
from pipeline.present.words.history import wave_labels

UNTOUCHED, NONE, UNTIL, LEFT_OUT = "-", "none", "until:", "left_out"
AXES = (
    "score", "estimator", "missing", "careless", "residents", "covariates", "alternative", "clustering", "waves",
    LEFT_OUT,
)  # fmt: skip
"""The axes, as the table of specifications has them."""


def declared(context: Context) -> list[Claim]:
    """The claims, confirmatory ones first."""
    return [c for kind in ("confirmatory", "exploratory") for c in context.study.claims.claims if c.kind == kind]


def claim_name(context: Context, claim: Claim) -> str:
    """``C5 Living in a neighbourhood is better``."""
    return f"{claim.id} {context.text(claim.text.heading)}"


def shown_of(context: Context, claim: Claim, **where: str) -> pd.DataFrame:
    """The specifications of a claim that have an estimate which is shown, from the lowest estimate to the highest.

    Rounded estimates are often equal: these stand in an order that has nothing to do with their choices, which would
    else look like a pattern.
    """
    rows = context.bundle.rows("specifications", claim=claim.id, **where)
    rows = rows[rows["estimate"].notna()]
    shuffled = rows["specification"].map(lambda key: crc32(str(key).encode()))
    return rows.assign(shuffled=shuffled).sort_values(["estimate", "shuffled"], kind="stable").drop(columns="shuffled")


def curve_of(context: Context, claim: Claim) -> Curve | None:
    """The curve of a claim; None when it has no estimate that is shown."""
    rows = shown_of(context, claim)
    if rows.empty:
        return None
    estimates, lower, upper, pvalues = (
        rows[name].to_numpy(dtype=float) for name in ("estimate", "ci_lower", "ci_upper", "pvalue")
    )
    main = np.flatnonzero(rows["main"].to_numpy() == "true")
    return Curve(
        title=context.text(claim.text.heading),
        description=described(context, claim, rows),
        estimates=estimates,
        lower=lower,
        upper=upper,
        significant=pvalues < context.study.params.judge.alpha,
        main=int(main[0]) if len(main) else None,
        sign=sign_of(claim),
        smallest=claim.smallest_effect,
        dashboard=dashboard(context, rows),
    )


def described(context: Context, claim: Claim, rows: pd.DataFrame) -> str:
    """What the picture of ``rows`` shows, from the shares over all specifications."""
    numbers = context.numbers
    told = context.bundle.row("specification_curves", claim=claim.id)
    side = rows["estimate"] * sign_of(claim) > 0
    clear = side & (rows["pvalue"] < context.study.params.judge.alpha)
    known = told is not None and pd.notna(told["share_claimed"]) and pd.notna(told["share_significant"])
    shares = (
        (told["share_claimed"], told["share_significant"])
        if known and told is not None
        else (side.mean(), clear.mean())
    )
    main = rows.loc[rows["main"] == "true", "estimate"]
    lowest, median, highest = (numbers.number(float(rows["estimate"].quantile(q))) for q in (0, 0.5, 1))
    return context.say(
        "alt curve", n=numbers.count(len(rows)), lowest=lowest, median=median, highest=highest,
        share=numbers.share(float(shares[0])), significant=numbers.share(float(shares[1])),
        main=context.say("alt curve main", estimate=numbers.number(float(main.iloc[0]))) if len(main) else "",
    ).strip()  # fmt: skip


def dashboard(context: Context, rows: pd.DataFrame) -> list[Choices]:
    """Whether each of ``rows`` is significant, and every axis on which they differ.

    With the choices they made, in the order the study declares them.
    """
    clear = (rows["pvalue"] < context.study.params.judge.alpha).to_numpy()
    found = [Choices(context.say("axis result"), [Choice(context.say("choice result clear"), clear)])]
    for axis in AXES:
        made = rows[axis].map(lambda choice, axis=axis: _gathered(axis, str(choice)))
        choices = [choice for choice in in_order(context, axis, made) if choice != UNTOUCHED]
        if len(choices) > 1:
            entries = [Choice(choice_title(context, axis, choice), (made == choice).to_numpy()) for choice in choices]
            found.append(Choices(capital(axis_title(context, axis)), entries))
    return found


def _gathered(axis: str, choice: str) -> str:
    """The choice, or what it has in common with others that would make too many rows."""
    if axis == LEFT_OUT and choice not in (NONE, UNTOUCHED):
        return "one"
    return "until" if choice.startswith(UNTIL) else choice


def in_order(context: Context, axis: str, made: Iterable[str]) -> list[str]:
    """The choices in ``made``, in the order of the study's own list, others after them."""
    present = set(made)
    waves = [str(wave) for wave in context.bundle.tables["waves"]["wave"]]
    declared = context.study.params.stress
    listed = {
        "alternative": list(declared.alternatives) if declared else [], "waves": ["all", *waves, "until"],
        LEFT_OUT: [NONE, "one"],
    }  # fmt: skip
    order = listed.get(axis) or list(getattr(declared.choices, axis, []) if declared else [])
    return [choice for choice in order if choice in present] + sorted(present - set(order))


def axis_title(context: Context, axis: str) -> str:
    """What an axis is called."""
    return context.say(f"axis {axis}", units_capital=capital(context.units))


def choice_title(context: Context, axis: str, choice: str) -> str:
    """What a choice is called; a wave as everywhere in the report, a project by its own name."""
    key = f"choice {axis} {choice}"
    if context.knows(key):
        return context.say(key, people=context.people)
    declared = context.study.params.stress
    if axis == "alternative" and declared is not None:
        instead = declared.alternatives.get(choice)
        if instead is not None:
            return context.listed([context.scale(name) for name in instead.values()]) or context.say(
                "choice alternative as_is"
            )
    if axis == "waves":
        wave = choice.removeprefix(UNTIL)
        label = wave_labels(context).get(wave, wave)
        return context.say("choice waves until one", wave=label) if wave != choice else label
    if axis == LEFT_OUT:
        return context.say("choice left_out without", name=group_title(context, PROJECT, choice))
    return choice
