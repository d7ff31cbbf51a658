"""The desk as somebody uses it: a real Chromium, the keyboard alone, a phone and a desk screen, Dutch and English."""

from __future__ import annotations

import io
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from browser_looking import _CONTRAST, Watch
from desk_help import HERE, answers
from openpyxl import load_workbook
from ready_workers import ReadyWorkers
from store_help import copy_of

from pipeline.desk.desk import Desk, Settings
from pipeline.desk.limits import Limits
from pipeline.desk.secrets_folder import prepared
from pipeline.desk.serve import server

pytestmark = pytest.mark.browser

# what a reader that speaks needs of a page, and that nothing moves while it loads
_SWEEP = """async () => {
  const faults = [];
  const named = (element) => (element.labels && element.labels.length && element.labels[0].textContent.trim())
    || element.getAttribute('aria-label') || element.getAttribute('aria-labelledby') || element.textContent.trim();
  for (const element of document.querySelectorAll('input:not([type=hidden]), select, button, a, progress, summary'))
    if (!named(element)) faults.push(`no name: ${element.outerHTML.slice(0, 90)}`);
  if (document.querySelectorAll('h1').length !== 1) faults.push('not one h1');
  if (!document.title.trim()) faults.push('no title');
  if (!document.querySelector('main')) faults.push('no main');
  const ids = [...document.querySelectorAll('[id]')].map((element) => element.id);
  for (const id of new Set(ids)) if (ids.filter((one) => one === id).length > 1) faults.push(`twice: #${id}`);
  for (const element of document.querySelectorAll('[aria-describedby], [aria-labelledby], a[href^="#"]')) {
    const targets = [element.getAttribute('aria-describedby'), element.getAttribute('aria-labelledby'),
      element.matches('a[href^="#"]') ? element.getAttribute('href').slice(1) : ''].join(' ').split(/\\s+/);
    for (const id of targets) if (id && !document.getElementById(id)) faults.push(`leads nowhere: ${id}`);
  }
  for (const element of document.querySelectorAll('fieldset'))
    if (!element.querySelector('legend')) faults.push('fieldset without a legend');
  for (const element of document.querySelectorAll('[tabindex]'))
    if (element.tabIndex > 0) faults.push('an order of its own');
  const wide = document.documentElement.scrollWidth - document.documentElement.clientWidth;
  if (wide > 0) faults.push(`scrolls sideways by ${wide}`);
  const moved = await new Promise((done) => {
    let sum = 0;
    new PerformanceObserver((list) => { for (const e of list.getEntries()) if (!e.hadRecentInput) sum += e.value; })
      .observe({ type: 'layout-shift', buffered: true });
    setTimeout(() => done(sum), 60);
  });
  if (moved > 0.01) faults.push(`moves while loading: ${moved}`);
  return faults;
}"""
WORDS = {
    "nl": (
        "Nog niet: 2 dingen aanpassen",
        "Deze golf kan worden ingediend",
        "De golf is ingediend",
        "U bent uitgelogd",
    ),
    "en": ("Not yet: 2 things to change", "This wave can be submitted", "The wave is submitted", "You are logged out"),
}


@dataclass
class Open:
    """A desk that is open."""

    origin: str
    code: str
    desk: Desk


@pytest.fixture(scope="module")
def open_desk(shared_study: Path, ready: ReadyWorkers, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Open]:
    """A desk on the loopback interface over a study of its own."""
    folder = tmp_path_factory.mktemp("open")
    study = copy_of(shared_study, folder / "study")
    desk = Desk(Settings(study, prepared(folder / "secrets", study=study), limits=Limits(workers=1)))
    code = desk.tokens.add(HERE, today=date.today())[1]
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    serving = server(desk, host="127.0.0.1", port=port)
    thread = threading.Thread(target=serving.run, daemon=True)
    with ready.used():
        thread.start()
        while not serving.started:
            time.sleep(0.02)
        yield Open(f"http://127.0.0.1:{port}", code, desk)
        serving.should_exit = True
        thread.join(20)


