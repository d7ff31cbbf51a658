"""Tables of the page on robustness: shares, joint tests, numbers of ways, and which choices matter most."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

import pandas as pd

from pipeline.declare import Claim
from pipeline.present.absent import alike_told
from pipeline.present.claims import sign_of
from pipeline.present.context import Context, capital
from pipeline.present.markup.markdown import Column, floating, note, plain, slug
from pipeline.present.markup.tables import count, decimal, interval, numbered_table, pvalue, share
from pipeline.present.pages.robustness.curves import axis_title, choice_title, claim_name, declared
from pipeline.present.words.groups import coded

MATTER_MOST = 3
"""How many choices of a claim the table of choices names."""
RANGE = ("median", "lower", "upper")
SHARES = ("claimed", "significant", "matters")


def _with_curve(context: Context) -> Iterator[tuple[Claim, pd.Series]]:
    """The claims of which specifications were run, each with its row."""
    for claim in declared(context):
        row = context.bundle.row("specification_curves", claim=claim.id)
        if row is not None:
            yield claim, row


def shares_table(context: Context) -> str:
    """Every claim with the shares of its ways that say so, and their range; its name leads to its curve."""
    rows = []
    for claim, row in _with_curve(context):
        name = f'<a href="#sec-curve-{slug(claim.id)}">{escape(claim_name(context, claim), quote=False)}</a>'
        claimed, clear, matters = (share(context, row, f"share_{name}") for name in SHARES)
        rows.append([name, claimed, clear, interval(context, row, RANGE), matters])
    claimed_head, clear_head, matters_head = (Column(context.say(f"head share {name}")) for name in SHARES)
    heads = [
        Column(context.say("head claim"), figures=False, markup=True), claimed_head, clear_head,
        Column(context.say("head median range"), intervals=True), matters_head,
    ]  # fmt: skip
    caption = context.say("caption table shares", alpha=context.numbers.number(context.study.params.judge.alpha))
    return numbered_table(context, "tbl-curves-shares", caption, heads, rows)


def counts_table(context: Context) -> str:
    """How many specifications there are of every claim, and what became of those that were fitted."""
    rows = []
    for claim, row in _with_curve(context):
        found = context.bundle.rows("specifications", claim=claim.id)
        hidden = int(((found["status"] == "ok") & found["estimate"].isna()).sum())
        columns = ("n_cross", "n_run", "n_ok", "n_inadmissible", "n_failed")
        rows.append(
            [
                claim_name(context, claim),
                *(count(context, row, name) for name in columns),
                context.numbers.count(hidden),
            ]
        )
    names = ("ways in cross", "ways run", "ways ok", "ways inadmissible", "ways failed", "ways hidden")
    heads = [Column(context.say("head claim"), figures=False), *(Column(context.say(f"head {n}")) for n in names)]
    caption = context.say("caption table curves")
    return numbered_table(context, "tbl-curves", caption, heads, rows)


def joint_table(context: Context) -> str:
    """For how many claims chance is ruled out, and for how many that cannot be tested; then the joint tests."""
    rows = []
    for claim, row in _with_curve(context):
        tests = [pvalue(context, row, f"pvalue_{name}") for name in ("median", "share", "stouffer")]
        rows.append([claim_name(context, claim), *tests, pvalue(context, row, "minimum_pvalue")])
    over = context.say("head joint")
    heads = [Column(context.say("head claim"), figures=False)]
    heads += [Column(context.say(f"head joint {name}"), over=over) for name in ("median", "share", "stouffer")]
    heads.append(Column(context.say("head joint smallest")))
    caption = context.say("caption table joint", units=context.units)
    return _ruled_out(context) + numbered_table(context, "tbl-curves-joint", caption, heads, rows)


def _ruled_out(context: Context) -> str:
    """A paragraph on what the joint tests say; empty where there are none."""
    curves, alpha = context.bundle.tables["specification_curves"], context.study.params.judge.alpha
    curves = curves[curves["pvalue_median"].notna()]
    if curves.empty:
        return ""
    tested = curves["minimum_pvalue"] < alpha
    clear, untested = int((tested & (curves["pvalue_median"] < alpha)).sum()), int((~tested).sum())
    said = [
        context.say(
            f"robustness beyond {'some' if clear else 'none'}", n=clear, claims=len(context.study.claims.claims),
            alpha=context.numbers.number(alpha),
        )
    ]  # fmt: skip
    if untested:
        said.append(context.say("robustness untested", n=untested, units=context.units))
    return f"{plain(' '.join(said))}\n\n"


def without_table(context: Context) -> str:
    """The specifications without a usable result: what happened, why, how many of which claim."""
    found = context.bundle.tables["specifications"]
    found = found[found["status"] != "ok"]
    names = {claim.id: claim_name(context, claim) for claim in declared(context)}
    alike = {claim.id: alike_told(context, claim) for claim in declared(context)}
    rows, groups = [], []
    tally = found.groupby(["claim", "status", "reason"], sort=True).size().rename("n").reset_index()
    for claim, status, reason, n in tally.itertuples(index=False, name=None):
        why = alike.get(str(claim)) or coded(context, "ways reason", str(reason), units=context.units)
        rows.append([context.say(f"status {status}"), why, context.numbers.count(n)])
        groups.append(names.get(str(claim), str(claim)))
    heads = [
        Column(context.say("head what"), figures=False), Column(context.say("head why"), figures=False),
        Column(context.say("head ways")),
    ]  # fmt: skip
    caption = context.say("caption table without")
    if not rows and len(context.bundle.tables["specifications"]):
        return floating("tbl-curves-without", note(plain(context.say("every way usable"))), plain(caption))
    return numbered_table(context, "tbl-curves-without", caption, heads, rows, groups=groups)


def choices_table(context: Context) -> str:
    """What matters most, in a sentence; then the choices that explain most of the differences, claim by claim."""
    rows, groups, first = [], [], []
    for claim in declared(context):
        explained = explained_of(context, claim)
        first += list(explained.index[:1])
        for axis in explained.index[:MATTER_MOST]:
            title = capital(axis_title(context, str(axis)))
            rows.append([title, context.numbers.share(float(explained[axis])), _ends(context, claim, str(axis))])
            groups.append(claim_name(context, claim) + (context.say("claims below") if sign_of(claim) < 0 else ""))
    heads = [
        Column(context.say("head choice"), figures=False), Column(context.say("head explains")),
        Column(context.say("head choice ends"), figures=False),
    ]  # fmt: skip
    said = f"{plain(_mattering(context, first))}\n\n" if first else ""
    return said + numbered_table(
        context, "tbl-choices", context.say("caption table choices"), heads, rows, groups=groups
    )


def explained_of(context: Context, claim: Claim) -> pd.Series:
    """By axis the share of the differences between a claim's estimates that it explains, the largest first."""
    explained: pd.Series = _choices_of(context, claim).groupby("axis", sort=False)["explained"].first()
    return explained.sort_values(ascending=False, kind="stable")


