"""What has to be true of the answer to any input: no exception, no answer or id in it, and the store as it was."""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random
from typing import Any
from unittest import mock

import pandas as pd
from fuzz_sources import ROOT, TINY
from real_help import FILES, STUDIES, real_expectation

from pipeline import cli
from pipeline.declare import Study, load_study
from pipeline.intake.answer import as_json, html_page, marked_copy
from pipeline.intake.check import Checked, Expectation, OfStudy, check_received
from pipeline.intake.messages import answer
from pipeline.intake.source import Received
from pipeline.intake.text import as_text
from pipeline.intake.words import LANGUAGES, catalogue

SHORTEST = 6
"""Characters of a cell that is looked for in answers; shorter ones are words and numbers of every sentence."""
_COMMAND, _SUBMIT, _MARKED = 0.03, 0.02, 0.03
"""How large a share of the inputs goes through the whole command, through ``submit``, into a marked copy."""
_SOMERVILLE = ROOT / "tests" / "acceptance" / "somerville"
_SUFFIX = {"csv": ".csv", "xlsx": ".xlsx", "ods": ".ods", "xls": ".xls", "sav": ".sav"}


class BrokenError(AssertionError):
    """An answer that must not be given."""


@dataclass(frozen=True)
class Input:
    """One input. ``study``: whose questionnaire it may answer; ``form``: what it was before it was damaged."""

    data: bytes
    form: str
    study: str
    name: str


def judge(given: Input, chance: Random) -> str:
    """Check ``given`` in one way or another and return how it ended; raises when something is not as it has to be."""
    expected = _expectation(given.study, chance)
    way = chance.random()
    if way < _SUBMIT:
        return f"submit: {_submitted(given, chance)}"
    if way < _SUBMIT + _COMMAND:
        return f"command: {_commanded(given, chance)}"
    checked = check_received(Received(given.name, given.data), expected)
    if not checked.problems and checked.ingested_by_person is None:
        raise BrokenError("neither a problem nor a table")
    language = chance.choice(LANGUAGES)
    told = as_json(checked, language)
    told.pop("sha256")  # its checksum may hold any number
    said = [answer(checked.problems, language), json.dumps(told, ensure_ascii=False), html_page(checked, language)]
    _look_for_cells("\n".join(said), checked, given, expected)
    if way > 1 - _MARKED and checked.table is not None:
        marked_copy(checked, expected, language)
    return _ended(checked)


def _ended(checked: Checked) -> str:
    if checked.table is None:
        return checked.problems[0].code
    if checked.ingested_by_person is None:
        return f"a table, and {checked.problems[0].code}"
    return "good" if checked.acceptable else "errors"


@cache
def studies() -> dict[str, Study]:
    """The studies whose questionnaires files are held against."""
    return {"tiny": load_study(TINY), "shipped": load_study(ROOT), "somerville": load_study(_SOMERVILLE)}


@cache
def expectations() -> dict[str, tuple[Expectation, ...]]:
    """What files may be held against, by study: waves with their crosswalk and without, questionnaires alone."""
    found: dict[str, tuple[Expectation, ...]] = {}
    for name, study in studies().items():
        params = study.params.intake.model_copy(update={"max_columns": 500, "max_bytes": 5_000_000})
        of_study = OfStudy.of(study.params, study.declaration.population.variable)
        waves = [
            Expectation(study.instrument_of(wave), study.registry, params, study.waves[wave], crosswalk, of_study)
            for wave in sorted(study.waves)
            for crosswalk in (tuple(study.crosswalks[wave]), ())
        ]
        alone = [Expectation(instrument, study.registry, params) for instrument in study.instruments.values()]
        found[name] = (*waves, *alone)
    for _, name, crosswalk in FILES.values():
        found[name] = (*found.get(name, ()), real_expectation(name, crosswalk))
    return found


def _expectation(name: str, chance: Random) -> Expectation:
    """What the file answers, or, now and then, any other."""
    own = name if name and chance.random() < 0.85 else chance.choice(sorted(expectations()))
    return chance.choice(expectations()[own])


def _look_for_cells(said: str, checked: Checked, given: Input, expected: Expectation | None) -> None:
    """Raise when a cell of the input stands in ``said`` and is nothing that may be said."""
    may_be_said = _declared(given) + (expected.wave.model_dump_json() if expected and expected.wave else "")
    cells: Iterator[str] = iter(())
    if checked.table is not None:
        may_be_said += "\n".join(f"{c.name} {c.label}" for c in checked.table.columns) + checked.table.format.sheet
        cells = _cells_of(checked.table.cells_by_row)
    elif given.form == "csv":
        text = given.data.decode("latin-1")
        # the first lines may hold headings
        may_be_said += " ".join(text.splitlines()[:6])
        cells = iter(re.split(r"[,;\t|\r\n\"\0]+", text))
    folded = " ".join(may_be_said.split())
    for cell in set(cells):
        plain = " ".join(cell.split()).strip('"')  # JSON puts quotation marks around a heading as well
        if len(plain) >= SHORTEST and plain in said and plain not in folded and _whole_word(plain, said):
            at = said.find(plain)
            raise BrokenError(f"a cell of the file is in the answer: {plain!r} in {said[max(at - 80, 0) : at + 80]!r}")


