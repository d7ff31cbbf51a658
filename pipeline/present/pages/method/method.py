"""Parts of the pages on method and on data: limits of disclosure, sources, claims, waves, downloads."""

from __future__ import annotations

from pipeline.present.context import Context, capital
from pipeline.present.markup.markdown import Column, html, plain
from pipeline.present.markup.tables import count, figure, interval, numbered_table, pvalue
from pipeline.present.pages.front.front import verdict_of
from pipeline.present.parts import Parts
from pipeline.present.words.numbers import date_in_words
from pipeline.published import published_contracts


def method_parts(context: Context) -> Parts:
    """``disclosure``, ``table-claims``, ``table-sources``, ``table-waves``, ``checksums``, ``table-downloads``."""
    parts = Parts()
    parts.texts["disclosure"] = plain(disclosure(context)) + "\n"
    parts.texts["table-claims"] = claims_table(context)
    parts.texts["table-sources"] = sources_table(context)
    parts.texts["table-waves"] = waves_table(context)
    parts.texts["checksums"] = checksums(context)
    parts.texts["table-downloads"] = downloads_table(context)
    return parts


def disclosure(context: Context) -> str:
    """The limits, and how much they hide."""
    about = context.bundle.about
    hidden = sum(sum(marks.values()) for marks in about["hidden_rows"].values())
    text = context.say(
        "disclosure note",
        group=about["minimum_group"],
        below=about["minimum_cell"] - 1,
        n=context.numbers.count(hidden),
    )
    return f"{text} {context.say('disclosure looser')}" if about["looser_on_purpose"] else text


def claims_table(context: Context) -> str:
    """The claims as they were tested, with what was found."""
    rows = []
    for claim in context.study.claims.claims:
        row = context.bundle.row("verdicts", claim=claim.id)
        estimate, p, n = [context.say("inapplicable")] * 3
        if row is not None:
            estimate = interval(context, row, ("estimate", "ci_lower", "ci_upper"), signed=True)
            adjusted = "pvalue_adjusted" if row["pvalue_adjusted"] == row["pvalue_adjusted"] else "pvalue"
            p, n = pvalue(context, row, adjusted), count(context, row, "n_obs")
        smallest = context.numbers.number(claim.smallest_effect)
        rows.append(
            [
                claim.id,
                claim.statement,
                context.say(f"kind {claim.kind}"),
                smallest,
                estimate,
                p,
                n,
                context.say(f"verdict {verdict_of(context, claim)}"),
            ]
        )
    columns = [Column(context.say(f"head {name}"), figures=False) for name in ("claim", "statement", "kind")]
    columns += [Column(context.say(f"head {name}")) for name in ("smallest", "estimate", "p adjusted", "n")]
    columns.append(Column(context.say("head verdict"), figures=False))
    return numbered_table(context, "tbl-claims", context.say("caption claims table"), columns, rows)


def sources_table(context: Context) -> str:
    """Sources of the items that scales and background questions use."""
    rows = []
    for source in context.instrument.sources.values():
        translations = ", ".join(
            f"{context.language_name(code)}: {context.say(f'translation {status}')}"
            for code, status in source.translations.items()
        )
        notes = f" {context.text(source.notes)}" if source.notes else ""
        rows.append([f"{source.citation}.{notes}", source.licence, translations])
    columns = [Column(context.say(f"head {name}"), figures=False) for name in ("source", "licence", "translations")]
    return numbered_table(context, "tbl-sources", context.say("caption sources"), columns, rows)


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


def downloads_table(context: Context) -> str:
    """Every published table as CSV, with what a row is."""
    folder = f"../../files/{context.bundle.pool}"
    head = "".join(
        f'<th scope="col"{cls}>{context.say(f"head {name}")}</th>'
        for name, cls in (("table", ""), ("row", ""), ("rows", ' class="num"'))
    )
    body = "\n".join(
        f'<tr><th scope="row"><a href="{folder}/{name}.csv">{name}.csv</a></th><td lang="en">{contract.grain}</td>'
        f'<td class="num">{context.numbers.count(len(context.bundle.tables[name]))}</td></tr>'
        for name, contract in published_contracts().items()
    )
    markup = html(f"<table><thead><tr>{head}</tr></thead><tbody>\n{body}\n</tbody></table>")
    caption = plain(context.say("caption downloads"))
    return f"::: {{#tbl-downloads}}\n\n{markup}\n{caption}\n\n:::\n"
