"""Parts of the page that lists all projects and corporations: who they are, and what each project has."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from pipeline.declare.study import ToolboxPart
from pipeline.present.context import Context
from pipeline.present.markup.markdown import floating, html, note, plain
from pipeline.present.pages.units.entries import CORPORATION, PROJECT, units_of_kind
from pipeline.present.pages.units.facts import in_a_line, link_to, state_of
from pipeline.present.parts import Parts
from pipeline.present.words.numbers import in_words

SIGNS = {"yes": ("●", "has", "components has"), "no": ("○", "hasnot", "components has not"),
         "unknown": ("–", "unknown", "components unknown")}  # fmt: skip


def places_parts(context: Context) -> Parts:
    """``places-summary``, ``places-list``, ``table-components``."""
    parts = Parts()
    parts.texts["places-summary"] = plain(summary(context)) + "\n"
    parts.texts["places-list"] = places_list(context)
    parts.texts["table-components"] = components_table(context)
    return parts


def summary(context: Context) -> str:
    """How many projects, of how many corporations, in how many municipalities."""
    table = context.bundle.tables["projects"]
    if table.empty:
        return context.say("places none", units=context.units)
    told = {}
    for key, column, one in (("corporations", "corporation", "corporation"), ("places", "municipality", "place")):
        n = len(set(table[column]) - {""})
        phrase = f"places summary {one if n == 1 else key}"
        told[key] = context.say(phrase, n=in_words(n, context.language)) if n else ""
    return context.say("places summary", n_units=context.numbers.count(len(table)), units=context.units, **told)


def places_list(context: Context) -> str:
    """Every corporation with its projects, then projects of no known corporation; one list where there is none."""
    corporations = units_of_kind(context.bundle, CORPORATION)
    theirs = {project for corporation in corporations for project in corporation.projects}
    rest = [unit.key for unit in units_of_kind(context.bundle, PROJECT) if unit.key not in theirs]
    lines: list[str] = []
    for corporation in corporations:
        lines.append(f"- {link_to(context, CORPORATION, corporation.key)}")
        lines += [f"    - {in_a_line(context, project)}" for project in corporation.projects]
    if corporations and rest:
        lines.append(f"- {plain(context.say('places without corporation'))}")
    indent = "    " if corporations else ""
    lines += [f"{indent}- {in_a_line(context, project)}" for project in rest]
    return "\n".join(lines or [plain(context.say("places none", units=context.units))]) + "\n"


def components_table(context: Context) -> str:
    """``tbl-components``: a row a component, a column a project; a mark that is read out as a word."""
    caption = plain(context.say("caption components", unit=context.unit, units=context.units))
    toolbox = context.study.declaration.toolbox
    projects = units_of_kind(context.bundle, PROJECT)
    if toolbox is None or not projects or context.bundle.tables["project_components"].empty:
        return floating("tbl-components", note(plain(context.say("nothing measured"))), caption)
    keys = [project.key for project in projects]
    names = "".join(f'<th scope="col"><span>{escape(unit.name, quote=False)}</span></th>' for unit in projects)
    corner = f'<th scope="col" class="what">{escape(context.say("components head"), quote=False)}</th>'
    tally = f'<th scope="col" class="num">{escape(context.say("components tally head"), quote=False)}</th>'
    body = "\n".join(_rows(context, keys))
    head = f"<thead><tr>{corner}{names}{tally}</tr></thead>"
    return floating(
        "tbl-components", html(f'<table class="component-grid">{head}<tbody>\n{body}\n</tbody></table>'), caption
    )


def _rows(context: Context, projects: list[str]) -> Iterator[str]:
    """Every component under the heading of its group, then the conditions."""
    toolbox = context.study.declaration.toolbox
    if toolbox is None:
        return
    groups: list[tuple[str, list[ToolboxPart]]] = [
        (context.text(group.title), [one for one in toolbox.components if one.group == group.name])
        for group in toolbox.groups
    ]
    named = {group.name for group in toolbox.groups}
    groups.append((context.say("components rest"), [one for one in toolbox.components if one.group not in named]))
    groups.append((context.say("components conditions"), toolbox.conditions))
    for title, declared in groups:
        if declared:
            span = len(projects) + 2
            label = escape(title, quote=False)
            yield f'<tr><th scope="colgroup" colspan="{span}"><strong>{label}</strong></th></tr>'
        for one in declared:
            states = [state_of(context, project, one.name) for project in projects]
            cells = "".join(_cell(context, state) for state in states)
            known = len(states) - states.count("unknown")
            tally = context.say(
                "components tally" if known else "components unknown", n=states.count("yes"), known=known
            )
            name = escape(context.text(one.title), quote=False)
            yield f'<tr><th scope="row">{name}</th>{cells}<td class="num">{tally}</td></tr>'


def _cell(context: Context, state: str) -> str:
    sign, css_class, word = SIGNS[state]
    label = escape(context.say(word))
    return f'<td class="{css_class}"><span role="img" aria-label="{label}">{sign}</span></td>'
