"""What is registered of a project or corporation, in lists: facts of the registry, nothing from residents."""

from __future__ import annotations

import pandas as pd

from pipeline.declare.study import ToolboxPart
from pipeline.present.context import Context, capital
from pipeline.present.markup.markdown import plain
from pipeline.present.pages.units.entries import CORPORATION, PROJECT, units_of_kind
from pipeline.present.pages.units.results import Unit, level_of

STATES = {"yes": "has", "no": "has not", "unknown": "has unknown"}


def about(context: Context, unit: Unit) -> str:
    """Where a project is, whose it is, its traits, dwellings and tenure; of a corporation, where its projects are."""
    if unit.kind == CORPORATION:
        places = sorted({str(row["municipality"]) for row in _registered(context, unit)} - {""})
        if places:
            return plain(context.say("unit places", units=context.units, places=context.listed(places))) + "\n"
    facts = [] if unit.kind == CORPORATION else _facts_of_project(context, unit)
    if not facts:
        return plain(context.say("unit no facts", name=unit.name)) + "\n"
    return "".join(f"- **{plain(heading)}:** {text}\n" for heading, text in facts)


def _registered(context: Context, unit: Unit) -> list[pd.Series]:
    rows = (context.bundle.row("projects", project=project) for project in unit.projects)
    return [row for row in rows if row is not None]


def _facts_of_project(context: Context, unit: Unit) -> list[tuple[str, str]]:
    """Headings and Markdown; what is not registered is left out."""
    facts = []
    for row in _registered(context, unit):
        place, corporation, tenure = (str(row[name]) for name in ("municipality", "corporation", "tenure"))
        if place:
            facts.append((context.say("unit place"), plain(place)))
        if corporation:
            facts.append((context.say("unit corporation"), link_to(context, CORPORATION, corporation)))
        for trait in context.study.declaration.traits:
            level = level_of(context, unit.key, trait.name)
            if trait.of == "unit" and level:
                facts.append((context.text(trait.title), plain(context.level(trait.name, level))))
        if pd.notna(row["dwellings"]):
            facts.append((context.say("unit dwellings"), context.numbers.count(float(row["dwellings"]))))
        if context.knows(f"tenure {tenure}"):
            facts.append((context.say("unit tenure"), plain(context.say(f"tenure {tenure}"))))
    return facts


def link_to(context: Context, kind: str, key: str) -> str:
    """The name of a project or corporation, with a link where the report has pages of its kind."""
    unit = next(one for one in units_of_kind(context.bundle, kind) if one.key == key)
    return f"[{plain(unit.name)}]({unit.slug}.qmd)" if context.has_page(kind) else plain(unit.name)


def members(context: Context, unit: Unit) -> str:
    """The corporation's projects, each with what kind it is."""
    return "".join(f"- {in_a_line(context, project)}\n" for project in unit.projects)


def in_a_line(context: Context, project: str) -> str:
    """A project with a link; on a line below, where it is, its kinds and how many dwellings it has."""
    row = context.bundle.row("projects", project=project)
    facts = [] if row is None else [str(row["municipality"])]
    for trait in context.study.declaration.traits:
        if trait.of == "unit" and (level := level_of(context, project, trait.name)):
            facts.append(context.level(trait.name, level))
    if row is not None and pd.notna(row["dwellings"]):
        facts.append(context.say("places unit dwellings", n=context.numbers.count(float(row["dwellings"]))))
    told = " · ".join(plain(fact) for fact in facts if fact)
    return link_to(context, PROJECT, project) + (f"\\\n[{told}]{{.quiet}}" if told else "")


def components_of(context: Context, unit: Unit) -> str:
    """What a project has, has not, and of what that is not known, by group of the toolbox."""
    toolbox = context.study.declaration.toolbox
    if toolbox is None or not len(context.bundle.rows("project_components", project=unit.key)):
        return plain(context.say("unit nothing listed")) + "\n"
    groups = [
        (context.text(group.title), "unit", [one for one in toolbox.components if one.group == group.name])
        for group in toolbox.groups
    ]
    named = {group.name for group in toolbox.groups}
    groups.append(
        (context.say("components rest"), "unit", [one for one in toolbox.components if one.group not in named])
    )
    # of a condition such as "not in an industrial zone" nobody says that a project has it not
    groups.append((context.say("unit conditions"), "unit condition", toolbox.conditions))
    return "".join(
        f"- **{plain(title)}.** {_by_state(context, unit, declared, words)}\n"
        for title, words, declared in groups
        if declared
    )


def _by_state(context: Context, unit: Unit, declared: list[ToolboxPart], words: str) -> str:
    by_state: dict[str, list[str]] = {}
    for one in declared:
        by_state.setdefault(state_of(context, unit.key, one.name), []).append(context.text(one.title))
    told = []
    for state, key in STATES.items():
        if state in by_state:
            word = context.say(f"{words if context.knows(f'{words} {key}') else 'unit'} {key}")
            said = f"{plain(capital(word))}: {plain('; '.join(by_state[state]))}."
            told.append(f"[{said}]{{.quiet}}" if state == "unknown" else said)
    return " ".join(told)


def state_of(context: Context, project: str, component: str) -> str:
    """``yes``, ``no`` or ``unknown``."""
    row = context.bundle.row("project_components", project=project, component=component)
    state = "unknown" if row is None else str(row["has"])
    return state if state in STATES else "unknown"
