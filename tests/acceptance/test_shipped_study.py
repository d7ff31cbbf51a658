"""The repository as a newcomer gets it: every stage through DVC, then again, then changed, then with a wave withdrawn.

One long run in order; each test leaves the study as the next one expects it, so the tests run as one.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from acceptance_studies import StudyFolder, copy_of_repository
from openpyxl import load_workbook

pytestmark = pytest.mark.acceptance


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> StudyFolder:
    study = copy_of_repository(tmp_path_factory.mktemp("shipped") / "study")
    study.command("report")
    return study


def table(study: StudyFolder, path: str) -> pd.DataFrame:
    return pd.read_csv(study.root / "build" / path, keep_default_na=False, dtype=str)


def test_every_page_is_there_in_both_languages_for_both_pools(study: StudyFolder) -> None:
    site = study.root / "reports" / "_site"
    pages = ["index", "respondents", "scales", "projects", "model", "method", "data"]
    for language in ("nl", "en"):
        for pool in ("simulated", "simulated-null"):
            for page in pages:
                assert (site / language / pool / f"{page}.html").is_file(), (language, pool, page)
    assert (site / "index.html").is_file()


def test_simulated_data_are_announced_on_every_page(study: StudyFolder) -> None:
    for language, word in (("nl", "gesimuleerd"), ("en", "simulated")):
        for page in sorted((study.root / "reports" / "_site" / language).rglob("*.html")):
            text = page.read_text(encoding="utf-8").lower()
            # the banner stands before the main text, and again in the footer
            assert word in text[: text.index("<main")], page
            assert word in text[text.index("<footer") :], page


def test_a_browser_finds_nothing_wrong(study: StudyFolder, wrong_in_browser: Callable[..., list[str]]) -> None:
    site = study.root / "reports" / "_site"
    pages = sorted(path.relative_to(site).as_posix() for path in site.rglob("*.html"))
    # pages of projects have one template: those of the first one stand for the others
    looked_at = [page for page in pages if "/project-" not in page or page.endswith("/project-sim-p01.html")]
    assert len(looked_at) < len(pages)
    assert wrong_in_browser(site, looked_at) == []


def test_no_claim_holds_where_none_was_simulated(study: StudyFolder) -> None:
    verdicts = table(study, "judge/simulated-null/verdicts.csv")
    assert len(verdicts) == 8
    assert "supported" not in set(verdicts["verdict"])


def test_the_simulated_effects_are_found(study: StudyFolder) -> None:
    verdicts = table(study, "judge/simulated/verdicts.csv").set_index("claim")
    assert len(verdicts) == 8
    # effects between persons are strong enough to be certain; effects between twelve projects need not be
    assert set(verdicts.loc[["C1", "C2", "C3", "C4"], "verdict"]) == {"supported"}
    assert set(verdicts["verdict"]) <= {"supported", "leaning", "cannot_tell"}


def test_a_second_run_runs_nothing_and_says_so(study: StudyFolder) -> None:
    assert study.repro() == ["provenance"]  # looks at git every time
    again = study.command("report")
    assert "Er is niets veranderd" in again.stdout
    assert "reports/_site/index.html" in again.stdout.replace("\n", "")


def test_what_a_run_leaves_to_commit_changes_nothing_in_the_report(study: StudyFolder) -> None:
    """The lock and metrics of a run are committed after it; the report names the commit of the code all the same."""
    code = study.run("git", "rev-parse", "HEAD").stdout.strip()
    study.run("git", "-c", "user.name=t", "-c", "user.email=t@localhost", "commit", "--quiet", "--all", "-m", "run")
    assert study.repro() == ["provenance"]
    assert study.run("git", "status", "--porcelain").stdout == ""
    for page in ("index", "data"):
        text = (study.root / "reports" / "_site" / "nl" / "simulated" / f"{page}.html").read_text(encoding="utf-8")
        assert code in text, page


def test_a_changed_model_cleans_and_measures_nothing_again(study: StudyFolder) -> None:
    model = study.root / "analysis" / "models" / "main.lav"
    text = model.read_text(encoding="utf-8")
    model.write_text(text + "# changed\n", encoding="utf-8")
    try:
        would_run = study.repro("--dry")
    finally:
        model.write_text(text, encoding="utf-8")
    assert "structure@simulated-main" in would_run
    assert "structure@simulated-measurement" not in would_run
    assert not [
        stage for stage in would_run if stage.split("@")[0] in ("simulate", "ingest", "clean", "pool", "measure")
    ]


def test_a_withdrawn_wave_leaves_nobody_behind(study: StudyFolder, tmp_path_factory: pytest.TempPathFactory) -> None:
    _set_aside(study.root, tmp_path_factory.getbasetemp() / "set-aside")
    _with_fewer_draws(study.root / "params.yaml")  # what is looked at here is who is left, not what the answers say
    study.command("withdraw", "sim-null-2025", "--yes")  # the only wave of its pool, which goes with it
    gone = set(pd.read_parquet(study.root / "build" / "ingested" / "sim-2023.parquet")["respondent"])
    study.command("withdraw", "sim-2023", "--yes")
    study.command("report")
    frames = sorted((study.root / "build").rglob("*.parquet"))
    assert frames
    for path in frames:
        frame = pd.read_parquet(path)
        assert not gone & set(frame["respondent"]), path
        assert "sim-2023" not in set(frame["wave"]), path
    for path in [*(study.root / "build").rglob("*"), *(study.root / "reports" / "_site").rglob("*")]:
        if path.is_file() and path.suffix != ".parquet":
            assert "sim-2023" not in path.read_text(encoding="utf-8"), path
    assert not list((study.root / "surveys" / "waves" / "sim-2023").glob("responses.*"))
    assert not _cached_rows(study.root, gone)


def _cached_rows(root: Path, respondents: set[str]) -> list[Path]:
    """Objects in DVC's cache that hold one of ``respondents``."""
    cached = [path for path in (root / ".dvc" / "cache").rglob("*") if path.is_file()]
    wanted = [name.encode() for name in sorted(respondents)[:50]]
    return [path for path in cached if any(name in path.read_bytes() for name in wanted)]