def _whole_word(text: str, said: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(text)}(?!\w)", said) is not None


def _cells_of(cells_by_row: pd.DataFrame) -> Iterator[str]:
    for position in cells_by_row.columns:
        for cell in cells_by_row[position].cat.categories:
            yield as_text(cell)


@cache
def _words_of_all() -> str:
    """Everything that a study declares and the catalogue says."""
    declared = [
        path.read_text(encoding="utf-8")
        for root in (ROOT / "surveys", TINY / "surveys", _SOMERVILLE / "surveys", STUDIES)
        for path in sorted(root.rglob("*"))
        if path.suffix in (".yaml", ".csv") and path.name.split(".")[0] != "responses"
    ]
    catalogued = json.dumps(catalogue(), ensure_ascii=False)
    models = [one.instrument.model_dump_json() for own in expectations().values() for one in own]
    categories = [
        f"{as_text(category.value)} ({text})"
        for own in expectations().values()
        for field in own[0].instrument.fields
        for category in own[0].instrument.categories_of(field)
        for text in category.label.values()
    ]
    pages = [html_page(Checked(()), language) for language in LANGUAGES]
    return " ".join([*declared, catalogued, *models, *categories, *pages])


def _declared(given: Input) -> str:
    return _words_of_all() + given.name


# --- the command, and the store


@cache
def store() -> Path:
    """A copy of the tiny study under DVC, for this process alone."""
    root = Path(tempfile.mkdtemp(prefix="fuzz-")) / "study"
    shutil.copytree(TINY, root)
    subprocess.run([sys.executable, "-m", "dvc", "init", "--no-scm", "--quiet"], cwd=root, check=True)
    shutil.copytree(root, root.with_name("whole"))
    return root


def remove_store() -> None:
    """Take the copy away."""
    shutil.rmtree(store().parent, ignore_errors=True)


def _contents(root: Path) -> str:
    """A checksum of every file below ``root``, but for what DVC scribbles for itself."""
    whole = hashlib.sha256()
    for path in sorted(root.rglob("*")):
        if path.is_file() and ".dvc/tmp" not in path.as_posix():
            whole.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return whole.hexdigest()


@cache
def _contents_when_whole() -> str:
    return _contents(store().with_name("whole"))


def _commanded(given: Input, chance: Random) -> str:
    """``magical-housing check`` with a declaration, as text or JSON."""
    code = _run(
        given, ["check"], [*(["--json"] if chance.random() < 0.5 else []), "--language", chance.choice(LANGUAGES)]
    )
    if _contents(store()) != _contents_when_whole():
        raise BrokenError("check changed the store")
    return ("good", "refused")[code]


def _submitted(given: Input, chance: Random) -> str:
    """``magical-housing submit``: the store is as it was unless the verdict was good."""
    code = _run(given, ["submit"], ["--language", chance.choice(LANGUAGES)])
    changed = _contents(store()) != _contents_when_whole()
    if changed == bool(code):
        raise BrokenError("a refused wave changed the store" if code else "a stored wave is not in the store")
    if changed:
        shutil.rmtree(store())
        shutil.copytree(store().with_name("whole"), store())
    return ("good", "refused")[code]


def _run(given: Input, command: list[str], options: list[str]) -> int:
    """Run the command on ``given``; raise unless it ends with 0 or 1, without a traceback or a cell."""
    with tempfile.TemporaryDirectory() as folder:
        file, declaration = Path(folder) / f"answers{_SUFFIX[given.form]}", Path(folder) / "wave.yaml"
        file.write_bytes(given.data)
        text = (TINY / "surveys" / "waves" / "tiny-2020" / "wave.yaml").read_text(encoding="utf-8")
        text = text.replace("wave: tiny-2020", "wave: tiny-2024").replace(
            "responses.csv", f"responses{_SUFFIX[given.form]}"
        )
        declaration.write_text(text, encoding="utf-8")
        arguments = [*command, str(file), "--declaration", str(declaration), "--study", str(store()), *options]
        code, said = run_command(arguments)
    if code not in (0, 1):
        raise BrokenError(f"exit code {code}")
    if "Traceback" in said:
        raise BrokenError("a traceback")
    if given.form == "csv":
        said = re.sub(r"[0-9a-f]{64}", "", said)
        _look_for_cells(said, Checked(()), given, None)
    return code


def run_command(arguments: list[str]) -> tuple[int, str]:
    """``magical-housing ARGUMENTS`` in this process: its exit code and all it said."""
    said, code = io.StringIO(), 0
    with (
        mock.patch.object(sys, "argv", ["magical-housing", *arguments]),
        mock.patch.dict(os.environ, {"TERM": "dumb", "COLUMNS": "200"}),
        contextlib.redirect_stdout(said),
        contextlib.redirect_stderr(said),
    ):
        try:
            cli.main()
        except SystemExit as stop:
            code = int(stop.code or 0)
    return code, said.getvalue()


__all__: list[Any] = ["BrokenError", "Input", "judge", "remove_store", "run_command", "store", "studies"]
