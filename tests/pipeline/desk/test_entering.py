"""Coming in: tokens, sessions that end, forms of our own alone, and what goes with every answer."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from desk_help import ELSEWHERE, HERE, TODAY, Office, log_in, office, token_in

from pipeline.desk.headers import SECURITY_HEADERS

PAGES = ("/", "/waves", "/waves/tiny-2020", "/new", "/drafts/x", "/drafts/x/wave", "/drafts/x/files/answer.json")


def test_whoever_has_a_token_comes_in_and_goes_out(at_desk: Office) -> None:
    client = at_desk.client
    assert log_in(client, at_desk.codes[HERE]).headers["location"] == "/waves"
    page = client.get("/waves")
    assert HERE in page.text
    assert ELSEWHERE not in page.text
    cookie = client.cookies.get("desk")
    assert client.post("/logout", data={"token": token_in(page.text)}).headers["location"] == "/login?left=1"
    client.cookies.set("desk", cookie)
    assert client.get("/waves").headers["location"] == "/login"


@pytest.mark.parametrize("place", PAGES)
def test_nobody_else_sees_anything(at_desk: Office, place: str) -> None:
    assert at_desk.client.get(place).headers["location"] == "/login"


def test_unknown_wrong_revoked_and_expired_tokens_get_one_answer(at_desk: Office) -> None:
    right = at_desk.codes[HERE]
    tokens = at_desk.desk.tokens
    revoked, expired = tokens.add(HERE, today=TODAY), tokens.add(HERE, today=TODAY - timedelta(days=30), days=7)
    stranger = tokens.add("Onbekende Corporatie", today=TODAY)
    tokens.revoke(revoked[0].id)
    tried = (f"mh_aaaaaaaa_{'A' * 43}", right[:-2] + "zz", "", "x" * 5000, expired[1])
    said = set()
    for code in tried:
        answer = log_in(at_desk.browser(), code)
        assert answer.status_code == 403
        said.add(answer.text.replace(token_in(answer.text), ""))
    at_desk.clock.now += 1000
    for code in (revoked[1], stranger[1]):
        answer = log_in(at_desk.browser(), code)
        said.add(answer.text.replace(token_in(answer.text), ""))
    assert len(said) == 1


def test_after_five_failures_even_the_right_token_has_to_wait(at_desk: Office) -> None:
    client = at_desk.client
    for _ in range(5):
        assert log_in(client, "mh_wrong").status_code == 403
    assert log_in(client, at_desk.codes[HERE]).status_code == 429
    at_desk.clock.now += 901
    assert log_in(client, at_desk.codes[HERE]).status_code == 303


def test_strangers_who_fail_do_not_keep_others_out(at_desk: Office) -> None:
    attempts = at_desk.desk.attempts
    for i in range(70):
        attempts.failed(f"10.0.0.{i}")
    assert attempts.seconds_to_wait("10.0.0.1") > 0
    assert attempts.seconds_to_wait("10.9.9.9") == 0


def test_whoever_logs_in_again_and_again_ends_no_session_of_others(at_desk: Office) -> None:
    sessions, limits = at_desk.desk.sessions, at_desk.desk.limits
    _, theirs = sessions.begin(ELSEWHERE, "b")
    _, first = sessions.begin(HERE, "a")
    for _ in range(limits.sessions):
        sessions.begin(HERE, "a")
    assert sessions.find(theirs) is not None
    assert sessions.find(first) is None
    assert len(sessions.keys()) == limits.sessions_of_one + 1


def test_a_token_that_is_revoked_ends_its_sessions_at_once(at_desk: Office) -> None:
    client = at_desk.client
    log_in(client, at_desk.codes[HERE])
    assert client.get("/waves").status_code == 200
    at_desk.desk.tokens.revoke(at_desk.codes[HERE][3:11])
    assert client.get("/waves").headers["location"] == "/login"


@pytest.mark.parametrize(("waits", "ends"), [([1700] * 3, False), ([1801], True), ([1700] * 17, True)])
def test_a_session_ends_when_nobody_uses_it_and_after_eight_hours(
    at_desk: Office, waits: list[int], ends: bool
) -> None:
    client = at_desk.client
    log_in(client, at_desk.codes[HERE])
    for seconds in waits:
        at_desk.clock.now += seconds
        status = client.get("/waves").status_code
    assert (status == 303) == ends


def test_the_cookie_is_for_this_site_and_no_script(at_desk: Office) -> None:
    said = log_in(at_desk.client, at_desk.codes[HERE]).headers.get_list("set-cookie")
    cookie = next(one for one in said if one.startswith("desk="))
    assert "httponly" in cookie.lower()
    assert "samesite=strict" in cookie.lower()
    assert "secure" not in cookie.lower()


def test_behind_a_proxy_the_cookies_are_for_tls_alone(shared_study: Path, tmp_path: Path) -> None:
    from dataclasses import replace

    with office(shared_study, tmp_path) as at:
        at.desk.settings = replace(at.desk.settings, secure=True)
        at.client.base_url = "https://127.0.0.1"
        said = log_in(at.client, at.codes[HERE]).headers.get_list("set-cookie")
    assert any(one.startswith("__Host-desk=") for one in said)
    assert all("secure" in one.lower() for one in said)


def test_two_logins_have_two_sessions_and_the_old_one_of_a_browser_ends(at_desk: Office) -> None:
    client, other = at_desk.client, at_desk.browser()
    log_in(client, at_desk.codes[HERE])
    first = client.cookies.get("desk")
    log_in(other, at_desk.codes[HERE])
    assert other.cookies.get("desk") != first
    client.get("/login")
    token = at_desk.desk.sessions.form_token("visit")
    client.cookies.set("desk-visit", "visit")
    client.post("/login", data={"token": token, "code": at_desk.codes[ELSEWHERE]})
    other.cookies.set("desk", first)
    assert other.get("/waves").headers["location"] == "/login"


@pytest.mark.parametrize("place", ["/logout", "/new", "/drafts/x/wave", "/drafts/x/do/submit", "/drafts/x/crosswalk"])
@pytest.mark.parametrize("whose", ["", "0" * 64, "another's"])
def test_forms_of_others_are_refused(at_desk: Office, place: str, whose: str) -> None:
    client, other = at_desk.client, at_desk.browser()
    log_in(other, at_desk.codes[HERE])
    sent = token_in(other.get("/new").text) if whose == "another's" else whose
    log_in(client, at_desk.codes[HERE])
    as_files = {"file": ("a.csv", b"a\n1\n")} if place in ("/new", "/drafts/x/crosswalk") else None
    answer = client.post(place, data={"token": sent}, files=as_files)
    assert answer.status_code == 403
    assert client.get("/waves").status_code == 200
    assert len(at_desk.desk.drafts) == 0


def test_what_another_site_sends_is_refused_even_with_a_token(at_desk: Office) -> None:
    client = at_desk.client
    log_in(client, at_desk.codes[HERE])
    token = token_in(client.get("/waves").text)
    assert client.post("/logout", data={"token": token}, headers={"sec-fetch-site": "cross-site"}).status_code == 403
    assert client.post("/login", data={"token": token}, headers={"sec-fetch-site": "same-site"}).status_code == 403


@pytest.mark.parametrize(
    "place", ["/login", "/waves", "/static/desk.css", "/static/desk.js", "/static/../app.py", "/x"]
)
def test_every_answer_has_the_security_headers(at_desk: Office, place: str) -> None:
    answer = at_desk.client.get(place)
    for name, value in SECURITY_HEADERS.items():
        assert answer.headers[name] == value


def test_a_defect_of_ours_shows_and_logs_no_message(
    at_desk: Office, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object) -> None:
        raise ValueError("r17 answered 5")

    log_in(at_desk.client, at_desk.codes[HERE])
    monkeypatch.setattr(at_desk.desk.study, "waves_of", fail)
    answer = at_desk.client.get("/waves")
    assert answer.status_code == 500
    assert "content-security-policy" in answer.headers
    assert "answered" not in answer.text + caplog.text
    assert "defect ValueError at test_entering.py" in caplog.text


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "", "localhost:8765@evil.example"])
def test_another_hosts_name_is_refused(at_desk: Office, host: str) -> None:
    answer = at_desk.client.get("/login", headers={"host": host})
    assert answer.status_code == 400
    assert "content-security-policy" in answer.headers


@pytest.mark.parametrize("host", ["localhost:8765", "127.0.0.1:1", "[::1]:8765"])
def test_our_own_names_are_not(at_desk: Office, host: str) -> None:
    assert at_desk.client.get("/login", headers={"host": host}).status_code == 200


def test_the_language_can_be_switched_and_is_kept(at_desk: Office) -> None:
    client = at_desk.client
    assert '<html lang="nl">' in client.get("/login").text
    assert '<html lang="en">' in client.get("/login?language=en").text
    assert '<html lang="en">' in client.get("/login").text
    assert '<html lang="en">' in client.get("/login?language=xx").text


def test_the_log_says_who_and_nothing_else(at_desk: Office, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", logger="magical-housing.desk")
    log_in(at_desk.client, "mh_wrong")
    log_in(at_desk.client, at_desk.codes[HERE])
    own = [record.getMessage() for record in caplog.records if record.name == "magical-housing.desk"]
    assert own == ["login-failed", f"login corporation='{HERE}'"]
    assert at_desk.codes[HERE][12:] not in caplog.text
