"""semopy beside the engine: agreement where it can be had, a reason where not, and no hanging on either."""

from __future__ import annotations

import json
import sys
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analysis.sem import fit, second_opinion
from analysis.sem.second_opinion import SecondOpinion, second_opinions

MODEL = "F =~ a + b + c\nG =~ d + e + f\nG ~ F + x"


def draw(n: int = 200, seed: int = 3) -> pd.DataFrame:
    """Six items of two factors, a covariate, two groups and ten clusters."""
    rng = np.random.default_rng(seed)
    x = rng.integers(0, 2, n).astype(float)
    first = rng.normal(size=n)
    second = 0.6 * first + 0.4 * x + rng.normal(size=n)
    frame = pd.DataFrame({name: first + rng.normal(size=n) for name in "abc"})
    frame[list("def")] = second[:, None] + rng.normal(size=(n, 3))
    return frame.assign(x=x, g=np.arange(n) % 2, k=np.arange(n) % 10)


def opinion_on(model: str, frame: pd.DataFrame, **asked: object) -> SecondOpinion:
    return second_opinion.second_opinion(fit(model, frame, **asked).estimated)


@pytest.fixture
def worker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A program of the test's own in place of semopy's."""
    path = tmp_path / "worker.py"
    monkeypatch.setattr(second_opinion, "_WORKER", path)
    return path


def answering(worker: Path, answer: dict[str, object]) -> None:
    """Let the program give ``answer`` to one request."""
    line = json.dumps({"version": "0"} | answer)
    worker.write_text(f"import sys\nsys.stdin.read()\nprint({line!r})")


def test_semopy_agrees_where_it_can_be_asked() -> None:
    frame = draw()
    fits = [
        fit(MODEL, frame).estimated,
        fit(MODEL, frame, estimator="mlr", cluster="k", errors="cr2").estimated,
        fit("F =~ NA*a + b + c + d\nF ~~ 1*F\na ~~ b", frame).estimated,
        fit("F =~ a + v*b + v*c\n", frame, means=True).estimated,
        fit("f ~ d + e + x", frame).estimated,
    ]
    for found in second_opinions(fits):
        assert (found.available, found.converged, found.version) == (True, True, version("semopy"))
        assert found.reason == ""
        assert abs(found.estimate_difference) < 1e-4
        assert abs(found.se_difference) < 1e-4
        assert abs(found.loss_difference) < 1e-7


def test_a_difference_is_told_with_its_parameter(worker: Path) -> None:
    # an answer that is 0.5 off in the third parameter and 0.25 in the fourth's error
    estimated = fit("F =~ a + b + c", draw()).estimated
    parameters = fit("F =~ a + b + c", draw()).parameters
    theta, se = estimated.theta.copy(), parameters.loc[parameters["free"].astype(bool), "se"].to_numpy(copy=True)
    theta[2] -= 0.5
    se[3] += 0.25
    answer = {"converged": False, "loss": estimated.objective + 0.125, "theta": theta.tolist(), "se": se.tolist()}
    answering(worker, answer)
    found = second_opinion.second_opinion(estimated)
    names = [row.name for row in (estimated.table.first_row(k) for k in range(4))]
    assert (found.available, found.converged) == (True, False)
    assert found.estimate_difference == pytest.approx(0.5)
    assert found.estimate_parameter == names[2]
    assert found.se_difference == pytest.approx(0.25)
    assert found.se_parameter == names[3]
    assert found.loss_difference == pytest.approx(0.125)


def test_numbers_semopy_does_not_have_are_not_compared(worker: Path) -> None:
    estimated = fit("F =~ a + b + c", draw()).estimated
    answering(worker, {"converged": True, "loss": 0.0, "theta": estimated.theta.tolist(), "se": [None] * 6})
    found = second_opinion.second_opinion(estimated)
    assert found.estimate_difference == 0
    assert np.isnan(found.se_difference) and found.se_parameter == ""


BEYOND = [
    ({"group": "g"}, MODEL, "several groups"),
    ({"estimator": "uls"}, MODEL, "maximum likelihood only"),
    ({}, MODEL + "\nF ~~ v*F\nG ~~ w*G\nv == w", "constraints"),
    ({}, "F =~ a + b + c\na ~ 0*1", "structured means"),
    ({}, "a ~~ 1*a\nb ~~ 1*b", "no free parameter"),
    ({}, "F =~ a + b + c\nd ~~ e", "only have covariances"),
]


@pytest.mark.parametrize(("asked", "model", "reason"), BEYOND)
def test_what_semopy_cannot_do_is_a_reason(asked: dict[str, object], model: str, reason: str, worker: Path) -> None:
    worker.write_text("raise SystemExit('nobody should ask')")
    found = opinion_on(model, draw(), **asked)
    assert not found.available
    assert reason in found.reason
    assert np.isnan(found.estimate_difference) and found.estimate_parameter == ""


def test_incomplete_answers_are_beyond_semopy_and_complete_ones_are_not(worker: Path) -> None:
    worker.write_text("raise SystemExit(1)")
    frame = draw()
    assert "stopped" in opinion_on(MODEL, frame, missing="fiml").reason
    frame.loc[0, "a"] = np.nan
    assert "missing answers" in opinion_on(MODEL, frame, missing="fiml").reason


def test_a_program_that_stops_costs_its_own_answer_only(worker: Path, tmp_path: Path) -> None:
    """The second of three requests ends the process; the third is asked again."""
    estimated = fit("F =~ a + b + c", draw()).estimated
    answer = {"version": "0", "converged": True, "loss": 0.0, "theta": [0.0] * 6, "se": [0.0] * 6}
    worker.write_text(
        "import json, sys, pathlib\n"
        f"log = pathlib.Path({str(tmp_path / 'asked')!r})\n"
        "requests = json.load(sys.stdin)\n"
        "first = not log.exists()\n"
        "log.open('a').write(f'{len(requests)} ')\n"
        "for number, _ in enumerate(requests):\n"
        "    if first and number == 1: raise SystemExit(3)\n"
        f"    print(json.dumps({answer!r}), flush=True)\n"
    )
    found = second_opinions([estimated] * 3)
    assert [o.available for o in found] == [True, False, True]
    assert "stopped with an error of its own" in found[1].reason
    assert (tmp_path / "asked").read_text() == "3 1 "


def test_half_a_line_is_no_answer(worker: Path) -> None:
    worker.write_text("import sys\nsys.stdin.read()\nsys.stdout.write('{\"version\": ')")
    assert "stopped" in second_opinion.second_opinion(fit("F =~ a + b + c", draw()).estimated).reason


def test_a_program_that_hangs_is_ended(worker: Path) -> None:
    worker.write_text("import sys, time\nsys.stdin.read()\ntime.sleep(600)")
    found = second_opinion.second_opinion(fit("F =~ a + b + c", draw()).estimated, seconds=0.5)
    assert not found.available
    assert found.reason == "semopy did not finish within 0.5 seconds"


def test_what_semopy_itself_refuses_is_a_reason(worker: Path) -> None:
    answering(worker, {"version": "2.3", "error": "semopy met a singular matrix on its way"})
    found = second_opinion.second_opinion(fit("F =~ a + b + c", draw()).estimated)
    assert (found.available, found.version, found.reason) == (False, "2.3", "semopy met a singular matrix on its way")


def test_nothing_asked_nothing_started(worker: Path) -> None:
    worker.write_text("raise SystemExit('nobody should ask')")
    assert second_opinions([]) == []


def test_semopy_is_loaded_in_its_own_process_only() -> None:
    assert "semopy" not in sys.modules or "analysis.sem.second_opinion" in sys.modules
    source = Path(second_opinion.__file__).read_text(encoding="utf-8")
    assert "import semopy" not in source