def test_a_submitted_wave_runs_its_own_ingest_and_clean_and_the_pooled_stages(
    study: StudyFolder, tmp_path_factory: pytest.TempPathFactory
) -> None:
    aside = tmp_path_factory.getbasetemp() / "set-aside"
    sending = (
        "submit", str(aside / "responses.xlsx"),
        "--declaration", str(aside / "wave.yaml"),
        "--crosswalk", str(aside / "sim-2023.csv"),
    )  # fmt: skip
    # some simulated residents sent their answers twice, and nobody can submit that
    refused = study.command(*sending, check=False)
    assert refused.returncode == 1
    assert "Nog niet: 1 ding aanpassen" in refused.stderr
    _once_each(aside / "responses.xlsx", heading="Respondent-ID")
    study.command(*sending)
    ran = study.repro("pool")
    waves = {stage for stage in ran if stage.split("@")[0] in ("simulate", "ingest", "clean")}
    assert waves == {"ingest@sim-2023", "clean@sim-2023"}
    assert "pool" in ran
    # of what stands on the pool it is enough to see that it would run: the pool with this wave was run before
    assert study.repro("--dry", "measure@simulated") == ["measure@simulated"]


def _set_aside(root: Path, folder: Path) -> None:
    """Keep what a sender of sim-2023 would have: the file, the declaration, the crosswalk."""
    folder.mkdir()
    wave = root / "surveys" / "waves" / "sim-2023"
    for path in (wave / "responses.xlsx", wave / "wave.yaml", root / "surveys" / "crosswalks" / "sim-2023.csv"):
        shutil.copy2(path, folder / path.name)


def _with_fewer_draws(params: Path) -> None:
    """Let the specification curve, the bootstraps and the permutations take seconds."""
    text = params.read_text(encoding="utf-8")
    for whole, fewer in (
        ("specifications: 500", "specifications: 30"),
        ("permutations: 1000", "permutations: 100"),
        ("imputations: 20", "imputations: 3"),
        ("imputations: 5", "imputations: 2"),
        ("replications: 50", "replications: 20"),
        ("draws: 1000", "draws: 100"),
        ("draws: 9999", "draws: 199"),
        ("draws: 500", "draws: 100"),
    ):
        assert text.count(whole) == 1
        text = text.replace(whole, fewer)
    params.write_text(text, encoding="utf-8")


def _once_each(path: Path, *, heading: str) -> None:
    """Keep the first row of each respondent, as the answer asks of the sender."""
    workbook = load_workbook(path)
    sheet = workbook["Antwoorden"]
    place = [cell.value for cell in sheet[1]].index(heading)
    names = [row[place].value for row in sheet.iter_rows(min_row=2)]
    again = [i for i, name in enumerate(names) if name is not None and name in names[:i]]
    assert again
    for i in reversed(again):
        sheet.delete_rows(i + 2)
    workbook.save(path)
