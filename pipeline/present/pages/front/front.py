"""Parts of the front page: the answer in a sentence, four facts, a row per claim."""

from __future__ import annotations

from html import escape

from pipeline.declare import Claim
from pipeline.present.bundle import is_hidden
from pipeline.present.claims import SIZED, effect_of, verdict_of
from pipeline.present.context import Context, capital
from pipeline.present.drawing.effects import Axis, Effect, effect_picture, shared_axis
from pipeline.present.markup.chips import chip_of
from pipeline.present.markup.markdown import html, note, plain, slug
from pipeline.present.parts import Parts
from pipeline.present.words.effects import effect_in_words
from pipeline.present.words.history import history_table
from pipeline.present.words.measures import measure_of, turned_said
from pipeline.present.words.numbers import in_words
from pipeline.present.words.people import people_facts
from pipeline.present.words.reasons import again_of, reason_of, ways_of

ORDER = ("supported", "leaning", "not_supported", "contradicted", "cannot_tell")
"""In which order verdicts are told: what stands first, what is open last."""

GROUPS = {
    "holds": ("supported",),
    "leans": ("leaning",),
    "falls": ("not_supported", "contradicted"),
    "open": ("cannot_tell",),
}
"""How verdicts are grouped, in the order of the page."""


def front_parts(context: Context) -> Parts:
    """``lead``, ``facts``, ``claims-legend``, ``claims``, ``table-history``."""
    parts = Parts()
    parts.texts["lead"] = f"::: {{.lead}}\n{lead(context)}\n:::\n{made_with(context)}"
    parts.texts["facts"] = facts(context)
    parts.texts["claims-legend"] = legend(context)
    parts.texts["claims"] = claims(context)
    parts.texts["table-history"] = history_table(context)
    return parts


def lead(context: Context) -> str:
    """One sentence on how many claims stand, one on the others, and the clearest claim; or that nothing can be told."""
    verdicts = {claim.id: verdict_of(context, claim) for claim in context.study.claims.claims}
    total = len(verdicts)
    tally = {name: sum(found == name for found in verdicts.values()) for name in ORDER}
    data = context.say("data simulated" if context.bundle.simulated else "data")
    words = {"total": in_words(total, context.language), "data": data}
    n = tally["supported"]
    if total > 1 and tally["cannot_tell"] == total:
        return plain(" ".join([context.say("lead cannot_tell all", **words), *_one_reason(context)]))
    if total == 1:
        key = f"lead single {next(iter(verdicts.values()))}"
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


def made_with(context: Context) -> str:
    """What simulated answers were made with, as the study declares it: whether there was anything to find."""
    declared = context.study.declaration.pools.get(context.bundle.pool)
    if not context.bundle.simulated or declared is None or not declared.description:
        return ""
    return "\n" + note(plain(context.say("lead simulated", description=context.text(declared.description))))


def _one_reason(context: Context) -> list[str]:
    """Why nothing can be told, where that is one and the same reason of all claims; else nothing."""
    claims = context.study.claims.claims
    if any(effect_of(context, claim) is not None for claim in claims):
        return []
    reasons = {reason_of(context, claim, float("nan"), short=True) for claim in claims}
    return list(reasons) if len(reasons) == 1 else []


def _clearest(context: Context, supported: list[Claim]) -> Claim | None:
    """The supported claim whose interval stays furthest from zero, measured in what is just large enough to matter."""
    found = []
    for claim in supported:
        effect = effect_of(context, claim)
        if effect is not None:
            found.append((min(abs(effect.lower), abs(effect.upper)) / claim.smallest_effect, claim))
    return max(found, key=lambda pair: pair[0])[1] if found else None


def facts(context: Context) -> str:
    """Four facts about who answered."""
    cells = "".join(f"<div><b>{escape(b)}</b><span>{escape(s)}</span></div>" for b, s in people_facts(context))
    return html(f'<div class="facts">{cells}</div>')


def legend(context: Context) -> str:
    """How to read the pictures: a key of their signs, and what cannot be drawn; or that there is none."""
    if all(effect_of(context, claim) is None for claim in context.study.claims.claims):
        return note(context.say("claims legend hidden" if _hides_all(context) else "claims legend none"))
    signs = (
        ("estimate", '<circle class="estimate" cx="15" cy="8" r="6"/>'),
        ("interval", '<line class="interval" x1="3" y1="8" x2="27" y2="8"/>'),
        ("band", '<rect class="band" x="1" y="1" width="28" height="14"/>'),
    )
    key = "".join(
        f'<span><svg class="effect" viewBox="0 0 30 16" aria-hidden="true">{sign}</svg>'
        f"{escape(context.say(f'legend {name}', confidence=context.confidence))}</span>"
        for name, sign in signs
    )
    text = context.say("claims legend", chances=context.say("effect legend"))
    verdicts = context.bundle.tables["verdicts"]
    if (verdicts["units"] == "projects").any():
        text += " " + context.say("claims legend projects", units=context.units, unit=context.unit)
    return html(f'<p class="key signs">{key}</p>') + "\n" + note(plain(text))


