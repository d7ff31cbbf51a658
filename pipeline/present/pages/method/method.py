"""Parts of the pages on method and on data: limits of disclosure, sources, claims, waves."""

from __future__ import annotations

import re
from html import escape

from pipeline.declare.items import Source
from pipeline.present.claims import verdict_of
from pipeline.present.context import Context, capital
from pipeline.present.markup.markdown import Column, note, plain
from pipeline.present.markup.tables import count, figure, interval, numbered_table, pvalue
from pipeline.present.parts import Parts
from pipeline.present.words.numbers import date_in_words

SCALES_NAMED = 3
"""Of a source with more scales than this the others are counted."""


def method_parts(context: Context) -> Parts:
    """``disclosure``, ``table-claims``, ``table-sources``, ``table-waves``, ``checksums``."""
    parts = Parts()
    parts.texts["disclosure"] = plain(disclosure(context)) + "\n"
    parts.texts["table-claims"] = claims_table(context)
    parts.texts["table-sources"] = sources_table(context)
    parts.texts["table-waves"] = waves_table(context)
    parts.texts["checksums"] = checksums(context)
    return parts


def disclosure(context: Context) -> str:
    """The limits, and how much they hide."""
    about = context.bundle.about
    hidden = sum(sum(marks.values()) for marks in about["hidden_rows"].values())
    text = context.say(
        "disclosure note",
        group=context.numbers.count(float(about["minimum_group"])),
        below=about["minimum_cell"] - 1,
        n=context.numbers.count(hidden),
    )
    return f"{text} {context.say('disclosure looser')}" if about["looser_on_purpose"] else text


def claims_table(context: Context) -> str:
    """The claims as they were tested, with what was found; then what the names in the statements are."""
    rows, groups = [], []
    for claim in sorted(context.study.claims.claims, key=lambda claim: claim.kind != "confirmatory"):
        row = context.bundle.row("verdicts", claim=claim.id)
        estimate, p, n = [context.say("inapplicable")] * 3
        if row is not None:
            estimate = interval(context, row, ("estimate", "ci_lower", "ci_upper"), signed=True)
            adjusted = "pvalue_adjusted" if row["pvalue_adjusted"] == row["pvalue_adjusted"] else "pvalue"
            p, n = pvalue(context, row, adjusted), count(context, row, "n_obs")
        rows.append(
            [
                f"{claim.id} {context.text(claim.text.heading)}",
                escape(claim.statement, quote=False).replace("_", "_<wbr>"),  # long names may break
                context.numbers.number(claim.smallest_effect),
                estimate,
                p,
                n,
                context.say(f"verdict {verdict_of(context, claim)}"),
            ]
        )
        groups.append(capital(context.say(f"kind {claim.kind}")))
    columns = [
        Column(context.say("head claim"), figures=False),
        Column(context.say("head statement"), figures=False, markup=True),
        Column(context.say("head smallest")), Column(context.say("head estimate"), intervals=True),
        Column(context.say("head p adjusted")), Column(context.say("head n")),
        Column(context.say("head verdict"), figures=False),
    ]  # fmt: skip
    table = numbered_table(context, "tbl-claims", context.say("caption claims table"), columns, rows, groups=groups)
    return f"{table}\n{note(names_in_statements(context))}"


def names_in_statements(context: Context) -> str:
    """What the names of scales, scores and traits in the claims' statements stand for; Markdown."""
    said = " ".join(claim.statement for claim in context.study.claims.claims)
    titles = {name: context.text(title) for name, title in context.instrument.score_titles().items()}
    titles |= {trait.name: context.trait(trait.name) for trait in context.study.declaration.traits}
    names = [name for name in dict.fromkeys(re.findall(r"\w+", said)) if name in titles]
    told = "; ".join(f"`{name}` = {plain(titles[name])}" for name in names)
    return f"{context.say('statement names')} {told}."


def sources_table(context: Context) -> str:
    """Where the questions come from: what each source is used for, the source, its terms, how far translations are."""
    rows = []
    for name, source in context.instrument.sources.items():
        notes = f" {escape(context.text(source.notes), quote=False)}" if source.notes else ""
        cited = declared_text(context, source.citation).removesuffix(".")
        asked = asked_from(context, name)
        rows.append(
            [
                capital(asked) or context.say("source not asked"),
                f"{cited}.{notes}",
                declared_text(context, source.licence),
                translated(context, source) if asked else "",
            ]
        )
    columns = [
        Column(context.say("head questions on"), figures=False),
        *(Column(context.say(f"head {name}"), figures=False, markup=True) for name in ("source", "licence")),
        Column(context.say("head translations"), figures=False),
    ]
    return numbered_table(context, "tbl-sources", context.say("caption sources"), columns, rows)


def asked_from(context: Context, source: str) -> str:
    """The scales that come from a source, else *background*; empty where no question does."""
    scales = [
        context.text(construct.title) for construct in context.instrument.constructs if construct.source == source
    ]
    asked = any(field.source == source for field in context.instrument.fields)
    if len(scales) > SCALES_NAMED:
        scales = [*scales[: SCALES_NAMED - 1], context.say("source more", n=len(scales) - SCALES_NAMED + 1)]
    return "; ".join(scales) or (context.say("source background") if asked else "")


def translated(context: Context, source: Source) -> str:
    """How far the wording is in each language, languages of one status together."""
    by_status: dict[str, list[str]] = {}
    for code, status in source.translations.items():
        by_status.setdefault(status, []).append(context.language_name(code))
    return "; ".join(
        context.say("translations", languages=context.listed(names), status=context.say(f"translation {status}"))
        for status, names in by_status.items()
    )


def declared_text(context: Context, text: str) -> str:
    """HTML of a text that instruments declare in English alone: as ``words/sources.yaml`` has it, else marked so."""
    key = f"declared {text}"
    said = escape(context.say(key) if context.knows(key) else text, quote=False)
    return said if context.knows(key) or context.language == "en" else f'<span lang="en">{said}</span>'


def waves_table(context: Context) -> str:
    """The waves: who, when, how, how many."""
    rows = []
    for _, row in context.bundle.tables["waves"].iterrows():
        modes = ", ".join(context.say(f"mode {mode}") for mode in str(row["mode"]).split(";") if mode)
        languages = ", ".join(context.language_name(code) for code in str(row["languages"]).split(";") if code)
        rows.append(
            [
                str(row["wave"]),
                " – ".join(date_in_words(str(row[end]), context.language) for end in ("start", "end")),
                str(row["corporation"]),
                str(row["instrument"]),
                modes,
                languages,
                context.say(f"origin {row['origin']}"),
                figure(context, row, "projects", context.numbers.count),
                count(context, row, "invited"),
                count(context, row, "received"),
            ]
        )
    names = ("wave", "dates", "sender", "instrument", "mode", "languages", "origin")
    columns = [Column(context.say(f"head {name}"), figures=False) for name in names]
    columns.append(Column(capital(context.units)))
    columns += [Column(context.say(f"head {name}")) for name in ("invited", "received")]
    return numbered_table(context, "tbl-waves", context.say("caption waves"), columns, rows)


def checksums(context: Context) -> str:
    """Checksum of every wave's responses."""
    table = context.bundle.tables["waves"]
    entries = [
        f"{wave}\n:   `{sha256}`\n" for wave, sha256 in table[["wave", "sha256"]].itertuples(index=False, name=None)
    ]
    return plain(context.say("checksums intro")) + "\n\n" + "\n".join(entries)
