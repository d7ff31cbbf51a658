"""What changed since the report before: waves, verdicts, figures, rules, and what the disclosure gate now holds back.

Before the first report was kept there is none to compare with; then the page shows what the newest wave changed.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from pipeline.declare import Claim
from pipeline.present.context import Context, capital
from pipeline.present.drawing.colours import SURE, UNSURE
from pipeline.present.drawing.dots import Dots, Key, Row, Section, axis_over, draw_dots, ends_of, mark_from
from pipeline.present.markup.figures import add_figure
from pipeline.present.markup.markdown import Column, floating, note, plain
from pipeline.present.markup.tables import decimal, numbered_table
from pipeline.present.parts import Parts
from pipeline.present.words.history import wave_labels
from pipeline.present.words.numbers import date_in_words

FIGURES = ("estimate", "ci_lower", "ci_upper")
SCALES = ("mean", "alpha", "omega")


@dataclass(frozen=True)
class Before:
    """What is compared with: verdicts by claim, and what that is called (``then`` in tables, ``of`` in sentences)."""

    verdicts: Mapping[str, pd.Series]
    then: str
    of: str


def changes_parts(context: Context) -> Parts:
    """``changes-summary``, ``figure-changes``, ``table-changes``, ``changes-before``, ``changes-hidden``."""
    parts = Parts()
    before = _before(context)
    parts.texts["changes-summary"] = f"::: {{.lead}}\n{plain(summary(context, before))}\n:::\n"
    parts.texts["figure-changes"] = _figure(parts, context, before)
    parts.texts["table-changes"] = _verdicts_table(context, before)
    parts.texts["changes-before"] = _beside_the_last(context)
    parts.texts["changes-hidden"] = _hidden(context)
    return parts


def last_release(context: Context) -> str | None:
    """The name of the report before this one; None for the first."""
    earlier = context.bundle.about.get("earlier")
    return None if earlier is None else str(earlier["last"])


def _before(context: Context) -> Before | None:
    """The last report, else the waves before the newest; None where there is only one wave."""
    last = last_release(context)
    if last is not None:
        rows = context.bundle.rows("earlier_verdicts", release=last)
        then = context.say("changes head then", release=last)
        return Before(_by_claim(rows), then, context.say("changes of release", release=last))
    labels = wave_labels(context)
    if len(labels) < 2:
        return None
    wave = list(labels)[-2]
    rows = context.bundle.rows("verdict_history", wave=wave, scope="so_far")
    words = context.say("history until", wave=labels[wave])
    return Before(_by_claim(rows), capital(words), context.say("changes of waves", until=words))


def _by_claim(rows: pd.DataFrame) -> dict[str, pd.Series]:
    return {str(row["claim"]): row for _, row in rows.iterrows()}


def _now(context: Context) -> dict[str, pd.Series]:
    """Verdicts that may be set beside those of ``_before``: those of this report, or, without an earlier one, of
    all waves by the same rules as those of some waves."""
    if last_release(context) is not None:
        return _by_claim(context.bundle.tables["verdicts"])
    labels = wave_labels(context)
    return _by_claim(context.bundle.rows("verdict_history", wave=list(labels)[-1], scope="so_far")) if labels else {}


def summary(context: Context, before: Before | None) -> str:
    """What this is compared with, which waves came or went, and how many verdicts are others."""
    last, labels = last_release(context), wave_labels(context)
    if last is None:
        sentences = [context.say("changes first")]
        if before is None:
            return " ".join([*sentences, context.say("changes nothing before")])
        sentences.append(context.say("changes newest", wave=list(labels.values())[-1]))
    else:
        sentences = [context.say("changes last", release=last), *_wave_sentences(context, last)]
    if before is None:
        return " ".join(sentences)
    now = _now(context)
    both = [claim for claim in context.study.claims.claims if claim.id in now and claim.id in before.verdicts]
    moved = [claim.id for claim in both if now[claim.id]["verdict"] != before.verdicts[claim.id]["verdict"]]
    key = "changes verdicts none" if not moved else "changes verdicts one" if len(moved) == 1 else "changes verdicts"
    sentences.append(context.say(key, n=len(moved), total=len(both), claims=context.listed(moved)))
    return " ".join(sentences)


def _wave_sentences(context: Context, last: str) -> list[str]:
    """Waves that came, that were corrected, and that were withdrawn."""
    rows = context.bundle.rows("earlier_waves", release=last)
    then, labels = set(rows["wave"]), wave_labels(context)
    found = {
        "new": [label for wave, label in labels.items() if wave not in then],
        **{status: [str(w) for w in rows.loc[rows["status"] == status, "wave"]] for status in ("changed", "withdrawn")},
    }
    told = [
        context.say(f"changes waves {what}" if len(names) > 1 else f"changes wave {what}", waves=context.listed(names))
        for what, names in found.items()
        if names
    ]
    return told or [context.say("changes waves same")]


def _figure(parts: Parts, context: Context, before: Before | None) -> str:
    """Every claim's estimate then (ring) and now (dot), and both verdicts in words."""
    now = _now(context)
    sections = [] if before is None else _sections(context, before, now)
    values = ends_of(sections)
    drawn = any(value == value for value in values)
    caption = context.say(
        "caption changes" if drawn else "caption changes none",
        before="" if before is None else before.of, confidence=context.confidence, n=_range_of_n(context, now),
    )  # fmt: skip
    if not drawn or before is None:
        return floating("fig-changes", note(plain(context.say("changes empty fig-changes"))), plain(caption))
    keys = [
        Key(context.say("changes key now"), SURE),
        Key(before.then, UNSURE, kind="ring"),
    ]
    told = "; ".join(row.label.replace("\u2192", context.say("changes becomes")) for s in sections for row in s.rows)
    description = context.say("alt changes", before=before.of, told=told)
    dots = Dots(
        context.say("title changes"), description, sections, axis_over(values, include=(0.0,), signed=True), keys
    )
    return add_figure(parts, context, "fig-changes", caption, functools.partial(draw_dots, context, dots))


