"""``magical-housing stress``: what it says, and that the report's own tables stay as they are."""

from __future__ import annotations

import shutil
from pathlib import Path

import pandas as pd
import pytest
from cli_help import Run

from pipeline.artefacts import write_persons
from pipeline.declare import Study, load_study
from pipeline.stages import clean, measure, pool
from pipeline.stages._stress.tables import TABLES

TINY_STUDY = Path(__file__).resolve().parents[1] / "fixtures" / "tiny_study"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny study, measured; its responses are in the instrument's own columns and codes."""
    root = Path(shutil.copytree(TINY_STUDY, tmp_path_factory.mktemp("stress") / "tiny_study"))
    study = load_study(root)
    for wave in study.waves:
        write_persons(root, "ingested", as_ingested(study, wave), wave=wave)
        clean.run(study, wave=wave)
    pool.run(study)
    measure.run(study, pool="tiny")
    return root


def as_ingested(study: Study, wave: str) -> pd.DataFrame:
    """The frame that ingest would write of ``wave``."""
    cells = pd.read_csv(study.responses_path(wave), dtype=str, keep_default_na=False)
    frame = pd.DataFrame({"respondent": [f"{wave}-{n}" for n in range(len(cells))], "source": cells["response_id"]})
    frame["wave"], frame["project"] = wave, cells["project"]
    for field in study.instrument_of(wave).fields:
        if field.role == "source_id":
            continue
        given = cells.get(field.name, pd.Series("", index=cells.index))
        value = given.where(~given.isin(["", "98"]))
        frame[field.name] = value.astype(float) if field.type in ("integer", "number") else value
        frame[f"{field.name}__reason"] = given.map({"": "empty", "98": "dont_know"}).astype("str")
    return frame


def test_it_says_how_much_a_conclusion_depends_on_choices(run: Run, folder: Path, tmp_path: Path) -> None:
    said = run(
        "stress", "--study", folder, "--pool", "tiny", "--claim", "T2", "--specifications", "20", "--language", "en",
        "--csv", tmp_path / "out",
    )  # fmt: skip
    assert said.code == 0, said.err
    assert "T2  Rather in the centre" in said.out
    assert "20 specifications, of " in said.out
    assert "that make sense" in said.out
    assert "on the side of the claim 100%" in said.out
    assert "projects reassigned, 70 ways, all there are, smallest possible p 0.0143" in " ".join(said.out.split())
    assert "the choice that matters most: " in said.out
    assert "T1" not in said.out
    table = pd.read_csv(tmp_path / "out" / "tiny" / "specifications.csv")
    assert (len(table), set(table["claim"])) == (20, {"T2"})
    assert sorted(path.stem for path in (tmp_path / "out" / "tiny").iterdir()) == sorted(TABLES)
    assert not (folder / "build" / "stress").exists()
    assert not (folder / "build" / "work" / "stress-tiny-asked").exists()


def test_it_speaks_dutch(run: Run, folder: Path) -> None:
    said = run("stress", "--study", folder, "--pool", "tiny", "--claim", "T2", "--specifications", "5")
    assert said.code == 0, said.err
    assert "T2  Liever in het centrum" in said.out
    assert "5 specificaties, van " in said.out
    assert "mediaan 0,7" in said.out


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["--pool", "none"], 2, "params.yaml declares tiny, tiny-null"),
        (["--pool", "tiny", "--claim", "T9"], 1, "Er is geen conclusie T9. Bekend: T1"),
        (["--pool", "tiny-null"], 1, "first run `dvc repro measure@tiny-null`"),
        (["--pool", "tiny", "--permutations", "5"], 2, "--permutations"),
    ],
)
def test_what_is_wrong_is_told(run: Run, folder: Path, arguments: list[str], code: int, message: str) -> None:
    said = run("stress", "--study", folder, *arguments)
    assert said.code == code
    assert message in said.err
    assert "Traceback" not in said.err


def test_a_study_without_choices_is_told_so(run: Run, tiny_folder: Path) -> None:
    params = tiny_folder / "params.yaml"
    text = params.read_text()
    params.write_text(text[: text.index("stress:")] + text[text.index("judge:") :])
    said = run("stress", "--study", tiny_folder)
    assert said.code == 1
    assert "no `stress`" in said.err
