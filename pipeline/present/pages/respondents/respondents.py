"""Parts of the page on who answered: the flow, the response by project, the composition, the missing answers."""

from __future__ import annotations

from pipeline.present.context import Context, capital
from pipeline.present.markup.figures import add_figure
from pipeline.present.markup.markdown import Column, plain
from pipeline.present.markup.tables import count, numbered_table, share
from pipeline.present.pages.respondents.composition import (
    MISSING,
    category_title,
    composition_summary,
    dimensions,
    draw_composition,
    left_out,
    panels,
)
from pipeline.present.pages.respondents.flow import draw_flow, excluded_totals, reason_label, steps_told
from pipeline.present.pages.respondents.response import (
    response_figure,
    response_summary,
    response_table,
    waves_together,
)
from pipeline.present.parts import Parts
from pipeline.present.words.history import wave_labels
from pipeline.present.words.people import n_analysed, step_total

STEPS = ("invited", "received", "excluded", "kept", "analysed")


def respondents_parts(context: Context) -> Parts:
    """``respondents-summary``, ``figure-flow``, ``table-flow``, ``response-summary``, ``figure-response``,
    ``table-response``, ``composition-summary``, ``figure-composition``, ``table-composition``, ``table-missing``."""
    parts = Parts()
    parts.texts["respondents-summary"] = plain(summary(context)) + "\n"
    steps = steps_told(context)
    n = context.say("n is", n=context.numbers.count(steps[0][1])) if steps and steps[0][1] is not None else ""
    caption = context.say("caption flow", waves=waves_together(context), n=n)
    if any(total is None for total in [*excluded_totals(context).values(), *dict(steps).values()]):
        caption += f" {context.say('note hidden')}"
    draw = (lambda width: draw_flow(context, width)) if steps else None
    parts.texts["figure-flow"] = add_figure(parts, context, "fig-flow", caption, draw)
    parts.texts["table-flow"] = flow_table(context)
    parts.texts["response-summary"] = plain(response_summary(context)) + "\n"
    parts.texts["figure-response"] = response_figure(parts, context)
    parts.texts["table-response"] = response_table(context)
    parts.texts["composition-summary"] = plain(composition_summary(context)) + "\n"
    compose = (lambda width: draw_composition(context, width)) if panels(context) else None
    caption = composition_caption(context)
    parts.texts["figure-composition"] = add_figure(parts, context, "fig-composition", caption, compose)
    parts.texts["table-composition"] = composition_table(context)
    parts.texts["table-missing"] = missing_table(context)
    return parts


def summary(context: Context) -> str:
    """How many took part, and of how many who were asked."""
    analysed, kept = n_analysed(context), step_total(context, "kept")
    numbers = context.numbers
    if analysed is None:
        return context.say(
            "respondents summary hidden", group=context.numbers.count(float(context.bundle.about["minimum_group"]))
        )
    if kept is not None and context.has_others:
        text = context.say(
            "respondents summary", kept=numbers.count(kept), analysed=numbers.count(analysed), people=context.people
        )
    else:
        text = context.say("respondents summary all", analysed=numbers.count(analysed))
    invited, received = step_total(context, "invited"), step_total(context, "received")
    if invited and received is not None:
        told = context.say(
            "respondents response",
            waves=waves_together(context, within=True),
            invited=numbers.count(invited),
            received=numbers.count(received),
            rate=numbers.share(received / invited),
        )
        return f"{told} {text}"
    return f"{text} {context.say('respondents no invited')}"


def flow_table(context: Context) -> str:
    """A row per step, a column per wave."""
    flow = context.bundle.tables["response_flow"]
    waves = list(context.bundle.tables["waves"]["wave"])
    rows = []
    known = flow[["step", "reason"]].drop_duplicates().itertuples(index=False, name=None)
    for step, reason in sorted(known, key=lambda row: STEPS.index(row[0])):
        label = f"– {reason_label(context, reason)}" if step == "excluded" else context.say(f"step {step}")
        cells = []
        for wave in waves:
            row = context.bundle.row("response_flow", step=step, reason=reason, wave=wave)
            # a reason that is not listed applied to nobody
            nothing = "0" if step == "excluded" else context.say("absent")
            cells.append(nothing if row is None else count(context, row, "n"))
        total = excluded_totals(context)[reason] if step == "excluded" else step_total(context, step)
        unknown = step != "excluded" and context.say("absent") in cells
        whole = context.say("absent" if unknown else "hidden") if total is None else context.numbers.count(total)
        rows.append([label, *([whole] if len(waves) > 1 else []), *cells])
    columns = [Column("", figures=False), *([Column(context.say("head all waves"))] if len(waves) > 1 else [])]
    labels = wave_labels(context)
    columns += [Column(labels.get(wave, wave), over=context.say("head by wave")) for wave in waves]
    caption = context.say("caption flow table")
    return numbered_table(context, "tbl-flow", caption, columns, rows)