def _sections(context: Context, before: Before, now: Mapping[str, pd.Series]) -> list[Section]:
    """Claims about relations, then claims about differences: they are measured in other units."""
    metric = {str(row["claim"]): str(row["metric"]) for _, row in context.bundle.tables["verdicts"].iterrows()}
    by_metric: dict[str, list[Row]] = {"std_all": [], "sd": []}
    for claim in context.study.claims.claims:
        if claim.id in now:
            row = _row(context, claim, before.verdicts.get(claim.id), now[claim.id])
            by_metric.setdefault(metric.get(claim.id, "sd"), []).append(row)
    return [
        Section(context.say(f"changes section {name}") if context.knows(f"changes section {name}") else "", rows)
        for name, rows in by_metric.items()
        if rows
    ]


def _row(context: Context, claim: Claim, then: pd.Series | None, now: pd.Series) -> Row:
    marks = [
        mark_from(row, FIGURES, colour=colour, hollow=hollow, lane=lane)
        for row, colour, hollow, lane in ((now, SURE, False, 0), (then, UNSURE, True, 1))
        if row is not None and row[list(FIGURES)].notna().all()
    ]
    said = None if pd.notna(now["estimate"]) else context.say("hidden" if now["suppressed"] else "absent")
    label = f"{claim.id} {context.text(claim.text.heading)} ({_verdicts_in_words(context, then, now)})"
    return Row(label, marks, said)


def _verdicts_in_words(context: Context, then: pd.Series | None, now: pd.Series) -> str:
    after = context.say(f"verdict {now['verdict']}").lower()
    if then is None:
        return context.say("changes verdict new", now=after)
    if then["verdict"] == now["verdict"]:
        return context.say("changes verdict same", now=after)
    return f"{context.say('verdict ' + str(then['verdict'])).lower()} \u2192 {after}"


def _range_of_n(context: Context, rows: Mapping[str, pd.Series]) -> str:
    known = sorted({float(row["n_obs"]) for row in rows.values() if pd.notna(row["n_obs"])})
    if not known:
        return context.say("hidden")
    low, high = context.numbers.count(known[0]), context.numbers.count(known[-1])
    return low if low == high else context.say("changes from to", low=low, high=high)


def _verdicts_table(context: Context, before: Before | None) -> str:
    """A row per claim: verdict, estimate and n, then and now."""
    now = _now(context)
    rows = [] if before is None else [
        [
            f"{claim.id} {context.text(claim.text.heading)}",
            *_told(context, before.verdicts.get(claim.id)),
            *_told(context, now[claim.id]),
        ]
        for claim in context.study.claims.claims
        if claim.id in now
    ]  # fmt: skip
    then = "" if before is None else before.then
    heads = [Column(context.say("head claim"), figures=False)]
    for of in (then, context.say("changes head now")):
        heads += [
            Column(f"{context.say('head verdict')}, {of}", figures=False),
            Column(f"{context.say('head estimate')}, {of}", intervals=True),
            Column(f"n, {of}"),
        ]
    caption = context.say("caption table changes", confidence=context.confidence)
    return _table(context, "tbl-changes", caption, heads, rows)


def _table(context: Context, identifier: str, caption: str, columns: list[Column], rows: list[list[str]]) -> str:
    """A numbered table; without rows it says that there is nothing to compare with."""
    if rows:
        return numbered_table(context, identifier, caption, columns, rows)
    return floating(identifier, note(plain(context.say(f"changes empty {identifier}"))), plain(caption))


def _told(context: Context, row: pd.Series | None) -> list[str]:
    if row is None:
        return [context.say("inapplicable")] * 3
    number = context.numbers
    hidden = context.say("hidden" if row["suppressed"] else "absent")
    value, low, high = (float(row[name]) for name in FIGURES)
    estimate = hidden if row[list(FIGURES)].isna().any() else number.estimate(value, low, high, signed=True)
    n = hidden if pd.isna(row["n_obs"]) else number.count(float(row["n_obs"]))
    return [context.say(f"verdict {row['verdict']}"), estimate, n]


