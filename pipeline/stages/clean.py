"""Keep the questionnaires that can be used, say why the others cannot, and flag careless answers without deleting them.

``python -m pipeline.stages.clean --wave NAME``: ``ingested`` to ``clean`` and the table ``flow``.
"""

from __future__ import annotations

import pandas as pd

from analysis.careless import OpposedItems, careless_flags, repeated_answers
from pipeline.artefacts import read_persons, write_persons, write_table
from pipeline.declare import Instrument, Study, Wave
from pipeline.declare.instrument import CONSENT_GIVEN
from pipeline.declare.names import NOT_ASKED
from pipeline.declare.params import CleanParams
from pipeline.stages._answers import code_range, reason_column
from pipeline.stages._run import run_stage


def run(study: Study, wave: str) -> None:
    """Clean one wave."""
    instrument = study.instrument_of(wave)
    ingested = read_persons(study.root, "ingested", wave=wave)
    reasons = exclusion_reasons(ingested, study, instrument, study.waves[wave], study.params.clean)
    kept = ingested[reasons == ""]
    flags = flags_by_person(kept, instrument, study.params.clean)
    write_persons(study.root, "clean", pd.concat([kept, flags], axis=1), wave=wave)
    write_table(study.root, "flow", flow(reasons, wave), wave=wave)


def exclusion_reasons(
    ingested: pd.DataFrame, study: Study, instrument: Instrument, wave: Wave, params: CleanParams
) -> pd.Series[str]:
    """Why each person is left out, empty for those who are kept: the first reason that applies, in this order.

    - ``no_consent``: a consent field that is not an explicit yes, also when the wave did not ask for consent.
    - ``no_project``: asked for the project and gave none, or one that is not in the wave. Where the project was not
      asked (``not_asked``), persons stay: they still say something about everything but project traits.
    - ``no_population``: nothing known of the variable that makes somebody one of the analysed, whatever the reason, so
      that the person can be counted neither with them nor with the others.
    - ``empty``: answered a smaller share than ``minimum_item_share`` of the items they were asked.
    - ``duplicate``: the same source id as somebody before them, or the same answers throughout. Empty questionnaires
      are gone by then, so an abandoned start does not push out the complete one that followed.
    """
    reasons = pd.Series("", index=ingested.index, dtype="str")

    def exclude(persons: pd.Series[bool], reason: str) -> None:
        reasons[(reasons == "") & persons.astype(bool)] = reason

    exclude(~has_consented(ingested, instrument), "no_consent")
    exclude(lacks_project(ingested, instrument, wave), "no_project")
    if study.declaration.population.variable is not None:
        exclude(ingested[study.declaration.population.variable].isna(), "no_population")
    exclude(~answered_enough(ingested, instrument, params.minimum_item_share), "empty")
    exclude(has_source_of_another(ingested[reasons == ""]).reindex(ingested.index, fill_value=False), "duplicate")
    again = has_answers_of_another(ingested[reasons == ""], instrument, params.duplicate_minimum_items)
    exclude(again.reindex(ingested.index, fill_value=False), "duplicate")
    return reasons


def has_consented(ingested: pd.DataFrame, instrument: Instrument) -> pd.Series[bool]:
    """Whether every consent field is an explicit yes; everybody where the instrument has none."""
    consented = pd.Series(True, index=ingested.index)
    for field in instrument.with_role("consent"):
        consented &= (ingested[field.name] == CONSENT_GIVEN).fillna(False).astype(bool)
    return consented


def lacks_project(ingested: pd.DataFrame, instrument: Instrument, wave: Wave) -> pd.Series[bool]:
    """Whether the project was asked and is missing, or is none of the wave's; nobody where there is no such field."""
    lacks = pd.Series(False, index=ingested.index)
    known = ingested["project"].isin(wave.projects)
    for field in instrument.with_role("project"):
        lacks |= ~known & (ingested["project"].notna() | (ingested[reason_column(field.name)] != NOT_ASKED))
    return lacks


def answered_enough(ingested: pd.DataFrame, instrument: Instrument, minimum_share: float) -> pd.Series[bool]:
    """Whether each person answered at least ``minimum_share`` of the items asked of them, and at least one."""
    items = [field.name for field in instrument.with_role("item")]
    n_answered = ingested[items].notna().sum(axis=1)
    n_asked = (ingested[[reason_column(name) for name in items]] != NOT_ASKED).sum(axis=1)
    return (n_answered > 0) & (n_answered >= minimum_share * n_asked)


def has_source_of_another(persons: pd.DataFrame) -> pd.Series[bool]:
    """Whether the source's own id was somebody's before; not where the source has none."""
    return persons["source"].notna() & persons["source"].duplicated(keep="first")


def has_answers_of_another(persons: pd.DataFrame, instrument: Instrument, minimum_answers: int) -> pd.Series[bool]:
    """Whether all item answers, the project and the background are those of somebody before."""
    items = [field.name for field in instrument.with_role("item")]
    background = ["project", *(field.name for field in instrument.with_role("background", "language"))]
    return repeated_answers(persons[items], persons[background], minimum_answers=minimum_answers)


def flags_by_person(kept: pd.DataFrame, instrument: Instrument, params: CleanParams) -> pd.DataFrame:
    """The careless-response flags of the persons who are kept (definitions: ``analysis/careless.py``)."""
    fields = instrument.with_role("item")
    return careless_flags(
        kept[[field.name for field in fields]].astype(float),
        ranges={field.name: code_range(instrument, field) for field in fields},
        runs=like_items_in_a_row(instrument),
        opposed=opposed_items(instrument),
        longstring_share=params.longstring_share,
        minimum_irv=params.minimum_irv,
    )


def like_items_in_a_row(instrument: Instrument) -> list[list[str]]:
    """Items of one block with one answer scale, in the order asked: where a long string can show."""
    runs: dict[tuple[str | None, str | None], list[str]] = {}
    for field in instrument.with_role("item"):
        runs.setdefault((field.block, field.scale), []).append(field.name)
    return list(runs.values())


def opposed_items(instrument: Instrument) -> list[OpposedItems]:
    """Scales that hold both straight and reversed items, all on one answer scale."""
    opposed = []
    for construct in instrument.constructs:
        fields = [instrument.field_named(name) for name in construct.items]
        straight = tuple(field.name for field in fields if not field.reversed)
        turned = tuple(field.name for field in fields if field.reversed)
        if straight and turned and len({field.scale for field in fields}) == 1:
            opposed.append(OpposedItems(straight, turned))
    return opposed


def flow(reasons: pd.Series[str], wave: str) -> pd.DataFrame:
    """The table ``flow``: received, excluded by reason (those that occur), kept."""
    order = ["no_consent", "no_project", "no_population", "empty", "duplicate"]
    counts = reasons.value_counts()
    rows = [(wave, "received", "", len(reasons))]
    rows += [(wave, "excluded", reason, int(counts[reason])) for reason in order if reason in counts]
    rows.append((wave, "kept", "", int((reasons == "").sum())))
    return pd.DataFrame(rows, columns=["wave", "step", "reason", "n"])


if __name__ == "__main__":
    run_stage(run, "wave")
