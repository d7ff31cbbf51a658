"""The same thing asked of several places, near to far: profiles by kind of project, differences within persons."""

from __future__ import annotations

import functools

import pandas as pd

from pipeline.declare import Profile, Trait
from pipeline.present.bundle import ALL, is_hidden
from pipeline.present.context import Context, capital
from pipeline.present.drawing.colours import UNSURE, level_colours
from pipeline.present.drawing.dots import Axis, Dots, Key, Mark, Row, Section, axis_over, draw_dots, ends_of
from pipeline.present.drawing.svg import Colour
from pipeline.present.markup.figures import add_figure
from pipeline.present.markup.markdown import Column, note, plain, slug
from pipeline.present.markup.tables import count, decimal, interval, numbered_table, pvalue
from pipeline.present.parts import Parts
from pipeline.present.words.effects import score_range
from pipeline.present.words.groups import coded, measured_confidence
from pipeline.present.words.people import range_of_n

DIFFERENCE = ("difference", "ci_lower", "ci_upper")
CONTRAST = ("estimate", "ci_lower", "ci_upper")


def profiles_parts(context: Context) -> Parts:
    """``profiles-summary``, ``figures-profiles``, ``table-profile-differences``, ``table-profile-contrasts``."""
    parts = Parts()
    profiles = context.study.declaration.profiles
    lines = [f"- **{plain(context.text(p.title))}**: {plain(profile_sentence(context, p))}" for p in profiles]
    parts.texts["profiles-summary"] = ("\n".join(lines) or plain(context.say("profiles none"))) + "\n"
    figures = [_figure(parts, context, profile) for profile in profiles]
    parts.texts["figures-profiles"] = "\n".join(figures) or note(plain(context.say("nothing measured")))
    parts.texts["table-profile-differences"] = differences_table(context)
    parts.texts["table-profile-contrasts"] = contrasts_table(context)
    return parts


def place_title(context: Context, profile: str, place: str) -> str:
    """The label of a place."""
    for declared in context.study.declaration.profiles:
        for one in declared.places:
            if (declared.name, one.name) == (profile, place):
                return context.text(one.label)
    return place


def profile_title(context: Context, profile: str) -> str:
    """The title of a profile."""
    declared = next((p for p in context.study.declaration.profiles if p.name == profile), None)
    return profile if declared is None else context.text(declared.title)


def profile_sentence(context: Context, profile: Profile) -> str:
    """Where it is higher, pair by pair of neighbouring places; and for which kind of project that differs."""
    told = []
    neighbours = list(zip(profile.places, profile.places[1:], strict=False))
    for near, far in neighbours:
        row = context.bundle.row(
            "level_differences", profile=profile.name, place_a=near.name, place_b=far.name, trait=ALL, level=ALL
        )
        names = {"a": context.text(near.label), "b": context.text(far.label)}
        if row is None or pd.isna(row["difference"]):
            key = "hidden" if row is not None and is_hidden(row, "difference") else "unknown"
            told.append(context.say(f"place {key}", **names))
            continue
        unsure = pd.isna(row["ci_lower"]) or pd.isna(row["ci_upper"]) or row["ci_lower"] <= 0 <= row["ci_upper"]
        key = "unsure" if unsure else "higher" if row["difference"] > 0 else "lower"
        told.append(context.say(f"place {key}", **names, estimate=interval(context, row, DIFFERENCE, signed=True)))
    return " ".join([capital("; ".join(told)) + ".", *_by_trait(context, profile)])


def _by_trait(context: Context, profile: Profile) -> list[str]:
    """Sentences on traits for whose levels the difference between places differs, after adjustment."""
    rows = context.bundle.rows("level_contrasts", profile=profile.name)
    known = rows[rows["pvalue_adjusted"].notna() & rows["estimate"].notna()]
    told = []
    for _, row in known[known["pvalue_adjusted"] < context.study.params.judge.alpha].iterrows():
        trait = context.trait_or_none(str(row["trait"]))
        if trait is None:
            continue
        level = trait.high if row["estimate"] > 0 else trait.low
        a, b = (place_title(context, profile.name, str(row[side])) for side in ("place_a", "place_b"))
        told.append(context.say("place contrast", a=a, b=b, level=context.text(level.label)))
    if told or known.empty:
        return told
    return [context.say("place no contrast", units=context.units)]


def _figure(parts: Parts, context: Context, profile: Profile) -> str:
    sections = profile_sections(context, profile)
    rows = context.bundle.overall("level_profiles", profile=profile.name)
    caption = context.say(
        "caption figure profile", profile=context.text(profile.title), confidence=measured_confidence(context),
        n=range_of_n(context, rows["n_obs"]),
    )  # fmt: skip
    drawn = any(row.marks for section in sections for row in section.rows)
    draw = functools.partial(draw_dots, context, profile_dots(context, profile, sections)) if drawn else None
    hidden = any(is_hidden(row, "mean") for _, row in rows.iterrows())
    why = "" if hidden else context.say("profile nothing")
    return add_figure(parts, context, f"fig-{slug('profile', profile.name)}", caption, draw, otherwise=why)