def _beside_the_last(context: Context) -> str:
    """Scales, settings and the list of reports beside those of the last report, each under its heading; for the first
    report one sentence on what will stand here."""
    last = last_release(context)
    if last is None:
        return plain(context.say("changes before none")) + "\n"
    sections = [
        f"### {context.say(f'changes before {name}')} {{#{anchor}}}\n\n{table}"
        for name, anchor, table in (
            ("scales", "sec-schalen-toen", _scales_table(context, last)),
            ("params", "sec-instellingen", _params_table(context)),
            ("releases", "sec-eerder", _releases_table(context)),
        )
    ]
    told = [plain(context.say("changes before")), *sections, context.say("changes before where")]
    return "\n\n".join(told) + "\n"


def _scales_table(context: Context, last: str) -> str:
    """A row per scale: mean, alpha and omega, in the report ``last`` and now."""
    then = {str(r["scale"]): r for _, r in context.bundle.rows("earlier_scales", release=last).iterrows()}
    rows = []
    for _, row in context.bundle.overall("reliability").iterrows():
        scale = str(row["scale"])
        if scale in then:
            pairs = [
                cell for name in SCALES for cell in (decimal(context, then[scale], name), decimal(context, row, name))
            ]
            rows.append([context.scale(scale), *pairs])
    columns = [Column(context.say("head scale"), figures=False)]
    for name in SCALES:
        columns += [
            Column(f"{context.say('head ' + name)}, {of}")
            for of in (context.say("changes head then", release=last), context.say("changes head now"))
        ]
    return _table(context, "tbl-changes-scales", context.say("caption changes scales"), columns, rows)


def _params_table(context: Context) -> str:
    """What is set otherwise than then, and the rules of the verdict where they are others."""
    earlier: Mapping[str, Any] = context.bundle.about["earlier"]
    rows = [[str(e["key"]), _setting(context, e["then"]), _setting(context, e["now"])] for e in earlier["params"]]
    if earlier["rules_then"] != earlier["rules_now"]:
        told = [context.say("changes rules version", version=earlier[key]) for key in ("rules_then", "rules_now")]
        rows.insert(0, [context.say("changes rules"), *told])
    heads = [capital(context.say(f"changes head {name}")) for name in ("setting", "before", "now")]
    columns = [Column(head, figures=False) for head in heads]
    caption = context.say("caption changes params")
    if not rows:
        return floating("tbl-changes-params", note(plain(context.say("changes params none"))), plain(caption))
    return numbered_table(context, "tbl-changes-params", caption, columns, rows)


def _setting(context: Context, value: object) -> str:
    """A value of ``params.yaml``, numbers as the language writes them."""
    if value is None:
        return context.say("inapplicable")
    if isinstance(value, bool):
        return context.say(f"category {str(value).lower()}")
    if isinstance(value, list):
        return ", ".join(_setting(context, entry) for entry in value)
    return str(value).replace(".", context.numbers.decimal) if isinstance(value, float) else str(value)


def _hidden(context: Context) -> str:
    """What is held back for the sake of earlier reports, and what to do about it."""
    earlier = context.bundle.about.get("earlier")
    if earlier is None:
        return note(plain(context.say("changes hidden first")))
    held = earlier["held_back"]
    if not held:
        return note(plain(context.say("changes hidden none", release=earlier["last"])))
    share = context.numbers.share(float(earlier["share_held_back"]))
    text = context.say("changes hidden", release=earlier["last"], share=share, n=sum(held.values()))
    if earlier["nearly_all"]:
        text += " " + context.say("changes hidden nearly all", release=earlier["last"])
    listed = "\n".join(
        f"- `{name}.csv`: {context.say('changes rows', n=context.numbers.count(n))}" for name, n in held.items()
    )
    return f"{plain(text)}\n\n{listed}\n"


def _releases_table(context: Context) -> str:
    """Every earlier report with its waves and when these were in the field, the last first."""
    table = context.bundle.tables["earlier_waves"]
    rows = []
    for name in dict.fromkeys(table["release"][::-1]):
        waves = context.bundle.rows("earlier_waves", release=str(name))
        told = [
            context.say(
                f"changes wave {row['status']} then",
                wave=row["wave"],
                start=date_in_words(str(row["start"]), context.language),
                end=date_in_words(str(row["end"]), context.language),
            )
            for _, row in waves.iterrows()
        ]
        rows.append([str(name), str(waves["number"].iloc[0]), "; ".join(told)])
    heads = [context.say(f"changes head {name}") for name in ("release", "number", "waves")]
    columns = [Column(heads[0], figures=False), Column(heads[1]), Column(heads[2], figures=False)]
    return numbered_table(context, "tbl-releases", context.say("caption releases"), columns, rows)
