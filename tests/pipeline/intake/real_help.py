"""Declarations for the real files in ``../shared/data``: what each was asked, and the crosswalk that goes with it.

They say what a questionnaire declares and hold no answers: the files themselves are not here. Where the folder is
absent, tests that need it skip.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from pipeline.declare import Instrument, Registry, Wave
from pipeline.declare.load import read_crosswalk, read_declaration
from pipeline.declare.params import IntakeParams
from pipeline.intake.check import Checked, Expectation, check_received
from pipeline.intake.source import Received

DATA = Path(__file__).resolve().parents[4] / "shared" / "data"
STUDIES = Path(__file__).with_name("real_studies")
PARAMS = IntakeParams(max_bytes=20_000_000, max_rows=20_000, max_columns=1_000, minimum_answers=1)

FILES = {
    "limesurvey": ("limesurvey_rse_2017_nl.csv", "limesurvey-rse", "crosswalk.csv"),
    "qualtrics_codes": ("qualtrics_legitimacy_codes_masked.csv", "qualtrics-legitimacy", "crosswalk_codes.csv"),
    "qualtrics_text": ("qualtrics_legitimacy_text_masked.csv", "qualtrics-legitimacy", "crosswalk_text.csv"),
    "kobo": ("kobo_raw.csv", "kobo-water", "crosswalk.csv"),
    "darktriad": ("darktriad.sav", "spss-darktriad", "crosswalk.csv"),
    "umlauts": ("haven_umlauts.sav", "spss-umlauts", "crosswalk.csv"),
    "missing": ("haven_labelled-num-na.sav", "spss-missing", "crosswalk.csv"),
    "texts": ("haven_labelled-str.sav", "spss-texts", "crosswalk.csv"),
    "dates": ("haven_datetime.sav", "spss-dates", "crosswalk.csv"),
}
"""Each real file, the study under ``real_studies`` that declares it, and its crosswalk there."""

needs_data = pytest.mark.skipif(not DATA.is_dir(), reason="../shared/data is not beside this checkout")


def real_expectation(study: str, crosswalk: str = "crosswalk.csv") -> Expectation:
    """What the answers of ``study`` have to meet."""
    folder = STUDIES / study
    return Expectation(
        read_declaration(folder / "instrument.yaml", Instrument),
        read_declaration(folder / "projects.yaml", Registry),
        PARAMS,
        read_declaration(folder / "wave.yaml", Wave),
        tuple(read_crosswalk(folder / crosswalk)),
    )


@cache
def check_real(file: str, study: str, crosswalk: str = "crosswalk.csv") -> Checked:
    """Check a file of ``../shared/data`` against its study; once, for nothing changes what was found."""
    return check_received(Received(file, (DATA / file).read_bytes()), real_expectation(study, crosswalk))