def profile_sections(context: Context, profile: Profile) -> list[Section]:
    """A section for everybody and for each trait; a row per place, a mark per level."""
    sections = [Section(capital(context.say("everybody")), _rows(context, profile, [(ALL, ALL, UNSURE)]))]
    for i, trait in _placed_traits(context):
        colours = level_colours(trait, i)
        levels = [(trait.name, level.value, colour) for level, colour in zip(trait.levels, colours, strict=True)]
        sections.append(Section(context.text(trait.title), _rows(context, profile, levels)))
    return sections


def _placed_traits(context: Context) -> list[tuple[int, Trait]]:
    """The traits that set groups apart, each with the place that gives it its colours."""
    return [(i, trait) for i, trait in enumerate(context.study.declaration.traits) if trait in context.traits]


def _rows(context: Context, profile: Profile, levels: list[tuple[str, str, Colour]]) -> list[Row]:
    rows = []
    for place in profile.places:
        marks, hidden = [], False
        for lane, (trait, level, colour) in enumerate(levels):
            row = context.bundle.row("level_profiles", profile=profile.name, place=place.name, trait=trait, level=level)
            if row is not None and pd.notna(row["mean"]):
                ends = (float(row["ci_lower"]), float(row["ci_upper"]))
                marks.append(Mark(float(row["mean"]), *ends, colour=colour, lane=lane, square=lane > 0))
            hidden |= row is not None and is_hidden(row, "mean")
        said = " · ".join(context.numbers.number(mark.value, 1) for mark in marks) if len(marks) > 1 else None
        if not marks:
            said = context.say("hidden" if hidden else "absent")
        rows.append(Row(capital(context.text(place.label)), marks, said))
    return rows


def profile_dots(context: Context, profile: Profile, sections: list[Section]) -> Dots:
    """The picture, on the score's own scale; its description is the finding."""
    keys = [Key(capital(context.say("everybody")), UNSURE)]
    for i, trait in _placed_traits(context):
        labels = [capital(context.text(level.label)) for level in trait.levels]
        signs = zip(labels, level_colours(trait, i), ("dot", "square"), strict=True)
        keys += [Key(label, colour, sign) for label, colour, sign in signs]
    ranges = [score_range(context, place.score) for place in profile.places]
    known = [end for ends in ranges if ends is not None for end in ends]
    over = axis_over(ends_of(sections), include=known)
    axis = Axis(over.lower, over.upper, over.ticks)
    description = context.say(
        "alt profile", profile=context.text(profile.title), details=profile_sentence(context, profile)
    )
    return Dots(context.text(profile.title), description, sections, axis, keys)


def differences_table(context: Context) -> str:
    """Two places compared within persons, for everybody and for every level."""
    rows, groups = [], []
    for _, row in context.bundle.tables["level_differences"].iterrows():
        rows.append(
            [
                capital(context.level(str(row["trait"]), str(row["level"]))),
                count(context, row, "n_obs"),
                count(context, row, "n_projects"),
                interval(context, row, DIFFERENCE, signed=True),
                pvalue(context, row, "pvalue"),
                decimal(context, row, "effect_size", signed=True),
                decimal(context, row, "r"),
                coded(context, "difference", str(row["problem"]), units=context.units),
            ]
        )
        groups.append(_pair(context, row))
    columns = [Column(context.say("head group"), figures=False), Column(context.say("head n"))]
    columns.append(Column(context.say("head units", units_capital=capital(context.units))))
    columns += [Column(context.say(f"head {name}")) for name in ("difference", "p", "effect within", "r")]
    columns.append(Column(context.say("head remarks"), figures=False))
    caption = context.say("caption profile differences", confidence=measured_confidence(context), units=context.units)
    return numbered_table(context, "tbl-profile-differences", caption, columns, rows, groups=groups)


def _pair(context: Context, row: pd.Series) -> str:
    a, b = (place_title(context, str(row["profile"]), str(row[side])) for side in ("place_a", "place_b"))
    return f"{profile_title(context, str(row['profile']))}: {context.say('trait difference', a=a, b=b)}"


def contrasts_table(context: Context) -> str:
    """Whether the difference between two places differs between the levels of a trait."""
    rows, groups = [], []
    for _, row in context.bundle.tables["level_contrasts"].iterrows():
        refused = str(row["refused"])
        shown = interval(context, row, CONTRAST, signed=True)
        if refused and not is_hidden(row, "estimate"):
            shown = context.say(f"refused {refused}", units=context.units)
        high, low = row["n_projects_high"], row["n_projects_low"]
        both = (
            f"{context.numbers.count(high)} + {context.numbers.count(low)}" if pd.notna(high) and pd.notna(low) else ""
        )
        rows.append(
            [
                context.trait(str(row["trait"])),
                context.say(f"method {row['method']}", units=context.units) if row["method"] else "",
                shown,
                *(
                    pvalue(context, row, p) if pd.notna(row[p]) else ""
                    for p in ("pvalue", "pvalue_adjusted", "minimum_pvalue")
                ),
                count(context, row, "n_obs"),
                both,
            ]
        )
        groups.append(_pair(context, row))
    columns = [Column(context.say("head trait"), figures=False), Column(context.say("head method"), figures=False)]
    columns += [Column(context.say(f"head {name}")) for name in ("difference", "p", "p adjusted", "p minimum", "n")]
    columns.append(Column(context.say("head units", units_capital=capital(context.units))))
    caption = context.say("caption profile contrasts", confidence=measured_confidence(context))
    return numbered_table(context, "tbl-profile-contrasts", caption, columns, rows, groups=groups)