def composition_caption(context: Context) -> str:
    """What the dots and rings are, with their n."""

    def n_of(population: str) -> str:
        bases = context.bundle.rows("composition", population=population, dimension="wave")["base"].dropna()
        return context.say("n is", n=context.numbers.count(float(bases.iloc[0]))) if len(bases) else ""

    if context.has_others:
        caption = context.say(
            "caption composition figure", people=context.people, others=context.others,
            n_people=n_of("analysed"), n_others=n_of("others"),
        )  # fmt: skip
    else:
        caption = context.say("caption composition figure all", n_people=n_of("analysed"))
    if any(a is None or (b is None and context.has_others) for panel in panels(context) for _, a, b in panel.rows):
        caption += context.say("caption composition hidden" if context.has_others else "caption composition hidden all")
    hidden = [f"‘{title}’" for title in left_out(context)]
    return caption + (context.say("caption composition left out", titles=context.listed(hidden)) if hidden else "")


def composition_table(context: Context) -> str:
    """Every category of every background variable, for the analysed and for the others."""
    populations = ["analysed", "others"] if context.has_others else ["analysed"]
    rows, groups = [], []
    for name in dimensions(context):
        table = context.bundle.rows("composition", dimension=name)
        table = table[table["population"].isin(populations)]
        answered = table[table["category"] != MISSING]
        categories = list(dict.fromkeys(table["category"]))
        if len(answered) > 1 and answered["n"].isna().all():  # one line says it
            rows.append([context.say("every answer"), *[context.say("hidden")] * 2 * len(populations)])
            groups.append(context.question(name))
            categories = [category for category in categories if category == MISSING]
        for category in categories:
            cells = []
            for population in populations:
                row = context.bundle.row("composition", dimension=name, category=category, population=population)
                if row is None:
                    cells += [context.say("inapplicable")] * 2
                    continue
                # the share of those who did not say is among all, the others among those who did: not side by side
                cells += [count(context, row, "n"), "" if category == MISSING else share(context, row, "share")]
            rows.append([category_title(context, name, str(category)), *cells])
            groups.append(context.question(name))
    people = [context.people, context.others]
    columns = [Column("", figures=False)]
    for i in range(len(populations)):
        columns += [Column(f"{capital(people[i])}, n"), Column("%")]
    caption = context.say("caption composition")
    return numbered_table(context, "tbl-composition", caption, columns, rows, groups=groups)


def missing_table(context: Context) -> str:
    """Per scale: the share of questions asked that have no answer, by reason.

    A reason with a hidden count in the scale shows no share; the total follows from the bases, which are public.
    """
    table = context.bundle.tables["missing_by_item"]
    reasons = [r for r in dict.fromkeys(table["reason"]) if r != "not_asked"]
    asked = table[table["reason"] != "not_asked"]
    rows = []
    for scale, group in asked.groupby("scale", sort=False):
        bases = group.drop_duplicates("item")["base"]
        if bases.isna().all():
            title = context.scale(str(scale)) if scale else context.say("other scale")
            rows.append([title, *[context.say("hidden")] * (1 + len(reasons))])
            continue
        base = bases.sum()
        if base == 0:
            continue
        total = _unanswered(context, str(scale), float(base))
        cells = [context.say("hidden") if total is None else context.numbers.share(total, 1)]
        for reason in reasons:
            counts = group.loc[group["reason"] == reason, "n"]
            hidden = counts.isna().any()
            cells.append(context.say("hidden") if hidden else context.numbers.share(float(counts.sum() / base), 1))
        rows.append([context.scale(str(scale)) if scale else context.say("other scale"), *cells])
    columns = [Column(context.say("head scale"), figures=False), Column(context.say("head missing share"))]
    columns += [Column(_reason(context, reason)) for reason in reasons]
    analysed = n_analysed(context)
    shown = context.say("hidden") if analysed is None else context.numbers.count(analysed)
    caption = context.say("caption missing", people_capital=capital(context.people), n=shown)
    return numbered_table(context, "tbl-missing", caption, columns, rows)


def _unanswered(context: Context, scale: str, asked: float) -> float | None:
    """Share of a scale's questions without an answer, from the bases: who was asked less who answered."""
    answered = context.bundle.overall("item_distribution", scale=scale).drop_duplicates("item")["base"]
    return None if answered.isna().any() else 1 - float(answered.sum()) / asked


def _reason(context: Context, reason: str) -> str:
    key = f"reason_missing {reason}"
    if context.knows(key):
        return context.say(key)
    for declared in context.instrument.missing_values:
        if declared.reason == reason:
            return context.text(declared.label)
    return reason.replace("_", " ")
