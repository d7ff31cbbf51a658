"""What all this means for a new project: each piece of advice of the study's toolbox beside what was found here.

Advice and findings never mix: each stands in a frame of its own, with a word and a sign for who says so.
"""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

import pandas as pd

from pipeline.declare import Claim
from pipeline.declare.study import ToolboxPart
from pipeline.present.claims import SIZED, effect_of, smallest_effect, verdict_of
from pipeline.present.context import Context, capital
from pipeline.present.drawing.effects import Effect
from pipeline.present.markup.chips import chip
from pipeline.present.markup.markdown import html, plain, slug
from pipeline.present.pages.new_project.components import components_figure, components_table
from pipeline.present.parts import Parts
from pipeline.present.words.components import claim_on, difference_said, outcome_of, refused_said, title_of
from pipeline.present.words.effects import effect_in_words
from pipeline.present.words.numbers import in_words
from pipeline.present.words.reasons import again_of, reason_of

TAGS = {
    "advice": "M3 4.5c3-1.4 6-1.4 9 .5 3-1.9 6-1.9 9-.5v14c-3-1.4-6-1.4-9 .5-3-1.9-6-1.9-9-.5zM12 5v14",
    "found": "M4 20V4M4 20h17M8 16l4-5 3 3 5-7",
}
"""The signs of who says so, drawn in a box of 24 by 24: an open book, a line in a graph."""


@dataclass(frozen=True)
class Found:
    """What was found of one condition: the class and the words of its chip, and sentences."""

    state: str
    chip: str
    sentences: list[str]

    @property
    def seen(self) -> bool:
        """Whether the data say what the advice says."""
        return self.state == "supported"


def new_project_parts(context: Context) -> Parts:
    """``new-project-note``, ``new-project-summary``, ``new-project-conditions``, ``figure-evidence``,
    ``table-evidence``."""
    parts = Parts()
    parts.texts["new-project-note"] = note_on_data(context)
    parts.texts["new-project-summary"] = summary(context)
    parts.texts["new-project-conditions"] = conditions(context)
    parts.texts["figure-evidence"] = components_figure(parts, context)
    parts.texts["table-evidence"] = components_table(context)
    return parts


def note_on_data(context: Context) -> str:
    """What may be built on these findings: on simulated data nothing at all."""
    kind = "simulated" if context.bundle.simulated else "residents"
    title, text = (context.say(f"new project {what} {kind}", units=context.units) for what in ("title", "note"))
    callout = "important" if context.bundle.simulated else "note"
    return f"::: {{.callout-{callout}}}\n## {plain(title)}\n\n{plain(text)}\n:::\n"


def summary(context: Context) -> str:
    """How many of the conditions are seen in the data, in a sentence or two."""
    declared = _conditions(context)
    if not declared:
        return plain(context.say("no advice")) + "\n"
    seen_ones = [part for part in declared if found_of(context, part).seen]
    seen = len(seen_ones)
    key = "none" if not seen else "all" if seen == len(declared) else "one" if seen == 1 else "some"
    words = {"total": in_words(len(declared), context.language), "n": capital(in_words(seen, context.language))}
    data = context.say("data simulated" if context.bundle.simulated else "data")
    sentences = [context.say(f"new project lead {key}", data=data, **words)]
    if 0 < seen < len(declared):
        sentences.append(context.say("new project lead others"))
    claims = {claim.id for part in seen_ones if (claim := claim_on(context, part)) is not None}
    if seen > 1 and len(claims) == 1 and all(claim_on(context, part) is not None for part in seen_ones):
        sentences.insert(1, context.say("new project lead shared"))
    return f"::: {{.lead}}\n{plain(' '.join(sentences))}\n:::\n"


def conditions(context: Context) -> str:
    """A card per condition: the advice, and what was found."""
    declared = _conditions(context)
    if not declared:
        return plain(context.say("no advice")) + "\n"
    return html("\n".join(_card(context, number, part) for number, part in enumerate(declared, start=1)))


def _conditions(context: Context) -> list[ToolboxPart]:
    toolbox = context.study.declaration.toolbox
    return [] if toolbox is None else toolbox.conditions


def _card(context: Context, number: int, part: ToolboxPart) -> str:
    toolbox = context.study.declaration.toolbox
    source = "" if toolbox is None else context.text(toolbox.source)
    found = found_of(context, part)
    title = f"{number}. {capital(title_of(context, part.name))}"
    says = f"<p>{escape(context.text(part.says), quote=False)}</p>" if part.says else ""
    sentences = "".join(f"<p>{escape(text, quote=False)}</p>" for text in found.sentences if text)
    verdict = f'<p class="top">{chip(found.state, found.chip)}</p>'
    return (
        f'<article class="advice" id="condition-{slug(part.name)}"><h3>{escape(title)}</h3>'
        f'<div class="booklet">{tag(context, "advice", source=source)}{says}</div>'
        f'<div class="measured">{tag(context, "found")}{verdict}{sentences}{_way_on(context, part)}</div></article>'
    )