class Visitor:
    """Somebody without a mouse."""

    def __init__(self, page: Any, watch: Watch) -> None:
        self.page, self.watch = page, watch
        self.faults: list[str] = []
        # who listens from the first is heard: Playwright turns the interception of the chooser on without waiting for
        # the browser to say that it is, so that a key pressed at once may come before it
        page.on("filechooser", lambda _: None)

    def tab_to(self, selector: str) -> None:
        """Press Tab until ``selector`` has the focus, and see that it shows."""
        for _ in range(60):
            self.page.keyboard.press("Tab")
            if self.page.evaluate("s => document.activeElement.matches(s)", selector):
                outline = self.page.evaluate("() => getComputedStyle(document.activeElement).outlineStyle")
                assert outline != "none", f"no sign of focus on {selector}"
                return
        raise AssertionError(f"Tab never comes to {selector}")

    def press(self, selector: str, key: str = "Enter") -> None:
        """Go to a control and press a key there."""
        self.tab_to(selector)
        self.page.keyboard.press(key)

    def write(self, selector: str, text: str) -> None:
        """Go to a field and type."""
        self.tab_to(selector)
        self.page.keyboard.type(text)

    def look(self, place: str, scheme: str = "light") -> None:
        """Gather what is wrong with the page that shows."""
        self.page.wait_for_load_state("load")
        found = self.page.evaluate(_SWEEP)
        for colours in ("light", "dark"):
            self.page.emulate_media(color_scheme=colours)
            found += [f"{colours}: {one}" for one in self.page.evaluate(_CONTRAST)]
        self.page.emulate_media(color_scheme=scheme)
        self.faults += [f"{place}: {fault}" for fault in found]

    def send(self, data: bytes, name: str) -> None:
        """Choose a file and send it."""
        self.tab_to("#file")
        with self.page.expect_file_chooser() as chooser:
            self.page.keyboard.press("Enter")
        chooser.value.set_files({"name": name, "mimeType": "text/csv", "buffer": data})
        self.press("form[data-upload] button:not([type])")
        self.page.wait_for_url("**/wave", timeout=60_000)

    def declare(self, name: str) -> None:
        """Fill in the form about the wave."""
        self.write("#title", "Voorjaar <2026>")
        self.write("#name", name)
        for field, day in (("#start", "01052026"), ("#end", "02062026")):
            self.write(field, day)
        self.press("input[name=projects][value=ash]", "Space")
        self.write("#invited_ash", "40")
        self.press("form[action$='/wave'] button")


