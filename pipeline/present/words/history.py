"""How verdicts came about: what each wave alone says, and all waves so far."""

from __future__ import annotations

import pandas as pd

from pipeline.declare import Claim
from pipeline.present.context import Context, capital
from pipeline.present.markup.chips import chip_of
from pipeline.present.markup.markdown import Column
from pipeline.present.markup.tables import numbered_table


def wave_labels(context: Context) -> dict[str, str]:
    """What each wave is called, in the order of the study: the year its fieldwork began, or its name where two began in
    one year."""
    waves = context.bundle.tables["waves"]
    years = [str(start)[:4] for start in waves["start"]]
    alone = len(set(years)) == len(years) and all(years)
    return {str(wave): year if alone else str(wave) for wave, year in zip(waves["wave"], years, strict=True)}


def history_table(context: Context) -> str:
    """A row per claim: the verdict of every wave, and of the waves until each of the later ones. One wave has one
    verdict, which stands with the claims already."""
    table, labels = context.bundle.tables["verdict_history"], wave_labels(context)
    waves = list(labels)
    places = [(wave, "alone", capital(context.say("history wave", wave=labels[wave]))) for wave in waves]
    places += [(wave, "so_far", capital(context.say("history until", wave=labels[wave]))) for wave in waves[1:]]
    rows = [
        [_title(context, claim), *(_cell(context, table, claim.id, wave, scope) for wave, scope, _ in places)]
        for claim in context.study.claims.claims
        if (table["claim"] == claim.id).any() and len(waves) > 1
    ]
    columns = [Column(context.say("head claim"), figures=False)]
    columns += [Column(head, figures=False, markup=True) for *_, head in places]
    only = context.say("history one wave") if len(waves) == 1 else ""
    return numbered_table(context, "tbl-history", context.say("caption history"), columns, rows, otherwise=only)


def _title(context: Context, claim: Claim) -> str:
    return f"{claim.id} {context.text(claim.text.heading)}"


def _cell(context: Context, table: pd.DataFrame, claim: str, wave: str, scope: str) -> str:
    """The verdict, or a dash where there is none."""
    row = table[(table["claim"] == claim) & (table["wave"] == wave) & (table["scope"] == scope)]
    return context.say("inapplicable") if row.empty else chip_of(context, str(row["verdict"].iloc[0]))
