"""What is pooled is what is declared."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from ruamel.yaml import YAML

from pipeline.artefacts import person_path, read_persons
from pipeline.declare import Study, load_study
from pipeline.errors import InputError
from pipeline.stages import clean, pool

WriteIngested = Callable[..., pd.DataFrame]

HEADING = "project consent language sat1 sat2 sat3 sat4 tie1 tie2 tie3 role     tenure years\n"
PERSONS = {
    "tiny-2020": HEADING + "ash yes nl 4 5 2 4 3 4 2 resident own 1\nelm yes nl 1 5 2 4 3 4 2 guest own .\n",
    # this wave did not ask the project, the tenure, the years, nor two items
    "tiny-2022": "consent language sat1 sat2 sat3 tie1 tie2 role\nyes en 4 5 2.5 3 4 resident\n",
    "tiny-null-2022": HEADING + "oak yes nl 2 2 4 2 1 1 2 resident rent 3\n",
}


@pytest.fixture
def cleaned(tiny_study: Study, write_ingested: WriteIngested) -> Study:
    """The tiny study with all of its waves cleaned."""
    for wave, answers in PERSONS.items():
        write_ingested(tiny_study, wave, answers)
        clean.run(tiny_study, wave=wave)
    return tiny_study


def change(path: Path, key: str, value: object) -> None:
    """Set one key of a YAML file."""
    yaml = YAML()
    content = yaml.load(path)
    content[key] = value
    yaml.dump(content, path)


def pools_on_disk(root: Path) -> set[str]:
    return {path.name for path in (root / "build" / "pool").iterdir()}


def test_each_pool_holds_its_declared_waves_in_order(cleaned: Study) -> None:
    pool.run(cleaned)
    tiny = read_persons(cleaned.root, "pool", pool="tiny")
    assert tiny["respondent"].tolist() == ["tiny-2020-1", "tiny-2020-2", "tiny-2022-1"]
    assert read_persons(cleaned.root, "pool", pool="tiny-null")["wave"].tolist() == ["tiny-null-2022"]
    assert pools_on_disk(cleaned.root) == {"tiny.parquet", "tiny-null.parquet"}


def test_every_variable_has_a_column_and_exactly_one_of_value_and_reason(cleaned: Study) -> None:
    pool.run(cleaned)
    tiny = read_persons(cleaned.root, "pool", pool="tiny")
    for field in cleaned.instrument_of_pool("tiny").fields:
        if field.role != "source_id":
            assert (tiny[field.name].notna() != tiny[f"{field.name}__reason"].notna()).all(), field.name
    assert tiny["sat3"].tolist() == [2, 2, 2.5]
    assert tiny["tenure__reason"].fillna("-").tolist() == ["-", "-", "not_asked"]
    assert tiny["sat4"].dtype == "float64"
    assert tiny["project"].fillna("-").tolist() == ["ash", "elm", "-"]


def test_a_variable_the_wave_has_not_got_was_not_asked(cleaned: Study) -> None:
    path = person_path(cleaned.root, "clean", wave="tiny-2022")
    pd.read_parquet(path).drop(columns=["sat4", "sat4__reason", "tenure", "tenure__reason"]).to_parquet(path)
    pool.run(cleaned)
    last = read_persons(cleaned.root, "pool", pool="tiny").iloc[2]
    assert last["sat4__reason"] == last["tenure__reason"] == "not_asked"
    assert pd.isna(last["sat4"])


def test_a_withdrawn_wave_vanishes_though_its_files_are_still_there(cleaned: Study) -> None:
    pool.run(cleaned)
    without = load_study_with(cleaned.root, waves={"tiny-2020": {"responses": "responses.csv"}}, pools=["tiny"])
    pool.run(without)
    assert person_path(cleaned.root, "clean", wave="tiny-2022").exists()
    assert read_persons(cleaned.root, "pool", pool="tiny")["wave"].unique().tolist() == ["tiny-2020"]
    assert pools_on_disk(cleaned.root) == {"tiny.parquet"}


def load_study_with(root: Path, **params: object) -> Study:
    """The study with these keys of params.yaml changed."""
    for key, value in params.items():
        change(root / "params.yaml", key, value)
    return load_study(root)


def test_a_wave_of_nobody_changes_no_types(cleaned: Study, write_ingested: WriteIngested) -> None:
    pool.run(cleaned)
    before = read_persons(cleaned.root, "pool", pool="tiny").dtypes
    write_ingested(cleaned, "tiny-2022", "consent sat1 role\n")
    clean.run(cleaned, wave="tiny-2022")
    pool.run(cleaned)
    assert read_persons(cleaned.root, "pool", pool="tiny").dtypes.equals(before)


@pytest.mark.parametrize(("key", "value"), [("origin", "residents"), ("instrument", "tiny@2")])
def test_waves_of_one_pool_share_origin_and_questionnaire(cleaned: Study, key: str, value: str) -> None:
    instruments = cleaned.root / "surveys" / "instruments"
    shutil.copy(instruments / "tiny@1.yaml", instruments / "tiny@2.yaml")
    change(instruments / "tiny@2.yaml", "version", 2)
    change(cleaned.root / "surveys" / "waves" / "tiny-2022" / "wave.yaml", key, value)
    with pytest.raises(InputError, match='pool "tiny" holds waves'):
        load_study(cleaned.root)


def test_the_same_bytes_twice(cleaned: Study) -> None:
    paths = [person_path(cleaned.root, "pool", pool=name) for name in ("tiny", "tiny-null")]
    pool.run(cleaned)
    first = [path.read_bytes() for path in paths]
    pool.run(cleaned)
    assert [path.read_bytes() for path in paths] == first