def _choices_of(context: Context, claim: Claim) -> pd.DataFrame:
    """The choices of a claim on axes on which at least two have a result."""
    found = context.bundle.rows("specification_choices", claim=claim.id)
    found = found[found["explained"].notna() & found["median"].notna()]
    return found[found.groupby("axis")["choice"].transform("size") > 1]


def _ends(context: Context, claim: Claim, axis: str) -> str:
    """The lowest and the highest median on an axis, each with the choice that gives it."""
    found = _choices_of(context, claim)
    made = found[found["axis"] == axis].sort_values("median", kind="stable")
    lowest, highest = (
        context.say(
            "choice end", value=decimal(context, row, "median"), choice=choice_title(context, axis, str(row["choice"]))
        )
        for row in (made.iloc[0], made.iloc[-1])
    )
    return context.say("choice ends", lowest=lowest, highest=highest)


def _mattering(context: Context, first: list[str]) -> str:
    """Of how many claims each axis explains most."""
    counted = pd.Series(first).value_counts(sort=False).sort_values(ascending=False, kind="stable")
    told = []
    for axis, n in counted.items():
        title = axis_title(context, str(axis))
        told.append(context.say("choice most one", axis=title[:1].lower() + title[1:], n=n))
    return context.say("choice most", axes=", ".join(told), claims=len(first))