def claims(context: Context) -> str:
    """A row per claim, grouped by what became of it; within a group confirmatory ones first."""
    declared = context.study.claims.claims
    ordered = [c for kind in ("confirmatory", "exploratory") for c in declared if c.kind == kind]
    effects = {claim.id: effect_of(context, claim) for claim in ordered}
    axis = shared_axis([effect for effect in effects.values() if effect is not None])
    parts = []
    for group, verdicts in GROUPS.items():
        members = [claim for claim in ordered if verdict_of(context, claim) in verdicts]
        if members:
            parts.append(f'<h3 class="claims">{escape(context.say(f"group {group}"))}</h3>')
        parts += [_claim(context, claim, effects[claim.id], axis) for claim in members]
    return html("\n".join(parts))


def _claim(context: Context, claim: Claim, effect: Effect | None, axis: Axis) -> str:
    """One row: the verdict, what the claim says and how sure that is; beside it the picture, and how large it is."""
    verdict = verdict_of(context, claim)
    metric = "sd" if claim.model is None else "std_all"
    large = _how_large(context, claim, verdict, effect)
    picture = (
        "" if effect is None else effect_picture(context, verdict, effect, claim.smallest_effect, axis, metric=metric)
    )
    kind = f" · {context.say('exploratory')}" if claim.kind == "exploratory" else ""
    return (
        f'<article class="claim {verdict}" id="{claim.id.lower()}"><div class="what">'
        f'<p class="top">{chip_of(context, verdict)}<span class="cid">{escape(claim.id + kind)}</span></p>'
        f"<h4>{escape(context.text(claim.text.heading), quote=False)}</h4>"
        f'<p class="says">{escape(context.text(claim.text.sentence), quote=False)}</p>'
        f"{_how_sure(context, claim, effect)}{_ways_on(context, claim)}</div>"
        f'<div class="seen">{picture}{_figures(context, claim, effect)}{large}</div>'
        "</article>"
    )


def _how_sure(context: Context, claim: Claim, effect: Effect | None) -> str:
    """The reason that decided, how many ways of calculating and how many waves say the same."""
    estimate = float("nan") if effect is None else effect.estimate
    reason = "" if _hides_all(context) else reason_of(context, claim, estimate, short=True)  # said above all rows
    told = " ".join(filter(None, [reason, ways_of(context, claim), again_of(context, claim)]))
    return _answer(context.say("why" if effect is None and reason else "how sure"), told) if told else ""


def _hides(context: Context, claim: Claim) -> bool:
    """Whether a claim was judged by an estimate that is not shown."""
    row = context.bundle.row("verdicts", claim=claim.id)
    return row is not None and is_hidden(row, "estimate")


def _hides_all(context: Context) -> bool:
    return all(_hides(context, claim) for claim in context.study.claims.claims)


def _how_large(context: Context, claim: Claim, verdict: str, effect: Effect | None) -> str:
    """The size in words, where it is clear enough to be worth one."""
    told = effect_in_words(context, claim, effect.estimate) if effect is not None and verdict in SIZED else ""
    return _answer(context.say("how large"), told) if told else ""


def _answer(question: str, answer: str) -> str:
    return f'<p class="how"><b>{escape(question)}</b> {escape(answer, quote=False)}</p>'


def _figures(context: Context, claim: Claim, effect: Effect | None) -> str:
    """The figures below the picture, and what they are; the picture says the figures to those who do not see it."""
    if effect is None:
        said = context.say("effect hidden" if _hides(context, claim) else "effect none")
        return f'<p class="figures">{escape(said)}</p>'
    estimate, lower, upper = (context.numbers.number(value, signed=True) for value in effect.as_claimed)
    between = context.say("effect interval", lower=lower, upper=upper)
    shown = f'<span aria-hidden="true"><b>{estimate}</b> {escape(between)}</span>'
    measure = " ".join(filter(None, [measure_of(context, claim), turned_said(context, claim, effect)]))
    return f'<p class="figures">{shown}<br/>{escape(measure)}</p>'


def _ways_on(context: Context, claim: Claim) -> str:
    """Links to the evidence, and to the specification curve where the report has that page and there is one."""
    links = [("see the evidence", evidence_page(context, claim))]
    curve = context.bundle.row("specification_curves", claim=claim.id)
    if curve is not None and context.has_page("robustness"):
        links.append(("see the curve", f"robustness.qmd#sec-curve-{slug(claim.id)}"))
    about = context.say("about claim", claim=claim.id)
    anchors = " ".join(
        f'<a href="{page}" aria-label="{escape(f"{context.say(key)} {about}")}">{escape(context.say(key))}</a>'
        for key, page in links
    )
    return f'<p class="on">{anchors}</p>'


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
