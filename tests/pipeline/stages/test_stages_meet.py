"""The frames that tests of later stages start from are the ones ingest writes."""

from __future__ import annotations

import pandas as pd
import pytest

from pipeline.artefacts import read_persons
from pipeline.declare import Study
from pipeline.stages import ingest


@pytest.mark.parametrize("wave", ["tiny-2020", "tiny-2022", "tiny-null-2022"])
def test_the_frame_written_by_hand_is_the_one_ingest_writes(measured: Study, wave: str) -> None:
    by_hand = read_persons(measured.root, "ingested", wave=wave)
    ingest.run(measured, wave=wave)
    ingested = read_persons(measured.root, "ingested", wave=wave)
    # ids are hashes there and plain here, but stand for the same persons
    ids = ["respondent", "source"]
    assert ingested["respondent"].is_unique
    assert (ingested["source"].isna() == by_hand["source"].isna()).all()
    assert set(by_hand.columns) == set(ingested.columns)
    pd.testing.assert_frame_equal(
        ingested[by_hand.columns].drop(columns=ids), by_hand.drop(columns=ids), check_dtype=False
    )
