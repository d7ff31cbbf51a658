"""A desk over a study with two corporations, for tests: whose clock is theirs, and which somebody can use."""

from __future__ import annotations

import re
import sys
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "intake"))

from pipeline.desk.app import application
from pipeline.desk.desk import Desk, Settings
from pipeline.desk.limits import Limits
from pipeline.desk.of_corporation import StudyOnDisk
from pipeline.desk.secrets_folder import prepared

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # the test client would rather have another client than the one in the lock
    from starlette.testclient import TestClient

_studies: dict[Path, StudyOnDisk] = {}
TODAY = date(2026, 3, 1)
HERE, ELSEWHERE = "Woonstichting Hier", "Elders Wonen"
PROJECTS = """projects:
  - {id: ash, name: Es, corporation: Woonstichting Hier, traits: {place: centre}}
  - {id: birch, name: Berk, corporation: Woonstichting Hier, traits: {place: centre}}
  - {id: fir, name: Den, corporation: Elders Wonen, traits: {place: edge}}
  - {id: cedar, name: Cedar (made up), simulated: true, traits: {place: centre}}
  - {id: elm, name: Elm (made up), simulated: true, traits: {place: centre}}
  - {id: hazel, name: Hazel (made up), simulated: true, traits: {place: edge}}
  - {id: larch, name: Larch (made up), simulated: true, traits: {place: edge}}
  - {id: oak, name: Oak (made up), simulated: true, traits: {place: edge}}
"""
HEADING = "response_id,project,consent,language,sat1,sat2,sat3,sat4,tie1,tie2,tie3,role,tenure,years"


def two_corporations(study: Path) -> Path:
    """Make the tiny study one in which two corporations have projects of real residents."""
    (study / "surveys" / "projects.yaml").write_text(PROJECTS, encoding="utf-8")
    for path in (study / "surveys" / "waves").glob("*/wave.yaml"):
        text = path.read_text(encoding="utf-8")
        kept = [line for line in text.splitlines() if not re.match(r"  (ash|birch|fir):", line)]
        path.write_text("\n".join(kept) + "\n", encoding="utf-8")
    return study


def answers(project: str = "ash", *, rows: int = 8, bad: bool = False, personal: bool = False, of: int = 0) -> bytes:
    """A file of answers, others for another ``of``; ``bad``: a cell is no answer; ``personal``: with addresses."""
    lines = []
    for i in range(rows):
        marks = [1 + (i * k + k // 2 + of * (i + k)) % 5 for k in (1, 2, 3, 4, 3, 2, 1)]
        cells = [f"r{i}", project, "yes", "nl", *map(str, marks), "resident", "rent", str(1 + i)]
        if bad and i == 2:
            cells[4] = "77"
        if personal:
            cells.append(f"iemand{i}@voorbeeld.nl")
        lines.append(",".join(cells))
    heading = f"{HEADING},contact" if personal else HEADING
    return ("\n".join([heading, *lines]) + "\n").encode()


FORM: dict[str, Any] = {
    "title": "Voorjaar", "name": "2026", "start": "2026-01-05", "end": "2026-02-06", "mode": ["online"],
    "languages": ["nl"], "projects": ["ash"], "invited_ash": "40",
}  # fmt: skip


@dataclass
class Clock:
    """A clock that goes when it is told to."""

    now: float = 1000.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Office:
    """A desk, a browser at it, and a token per corporation."""

    desk: Desk
    client: TestClient
    clock: Clock
    codes: dict[str, str] = field(default_factory=dict)

    def browser(self) -> TestClient:
        """Another browser at the same desk."""
        other = TestClient(self.client.app, base_url="http://127.0.0.1", follow_redirects=False)
        other.portal = self.client.portal  # the same loop: work that was begun goes on
        return other


@contextmanager
def office(study: Path, folder: Path, **limits: Any) -> Iterator[Office]:
    """A desk over ``study``; ``limits`` as in ``Limits``."""
    clock, seen = Clock(), _studies.setdefault(study, StudyOnDisk(study))
    settings = Settings(study, prepared(folder / "secrets", study=study), limits=Limits(**{"spare": False, **limits}))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("pipeline.desk.desk.StudyOnDisk", lambda _: seen)  # read again only when it has changed
        desk = Desk(settings, clock=clock, today=lambda: TODAY)
    codes = {name: desk.tokens.add(name, today=TODAY)[1] for name in (HERE, ELSEWHERE)}
    with TestClient(application(desk), base_url="http://127.0.0.1", follow_redirects=False) as client:
        yield Office(desk, client, clock, codes)


def token_in(html: str) -> str:
    """The form token of a page."""
    found = re.search(r'name="token" value="([0-9a-f]{64})"', html)
    assert found, html[:500]
    return found[1]


def log_in(client: TestClient, code: str) -> Any:
    """Log in; returns what the desk answered."""
    token = token_in(client.get("/login").text)
    return client.post("/login", data={"token": token, "code": code})


def send(client: TestClient, data: bytes, name: str = "antwoorden.csv", **files: tuple[str, bytes]) -> Any:
    """Send a file; returns what the desk answered."""
    token = token_in(client.get("/new").text)
    return client.post("/new", data={"token": token}, files={"file": (name, data), **files})


def settled(client: TestClient, place: str, seconds: float = 30) -> Any:
    """The page at ``place`` once nothing is being worked on there, and redirections followed."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        state = client.get(f"{place}/state", headers={"accept": "application/json"}).json()
        if "next" in state:
            return client.get(state["next"], follow_redirects=True)
        time.sleep(0.05)
    raise AssertionError(f"still {state}")


def declare(client: TestClient, place: str, **changes: Any) -> Any:
    """Fill in the form about the wave."""
    page = client.get(f"{place}/wave")
    return client.post(f"{place}/wave", data={"token": token_in(page.text), **FORM, **changes})


def checked(client: TestClient, data: bytes, file: str = "antwoorden.csv", **changes: Any) -> tuple[str, Any]:
    """Send a file and what there is to know about it; where the draft is, and its answer's page."""
    place = send(client, data, file).headers["location"]
    settled(client, place)
    sent = declare(client, place, **changes)
    assert sent.status_code == 303, sent.text
    return place, settled(client, place)


def act(client: TestClient, place: str, action: str, **values: str) -> Any:
    """Press one of the buttons of an answer."""
    page = client.get(place, follow_redirects=True)
    return client.post(f"{place}/do/{action}", data={"token": token_in(page.text), **values})