def tag(context: Context, kind: str, **values: str) -> str:
    """Who says so: a sign and a word."""
    sign = f'<svg viewBox="0 0 24 24" aria-hidden="true"><path d="{TAGS[kind]}"/></svg>'
    return f'<p class="tag">{sign}{escape(context.say(f"tag {kind}", **values))}</p>'


def found_of(context: Context, part: ToolboxPart) -> Found:
    """What was found of a condition: the verdict on the trait that is the same thing, else projects side by side.

    What an earlier condition told of the same claim is not told again.
    """
    claim = claim_on(context, part)
    if claim is not None:
        return _verdict_found(context, claim, part)
    row = context.bundle.row("component_evidence", component=part.name, kind="condition", outcome=outcome_of(context))
    if row is None or row["refused"] or pd.isna(row["difference"]):
        return Found("cannot_tell", context.say("seen unknown"), [refused_said(context, part.name, row)])
    return _difference_found(context, row)


def _verdict_found(context: Context, claim: Claim, part: ToolboxPart) -> Found:
    verdict, effect = verdict_of(context, claim), effect_of(context, claim)
    if _first_on(context, claim) != part:
        return Found(verdict, context.say(f"verdict {verdict}"), [_shared(context, part)])
    estimate = float("nan") if effect is None else effect.estimate
    large = effect_in_words(context, claim, estimate) if effect is not None and verdict in SIZED else ""
    sure = [reason_of(context, claim, estimate, short=True), again_of(context, claim)]
    told = [large, _figures(context, effect), " ".join(filter(None, sure)), _shared(context, part)]
    return Found(verdict, context.say(f"verdict {verdict}"), told)


def _figures(context: Context, effect: Effect | None) -> str:
    """The estimate with its interval, in a sentence; nothing where it may not be shown."""
    if effect is None:
        return ""
    estimate, lower, upper = (context.numbers.number(value, signed=True) for value in effect.as_claimed)
    return context.say("condition figures", estimate=estimate, lower=lower, upper=upper, confidence=context.confidence)


def _first_on(context: Context, claim: Claim) -> ToolboxPart:
    """The first of the conditions that the claim is about."""
    return next(part for part in _conditions(context) if claim_on(context, part) == claim)


def _shared(context: Context, part: ToolboxPart) -> str:
    """That another condition rests on the same figures: one finding is not two."""
    claim, same = claim_on(context, part), []
    for number, other in enumerate(_conditions(context), start=1):
        if other.name != part.name and claim_on(context, other) == claim:
            same.append(str(number))
    if not same:
        return ""
    numbers = context.listed(same)
    return context.say("condition shared", trait=context.trait(str(part.trait)).lower(), numbers=numbers)


def _difference_found(context: Context, row: pd.Series) -> Found:
    """Projects that meet the condition beside those that do not; clear when it is probably not chance and matters."""
    clear = row["pvalue_adjusted"] < context.study.params.judge.alpha
    large = abs(row["effect_size"]) >= smallest_effect(context)
    state = "cannot_tell" if not clear else "contradicted" if row["effect_size"] < 0 else "supported"
    if clear and state == "supported" and not large:
        state = "leaning"
    chip = context.say({"supported": "seen yes", "contradicted": "seen opposite"}.get(state, "seen maybe"))
    apart = row["ci_lower"] > 0 or row["ci_upper"] < 0
    why = "difference together" if clear else "difference many" if apart else "difference chance"
    told = [difference_said(context, row), context.say(why, units=context.units)]
    if row["alike"]:
        told.append(
            context.say("difference alike", trait=context.trait(str(row["alike"])).lower(), units=context.units)
        )
    return Found(state, chip, told)


def _way_on(context: Context, part: ToolboxPart) -> str:
    """A link to the evidence: the claim on the front page, or the table of components."""
    claim = claim_on(context, part)
    page, key = ("new-project.qmd#tbl-evidence", "see the table") if claim is None else (
        f"index.qmd#{claim.id.lower()}", "see the claim",
    )  # fmt: skip
    label = f"{context.say(key)}: {title_of(context, part.name)}"
    return f'<p class="on"><a href="{page}" aria-label="{escape(label)}">{escape(context.say(key))}</a></p>'
