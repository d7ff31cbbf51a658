"""Words on the components and conditions of projects, and on projects with and without one."""

from __future__ import annotations

import pandas as pd

from analysis.claims.statement import parse_statement
from pipeline.declare import Claim
from pipeline.declare.study import ToolboxPart
from pipeline.present.context import Context
from pipeline.present.words.effects import in_points, lowered, scale_of, score_range


def outcome_of(context: Context) -> str:
    """The outcome that components are held against: the first that the study names."""
    return context.study.declaration.outcomes[0]


def claim_on(context: Context, part: ToolboxPart) -> Claim | None:
    """The claim that compares the outcome of the toolbox between the levels of the part's trait."""
    for claim in context.study.claims.claims:
        statement = parse_statement(claim.statement, outcome=claim.outcome)
        if statement.kind == "effect" and statement.names == (part.trait, outcome_of(context)):
            return claim
    return None


def title_of(context: Context, name: str) -> str:
    """The title of a component or condition of the toolbox; its name where nothing is declared."""
    toolbox = context.study.declaration.toolbox
    parts = [] if toolbox is None else [*toolbox.components, *toolbox.conditions]
    return next((context.text(part.title) for part in parts if part.name == name), name)


def difference_said(context: Context, row: pd.Series) -> str:
    """How projects with it differ from those without, in points of the scale, with the interval."""
    outcome = str(row["outcome"])
    points = float(row["difference"])
    ends = [context.numbers.number(float(row[end]), signed=True) for end in ("ci_lower", "ci_upper")]
    known = score_range(context, outcome) is not None
    return context.say(
        "difference higher" if points >= 0 else "difference lower",
        n_with=context.numbers.count(row["n_with"]), n_without=context.numbers.count(row["n_without"]),
        units=context.units, people=context.people, outcome=lowered(context.scale(outcome)),
        points=in_points(context, outcome, abs(points)) if known else context.numbers.number(abs(points)),
        scale=scale_of(context, outcome), confidence=confidence_of(context), lower=ends[0], upper=ends[1],
    )  # fmt: skip


def shown_units(context: Context) -> int:
    """Projects whose outcome may be shown: only these are held against each other."""
    return int(_outcomes_of_units(context)["mean"].notna().sum())


def hidden_units(context: Context) -> int:
    """Projects that took part, but whose outcome may not be shown."""
    return int(_outcomes_of_units(context)["mean"].isna().sum())


def _outcomes_of_units(context: Context) -> pd.DataFrame:
    return context.bundle.rows("group_results", outcome=outcome_of(context), division="project", wave="all")


def refused_said(context: Context, name: str, row: pd.Series | None) -> str:
    """Why projects with it cannot be held against those without: too few of either, or it is not known of them."""
    has = context.bundle.rows("project_components", component=name)["has"].value_counts()
    n = {key: context.numbers.count(int(has.get(key, 0))) for key in ("yes", "no", "unknown")}
    if not has.get("yes", 0) and not has.get("no", 0):
        return context.say("refused components unknown", units=context.units)
    if hidden_units(context):
        return context.say("refused components hidden", units=context.units)
    refused = "too_few_projects" if row is None else str(row["refused"])
    key = "no_variation" if refused == "no_variation" else "too_few_projects"
    return context.say(f"refused components {key}", units=context.units, **n)


def confidence_of(context: Context) -> str:
    """Confidence of the intervals of comparisons, in per cent."""
    return context.numbers.number(100 * context.study.params.compare.confidence, 0)
