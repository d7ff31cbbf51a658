"""Parts of the front page: the answer in a sentence, four facts, a row per claim."""

from __future__ import annotations

from html import escape

from pipeline.declare import Claim
from pipeline.present.colours import SIGNS
from pipeline.present.context import Context, capital
from pipeline.present.effects import Axis, Effect, effect_picture, shared_axis
from pipeline.present.history import history_table, verdicts_by_wave
from pipeline.present.markdown import html, plain
from pipeline.present.numbers import in_words
from pipeline.present.parts import Parts
from pipeline.present.people import people_facts
from pipeline.present.reasons import reason_of, sureness_of

ORDER = ("supported", "leaning", "not_supported", "contradicted", "cannot_tell")
"""In which order verdicts are told: what stands first, what is open last."""


def front_parts(context: Context) -> Parts:
    """``lead``, ``facts``, ``claims-legend``, ``claims``, ``table-history``."""
    parts = Parts()
    parts.texts["lead"] = f"::: {{.lead}}\n{lead(context)}\n:::\n"
    parts.texts["facts"] = facts(context)
    parts.texts["claims-legend"] = plain(legend(context)) + "\n"
    parts.texts["claims"] = claims(context)
    parts.texts["table-history"] = history_table(context)
    return parts


def lead(context: Context) -> str:
    """One sentence on how many claims stand, one on the others, and the clearest claim."""
    verdicts = {claim.id: verdict_of(context, claim) for claim in context.study.claims.claims}
    total = len(verdicts)
    tally = {name: sum(found == name for found in verdicts.values()) for name in ORDER}
    data = context.say("data simulated" if context.bundle.simulated else "data")
    words = {"total": in_words(total, context.language), "data": data}
    n = tally["supported"]
    if total == 1:
        key = "lead single supported" if n else "lead single none"
    elif n == total:
        key = "lead supported all"
    else:
        key = {0: "lead supported none", 1: "lead supported one"}.get(n, "lead supported")
    sentences = [context.say(key, n=in_words(n, context.language), **words)]
    rest = [
        context.say(
            f"lead {name}" if tally[name] > 1 else f"lead {name} one", n=in_words(tally[name], context.language)
        )
        for name in ORDER[1:]
        if tally[name] and total > 1
    ]
    if rest:
        sentences.append(f"{capital(context.listed(rest))}.")
    text = plain(" ".join(sentences))
    clearest = _clearest(context, [claim for claim in context.study.claims.claims if verdicts[claim.id] == "supported"])
    if clearest is not None and total > 1:
        heading = plain(context.text(clearest.text.heading))
        text += " " + context.say("lead clearest", heading=heading)
    return text


def _clearest(context: Context, supported: list[Claim]) -> Claim | None:
    """The supported claim whose interval stays furthest from zero, measured in what is just large enough to matter."""
    found = []
    for claim in supported:
        effect = effect_of(context, claim)
        if effect is not None:
            found.append((min(abs(effect.lower), abs(effect.upper)) / claim.smallest_effect, claim))
    return max(found, key=lambda pair: pair[0])[1] if found else None


def verdict_of(context: Context, claim: Claim) -> str:
    """The claim's verdict; ``cannot_tell`` when it was not judged."""
    row = context.bundle.row("verdicts", claim=claim.id)
    return "cannot_tell" if row is None else str(row["verdict"])


def effect_of(context: Context, claim: Claim) -> Effect | None:
    """What the claim stands on, when there is an estimate and it may be shown."""
    row = context.bundle.row("verdicts", claim=claim.id)
    if row is None or row[["estimate", "ci_lower", "ci_upper"]].isna().any():
        return None
    sign = -1 if "<" in claim.statement else 1
    estimate, lower, upper = (float(row[name]) for name in ("estimate", "ci_lower", "ci_upper"))
    return Effect(estimate, lower, upper, claim.smallest_effect, sign)


def facts(context: Context) -> str:
    """Four facts about who answered."""
    cells = "".join(f"<div><b>{escape(b)}</b><span>{escape(s)}</span></div>" for b, s in people_facts(context))
    return html(f'<div class="facts">{cells}</div>')


def legend(context: Context) -> str:
    """How to read the pictures."""
    text = context.say("claims legend", confidence=context.confidence)
    verdicts = context.bundle.tables["verdicts"]
    if (verdicts["units"] == "projects").any():
        text += " " + context.say("claims legend projects", units=context.units, unit=context.unit)
    return text


def claims(context: Context) -> str:
    """A row per claim, confirmatory ones first."""
    declared = context.study.claims.claims
    ordered = [c for kind in ("confirmatory", "exploratory") for c in declared if c.kind == kind]
    effects = {claim.id: effect_of(context, claim) for claim in ordered}
    axis = shared_axis([effect for effect in effects.values() if effect is not None])
    return html("\n".join(_claim(context, claim, effects[claim.id], axis) for claim in ordered))


def _claim(context: Context, claim: Claim, effect: Effect | None, axis: Axis) -> str:
    verdict = verdict_of(context, claim)
    kind = f" · {context.say('exploratory')}" if claim.kind == "exploratory" else ""
    what = (
        f'<div class="what"><p class="cid">{escape(claim.id)}{escape(kind)}</p>'
        f"<h3>{escape(context.text(claim.text.heading), quote=False)}</h3>"
        f"<p>{escape(context.text(claim.text.sentence), quote=False)}</p></div>"
    )
    chip = chip_of(context, verdict)
    reason = escape(reason_of(context, claim, float("nan") if effect is None else effect.estimate), quote=False)
    more = "".join(
        f'<p class="sure">{escape(text, quote=False)}</p>'
        for text in (sureness_of(context, claim), verdicts_by_wave(context, claim))
        if text
    )
    about = context.say("about claim", claim=claim.id)
    evidence = (
        f'<a href="{evidence_page(context, claim)}" aria-label="{escape(context.say("see the evidence"))} {about}">'
        f"{escape(context.say('see the evidence'))}</a>"
    )
    picture = effect_picture(context, verdict, effect, claim.smallest_effect, axis)
    return (
        f'<article class="claim" id="{claim.id.lower()}">{what}{picture}'
        f'<div class="verdict {verdict}">{chip}<p>{reason}</p>{more}{evidence}</div></article>'
    )


def chip_of(context: Context, verdict: str) -> str:
    """The verdict as a sign and a word."""
    sign = f'<svg viewBox="0 0 16 16" aria-hidden="true"><path d="{SIGNS[verdict]}"/></svg>'
    return f'<p class="chip {verdict}">{sign}{escape(context.say(f"verdict {verdict}"))}</p>'


def evidence_page(context: Context, claim: Claim) -> str:
    """Where the figures of a claim stand: with the models, or with the comparisons."""
    if claim.model is None:
        return "projects.qmd#tbl-contrasts"
    if claim.differing:
        return "model.qmd#tbl-path-differences"
    if claim.model not in context.study.params.models:
        return f"model.qmd#tbl-{'directions' if '~' in claim.statement else 'indirect'}"
    paths = context.bundle.overall("parameters", model=claim.model)
    return "model.qmd#tbl-coefficients" if (paths["op"] == "~").any() else "scales.qmd#tbl-latent-correlations"
