"""From a file to a receipt, for whoever may, and nothing of it for anybody else."""

from __future__ import annotations

import csv
import io
import json
import re
import tempfile
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pyreadstat
import pytest
from desk_help import (
    ELSEWHERE,
    HERE,
    Office,
    act,
    answers,
    checked,
    declare,
    log_in,
    office,
    send,
    settled,
    token_in,
)  # fmt: skip
from openpyxl import load_workbook
from ready_workers import ReadyWorkers
from store_help import contents, copy_of

from pipeline.declare import Study
from pipeline.desk.headers import SECURITY_HEADERS
from pipeline.fieldwork.workbook import Delivery, delivery_workbook
from pipeline.intake.in_memory import keep_sheets_in_memory

# what must not show anywhere outside the marked copy
SECRET = "iemand3@voorbeeld.nl"  # noqa: S105


@pytest.fixture(scope="module")
def in_use(shared_study: Path, ready: ReadyWorkers, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """A desk that several tests look at, over a study that it may add to; no library may make a temporary file."""
    folder = tmp_path_factory.mktemp("in-use")
    (folder / "temporary").mkdir()
    with (
        pytest.MonkeyPatch.context() as patch,
        _temporary_folder(folder / "temporary"),
        ready.used(),
        office(copy_of(shared_study, folder / "study"), folder, spare=True) as opened,
    ):
        for name in ("NamedTemporaryFile", "SpooledTemporaryFile", "TemporaryFile", "mkstemp", "mkdtemp"):
            patch.setattr(tempfile, name, _no_temporary_file)
        log_in(opened.client, opened.codes[HERE])
        yield opened


@contextmanager
def _temporary_folder(folder: Path) -> Iterator[None]:
    """Let ``folder`` be the one that processes put temporary files in, and see that none was ever there."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TMPDIR", str(folder))
        before = folder.stat().st_mtime_ns  # which changes with every file that comes or goes
        yield
        assert folder.stat().st_mtime_ns == before


def _no_temporary_file(*_: Any, **__: Any) -> None:
    raise AssertionError("something wants a temporary file")


@pytest.fixture(scope="module")
def bad(in_use: Office) -> tuple[str, Any]:
    """A draft with a wrong cell and a column of e-mail addresses, and its answer's page."""
    return checked(in_use.client, answers(bad=True, personal=True), "antwoorden & zo.csv", name="bad")


def test_the_answer_says_what_is_wrong_and_holds_no_answer(bad: tuple[str, Any]) -> None:
    _, page = bad
    assert "Nog niet: 2 dingen aanpassen" in page.text
    assert "kolom E (sat1), rij 4" in page.text
    assert "antwoorden &amp; zo.csv" in page.text
    assert SECRET not in page.text
    assert "/do/submit" not in page.text
    assert "/do/without" in page.text


def test_its_files_can_be_taken_along_and_only_the_marked_copy_holds_answers(
    in_use: Office, bad: tuple[str, Any]
) -> None:
    place, _ = bad
    said = json.loads(in_use.client.get(f"{place}/files/answer.json").content)
    assert not said["acceptable"]
    page = in_use.client.get(f"{place}/files/answer.html")
    assert page.headers["content-disposition"].startswith('attachment; filename="antwoorden _ zo-answer.html"')
    assert SECRET not in page.text + json.dumps(said)
    copy = in_use.client.get(f"{place}/files/marked.xlsx").content
    with zipfile.ZipFile(io.BytesIO(copy)) as workbook:
        assert SECRET.encode() in b"".join(workbook.read(name) for name in workbook.namelist())
    assert in_use.client.get(f"{place}/files/..%2Fwave").status_code == 404


def test_the_answer_can_be_had_in_the_other_language(in_use: Office, bad: tuple[str, Any]) -> None:
    page = in_use.client.get(f"{bad[0]}?language=en").text
    in_use.client.get("/waves?language=nl")
    assert "Not yet: 2 things to change" in page


@pytest.mark.parametrize("rest", ["", "/wave", "/state", "/files/answer.json", "/files/marked.xlsx"])
def test_nobody_else_can_see_a_draft(in_use: Office, bad: tuple[str, Any], rest: str) -> None:
    for name in (ELSEWHERE, HERE):  # not even somebody else of the same corporation
        other = in_use.browser()
        log_in(other, in_use.codes[name])
        theirs, nobodys = other.get(f"{bad[0]}{rest}"), other.get(f"/drafts/nothing{rest}")
        assert theirs.status_code == nobodys.status_code == 404
        assert theirs.text.replace(bad[0], "/drafts/nothing") == nobodys.text


@pytest.mark.parametrize("action", ["submit", "without", "check", "cancel"])
def test_nobody_else_can_touch_a_draft(in_use: Office, bad: tuple[str, Any], action: str) -> None:
    other = in_use.browser()
    log_in(other, in_use.codes[ELSEWHERE])
    token = token_in(other.get("/new").text)
    assert other.post(f"{bad[0]}/do/{action}", data={"token": token, "sure": "yes"}).status_code == 404
    assert in_use.client.get(bad[0]).status_code == 200


def test_a_draft_with_errors_cannot_be_submitted(in_use: Office, bad: tuple[str, Any]) -> None:
    before = contents(in_use.desk.study.root)
    act(in_use.client, bad[0], "submit", sure="yes")
    settled(in_use.client, bad[0])
    assert contents(in_use.desk.study.root) == before


def test_leave_columns_out_submit_and_get_a_receipt(in_use: Office, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", logger="magical-housing.desk")
    client = in_use.client
    place, page = checked(client, answers(personal=True), name="voorjaar")
    assert "Nog niet: 1 ding aanpassen" in page.text
    act(client, place, "without")
    page = settled(client, place)
    assert "Deze golf kan worden ingediend" in page.text
    act(client, place, "submit", by="Jan")  # without saying that one is sure
    assert client.get("/waves/woonstichting-hier-voorjaar").status_code == 404
    act(client, place, "submit", sure="yes", by="Jan <b>")
    receipt = settled(client, place)
    assert str(receipt.url).endswith("/waves/woonstichting-hier-voorjaar?new=1")
    assert "Jan &lt;b&gt;" in receipt.text
    stored = in_use.desk.study.root / "surveys" / "waves" / "woonstichting-hier-voorjaar" / "responses.csv"
    assert stored.read_bytes() == answers()
    assert "voorjaar" in client.get("/waves").text
    assert client.get(place).status_code == 404  # the file is let go of
    other = in_use.browser()
    log_in(other, in_use.codes[ELSEWHERE])
    assert "voorjaar" not in other.get("/waves").text
    theirs, nobodys = other.get("/waves/woonstichting-hier-voorjaar"), other.get("/waves/woonstichting-hier-x")
    assert theirs.status_code == 404
    assert theirs.text == nobodys.text.replace("woonstichting-hier-x", "woonstichting-hier-voorjaar")
    assert other.get("/waves/tiny-2020").status_code == 404
    lines = [record.getMessage() for record in caplog.records if record.name == "magical-housing.desk"]
    assert f"submitted corporation='{HERE}' wave='woonstichting-hier-voorjaar'" in lines
    assert not any(secret in caplog.text for secret in (SECRET, "antwoorden.csv", "Jan"))


@pytest.mark.parametrize(("kind", "of"), [("xlsx", 1), ("sav", 2)])
def test_columns_are_left_out_of_a_workbook_and_of_an_spss_file(
    in_use: Office, kind: str, of: int, tmp_path: Path
) -> None:
    client, frame = in_use.client, pd.read_csv(io.BytesIO(answers(personal=True, of=of)))
    if kind == "xlsx":
        frame.to_excel(tmp_path / "golf.xlsx", index=False)
    else:
        pyreadstat.write_sav(frame, tmp_path / "golf.sav")
    place, page = checked(client, (tmp_path / f"golf.{kind}").read_bytes(), f"golf.{kind}", name=f"als-{kind}")
    assert "Nog niet: 1 ding aanpassen" in page.text
    act(client, place, "without")
    assert "Deze golf kan worden ingediend" in settled(client, place).text
    act(client, place, "submit", sure="yes")
    assert "De golf is ingediend" in settled(client, place).text
    stored = in_use.desk.study.root / "surveys" / "waves" / f"woonstichting-hier-als-{kind}" / f"responses.{kind}"
    left = pd.read_excel(stored, engine="calamine") if kind == "xlsx" else pyreadstat.read_sav(stored)[0]
    assert [*left.columns] == [*frame.columns][:-1]
    assert [*left["response_id"]] == [*frame["response_id"]]
    assert SECRET.encode() not in stored.read_bytes()


def test_columns_of_other_names_get_a_crosswalk_to_send_along(in_use: Office) -> None:
    client = in_use.client
    renamed = answers().replace(b"sat1,sat2", b"Woont graag hier?,Bevalt de woning?")
    place, page = checked(client, renamed, name="anders")
    assert "files/crosswalk.csv" in page.text
    proposed = client.get(f"{place}/files/crosswalk.csv")
    assert proposed.content.startswith(b"\xef\xbb\xbfvar_name_orig")
    lines = [
        "var_name_orig,var_label_orig,val_numeric_orig,val_label_orig,var_name_target,val_numeric_target,"
        "val_label_target,na_label_target",
        "Woont graag hier?,,,,sat1,,,", "Bevalt de woning?,,,,sat2,,,",
    ]  # fmt: skip
    token = token_in(page.text)
    sent = {"crosswalk": ("omzettabel.csv", "\n".join(lines).encode())}
    assert client.post(f"{place}/crosswalk", data={"token": token}, files=sent).status_code == 303
    assert "Deze golf kan worden ingediend" in settled(client, place).text
    act(client, place, "cancel")


def test_the_delivery_workbook_fills_in_the_form(in_use: Office) -> None:
    client = in_use.client
    place = send(client, filled_workbook(in_use.desk.study.read()), "levering.xlsx").headers["location"]
    page = settled(client, place)
    assert "Dit stond in uw bestand" in page.text
    assert page.text.count('value="2026-') == 2
    given = re.findall(r'<input (?!type="hidden)[^>]*name="([a-z_]+)"[^>]* value="([^"]+)"( checked)?', page.text)
    sent: dict[str, Any] = {"token": token_in(page.text)}
    for name, value, ticked in given:
        if ticked or name not in ("mode", "languages", "projects"):
            sent.setdefault(name, []).append(value)
    assert sent["name"] == ["levering"]
    assert client.post(f"{place}/wave", data=sent).status_code == 303
    assert "Deze golf kan worden ingediend" in settled(client, place).text
    act(client, place, "cancel")


def filled_workbook(study: Study) -> bytes:
    """The delivery workbook of this corporation, filled in."""
    keep_sheets_in_memory()
    instrument = study.instruments["tiny@1"]
    projects = tuple(project for project in study.registry.projects if project.corporation == HERE)
    empty = delivery_workbook(Delivery(instrument, projects, HERE, "residents"), "nl")
    workbook = load_workbook(io.BytesIO(empty))
    about = {
        "Naam van de golf": "woonstichting-hier-levering", "Eerste dag van het veldwerk": date(2026, 1, 5),
        "Laatste dag van het veldwerk": date(2026, 2, 6), "Via internet ingevuld": "ja",
        "Vragenlijst in het Nederlands": "ja",
    }  # fmt: skip
    for row in workbook["Golf"].iter_rows(min_row=4):
        if row[0].value in about:
            row[1].value = about[row[0].value]
    sheet = workbook["Antwoorden"]
    headings = [cell.value for cell in sheet[1]]
    for i, answered in enumerate(csv.DictReader(io.StringIO(answers(of=3).decode())), start=2):
        for j, heading in enumerate(headings, start=1):
            value = answered[heading]
            sheet.cell(i, j).value = int(value) if value.isdigit() else value
    written = io.BytesIO()
    workbook.save(written)
    return written.getvalue()


def test_the_form_is_shown_again_with_what_is_wrong(in_use: Office) -> None:
    client = in_use.client
    place = send(client, answers()).headers["location"]
    settled(client, place)
    page = declare(client, place, start="2026-05-01", end="2026-04-01", name='"><script>', projects=["fir"])
    assert page.status_code == 200
    assert 'href="#projects"' in page.text
    assert "&#34;&gt;&lt;script&gt;" in page.text
    assert "<script>" not in page.text
    assert "fir" not in page.text
    act(client, place, "cancel")
    assert client.get(place).status_code == 404


def test_a_file_without_anything_in_it_is_asked_for_again(at_desk: Office) -> None:
    log_in(at_desk.client, at_desk.codes[HERE])
    assert send(at_desk.client, b"").status_code == 400
    token = token_in(at_desk.client.get("/new").text)
    said = at_desk.client.post(
        "/new", data={"token": token}, files={"file": ("a.csv", b"")}, headers={"accept": "application/json"}
    )
    assert said.json() == {"error": "Kies een bestand dat niet leeg is."}


def test_too_much_is_refused_whatever_the_browser_says_of_it(shared_study: Path, tmp_path: Path) -> None:
    with office(shared_study, tmp_path, upload_bytes=1000) as at:
        log_in(at.client, at.codes[HERE])
        token = token_in(at.client.get("/new").text)
        assert send(at.client, b"x" * 1001).status_code == 413
        lies = {"content-length": "100", "content-type": "multipart/form-data; boundary=XX"}
        body = (
            f'--XX\r\nContent-Disposition: form-data; name="token"\r\n\r\n{token}\r\n--XX\r\n'
            'Content-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\n'
        ).encode()
        for said in ("100", "99999999999", "-5", "many"):
            more = lies | {"content-length": said}
            answer = at.client.post("/new", content=body + b"x" * 1001 + b"\r\n--XX--\r\n", headers=more)
            assert answer.status_code == 413
            assert "content-security-policy" in answer.headers
        assert len(at.desk.drafts) == 0
        assert set(SECURITY_HEADERS) <= set(answer.headers)


def test_only_so_many_files_are_held(shared_study: Path, tmp_path: Path) -> None:
    with office(shared_study, tmp_path, drafts=3, workers=0) as at:  # nothing is ever worked on: all stay busy
        log_in(at.client, at.codes[HERE])
        assert [send(at.client, answers()).status_code for _ in range(3)] == [303, 303, 503]
        other = at.browser()
        log_in(other, at.codes[ELSEWHERE])
        assert [send(other, answers()).status_code for _ in range(2)] == [303, 503]
        token = token_in(at.client.get("/waves").text)
        at.client.post("/logout", data={"token": token})
        assert len(at.desk.drafts) == 1


def test_no_corporation_keeps_the_others_out(shared_study: Path, tmp_path: Path) -> None:
    with office(shared_study, tmp_path, drafts=5, drafts_of_corporation=4, workers=0) as at:
        said = []
        for name in (HERE, HERE, HERE, ELSEWHERE):
            browser = at.browser()
            log_in(browser, at.codes[name])
            said += [(name, send(browser, answers()).status_code) for _ in range(2)]
        assert [status for name, status in said if name == HERE] == [303] * 4 + [503] * 2
        assert [status for name, status in said if name == ELSEWHERE] == [303, 503]


def test_an_idle_file_makes_way_and_is_forgotten_in_time(shared_study: Path, tmp_path: Path) -> None:
    with office(shared_study, tmp_path, workers=0) as at:
        log_in(at.client, at.codes[HERE])
        places = []
        for _ in range(3):
            places.append(send(at.client, answers()).headers["location"])
            for draft in at.desk.drafts._by_id.values():
                if draft.job is not None:
                    draft.job.ended = "stopped"
        assert at.client.get(places[0]).status_code == 404
        assert at.client.get(places[2]).status_code == 503
        at.clock.now += 901
        assert at.client.get(places[2]).status_code == 404
        assert len(at.desk.drafts) == 0


def test_the_queue_says_how_many_are_before(shared_study: Path, tmp_path: Path) -> None:
    with office(shared_study, tmp_path, workers=0) as at:
        places = []
        for name in (HERE, ELSEWHERE):
            browser = at.browser()
            log_in(browser, at.codes[name])
            places.append((browser, send(browser, answers()).headers["location"]))
        browser, place = places[1]
        state = browser.get(f"{place}/state", headers={"accept": "application/json"}).json()
        assert state == {"phase": "waiting", "before": 1}
        assert "Er wachten er nog 1 voor u" in browser.get(place).text
        token = token_in(browser.get(place).text)
        browser.post(f"{place}/do/cancel", data={"token": token})
        assert len(at.desk.drafts) == 1


@pytest.mark.parametrize(
    ("limits", "said"),
    [({"check_seconds": 0.001}, "duurde te lang"), ({"worker_bytes": 120_000_000}, "te veel geheugen")],
)
def test_a_check_that_takes_too_much_is_stopped(
    shared_study: Path, tmp_path: Path, limits: dict[str, Any], said: str
) -> None:
    with office(shared_study, tmp_path, **limits) as at:
        log_in(at.client, at.codes[HERE])
        place = send(at.client, answers()).headers["location"]
        page = settled(at.client, place)
        assert page.status_code == 503
        assert said in page.text or "fout van ons" in page.text


def test_stopping_ends_the_process(at_desk: Office) -> None:
    client = at_desk.client
    log_in(client, at_desk.codes[HERE])
    place = send(client, answers()).headers["location"]
    job = next(iter(at_desk.desk.drafts._by_id.values())).job
    act(client, place, "cancel")
    end = time.monotonic() + 10
    while at_desk.desk.jobs._running and time.monotonic() < end:
        time.sleep(0.02)
    assert not at_desk.desk.jobs._running
    assert job is not None
    assert job.ended == "stopped"


@pytest.mark.parametrize(
    "name", ["../../x.csv", "<img src=x onerror=alert(1)>.csv", "a\r\nX-A: b.csv", "\u202efdp.csv"]
)
def test_hostile_names_do_nothing(shared_study: Path, tmp_path: Path, name: str) -> None:
    with office(shared_study, tmp_path, workers=0) as at:
        log_in(at.client, at.codes[HERE])
        body = (
            f'--XX\r\nContent-Disposition: form-data; name="token"\r\n\r\n{token_in(at.client.get("/new").text)}\r\n'
            f'--XX\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\na\r\n--XX--\r\n'
        )
        answer = at.client.post(
            "/new", content=body.encode(), headers={"content-type": "multipart/form-data; boundary=XX"}
        )
        if answer.status_code == 303:
            page = at.client.get(answer.headers["location"]).text
            assert "<img" not in page
            assert "\u202e" not in page
            assert "../" not in page
        else:
            assert answer.status_code == 400


def test_the_form_about_a_wave_offers_what_is_the_corporations_own(in_use: Office) -> None:
    page = in_use.client
    place = send(page, answers()).headers["location"]
    settled(page, place)
    html = page.get(f"{place}/wave").text
    assert 'value="ash"' in html
    assert 'value="fir"' not in html
    assert "made up" not in html
    act(page, place, "cancel")