@pytest.mark.parametrize(("language", "width"), [("nl", 390), ("en", 1280)])
def test_from_a_bad_file_to_a_receipt_by_keyboard(browser: Any, open_desk: Open, language: str, width: int) -> None:
    bad, good, done, left = WORDS[language]
    context = browser.new_context(viewport={"width": width, "height": 844}, reduced_motion="reduce", locale="en-US")
    page = context.new_page()
    visitor = Visitor(page, Watch(page, open_desk.origin))
    page.goto(f"{open_desk.origin}/?language={language}")
    page.goto(f"{open_desk.origin}/login?language={language}")
    assert page.evaluate("document.documentElement.lang") == language
    visitor.look("login")
    visitor.write("#code", open_desk.code)
    page.keyboard.press("Enter")
    page.wait_for_url("**/waves")
    visitor.look("waves")

    visitor.press("a[href='/new']")
    page.wait_for_url("**/new")
    visitor.look("new")
    visitor.press("form[data-upload] button:not([type])")
    assert page.evaluate("document.activeElement.id") == "summary"
    visitor.send(answers(bad=True, personal=True), "antwoorden.csv")
    visitor.look("wave")
    visitor.press("form[action$='/wave'] button")
    page.wait_for_selector("#summary:not([hidden])")
    assert page.evaluate("document.activeElement.id") == "summary"
    visitor.look("wave, wrong")
    visitor.declare(f"{language}-2026")
    page.wait_for_selector(".reading", timeout=60_000)
    assert page.inner_text("h1") == bad
    assert page.evaluate("document.activeElement.className") == "reading"
    visitor.look("answer, bad")
    visitor.tab_to("a[href$='marked.xlsx']")
    with page.expect_download() as download:
        page.keyboard.press("Enter")
    marked = load_workbook(io.BytesIO(Path(download.value.path()).read_bytes()))
    assert any(cell.comment for sheet in marked for row in sheet.iter_rows() for cell in row)

    visitor.press("a[href='/new'].button")
    page.wait_for_url("**/new")
    visitor.send(answers(of=1 + (width == 390)), "goed.csv")
    visitor.declare(f"{language}-2026")
    page.wait_for_selector("h1.good", timeout=60_000)
    assert page.inner_text("h1") == good
    visitor.look("answer, good")
    visitor.write("#by", "Jan")
    visitor.press("input[name=sure]", "Space")
    visitor.press("section.submit button")
    page.wait_for_url("**/waves/**", timeout=120_000)
    assert done in page.inner_text("main")
    visitor.look("receipt")
    visitor.press("form.leave button")
    page.wait_for_url("**/login**")
    assert left in page.inner_text("main")
    visitor.look("login, left")
    page.go_back()
    assert "woonstichting" not in page.content() or page.url.endswith("/login")

    # a download is no navigation, and Chromium calls that aborted
    complaints = [fault for fault in visitor.watch.taken() if "/files/marked.xlsx" not in fault]
    assert complaints == []
    assert visitor.faults == []
    context.close()


def test_it_works_without_scripts(browser: Any, open_desk: Open) -> None:
    context = browser.new_context(java_script_enabled=False, viewport={"width": 390, "height": 844})
    page = context.new_page()
    page.goto(f"{open_desk.origin}/login?language=nl")
    page.fill("#code", open_desk.code)
    page.click("main button")
    page.goto(f"{open_desk.origin}/new")
    page.set_input_files("#file", files=[{"name": "a.csv", "mimeType": "text/csv", "buffer": answers()}])
    page.click("form[data-upload] button:not([type])")
    page.wait_for_url("**/wave", timeout=60_000)
    for field, value in (("#name", "zonder"), ("#start", "2026-01-05"), ("#end", "2026-02-06")):
        page.fill(field, value)
    page.check("input[value=ash]")
    page.click("form[action$='/wave'] button")
    page.wait_for_selector("h1.good, h1.bad", timeout=60_000)
    context.close()


def test_while_a_file_is_sent_the_bar_says_how_much_and_it_can_be_stopped(browser: Any, open_desk: Open) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 844})
    page = context.new_page()
    page.goto(f"{open_desk.origin}/login?language=nl")
    page.fill("#code", open_desk.code)
    page.click("main button")
    page.goto(f"{open_desk.origin}/new")
    network = context.new_cdp_session(page)
    network.send("Network.enable")
    slow = {"offline": False, "latency": 20, "downloadThroughput": -1, "uploadThroughput": 100_000}
    network.send("Network.emulateNetworkConditions", slow)
    page.set_input_files("#file", files=[{"name": "a.csv", "mimeType": "text/csv", "buffer": b"a" * 900_000}])
    page.click("form[data-upload] button:not([type])")
    # asked again and again: a function to wait for would be a script that the page's policy forbids
    while not page.evaluate("document.querySelector('#sent').value"):
        page.wait_for_timeout(50)
    assert page.is_visible("#sent")
    page.click("[data-stop]")
    page.wait_for_selector("#sent", state="hidden")
    assert page.is_enabled("form[data-upload] button:not([type])")
    too_large = b"a" * (open_desk.desk.limits.upload_bytes + 1)
    page.set_input_files("#file", files=[{"name": "a.csv", "mimeType": "text/csv", "buffer": too_large}])
    page.click("form[data-upload] button:not([type])")
    assert "te groot" in page.inner_text("#summary")
    context.close()
