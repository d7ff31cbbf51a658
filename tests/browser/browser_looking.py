"""Looking at a site in a real browser, at desktop and phone width, and saying what is wrong with it."""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from playwright.sync_api import Browser, ConsoleMessage, Page, Request, Response, sync_playwright

WIDTHS = (1280, 360)
ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip

# the page's own facts, read after it has loaded
_FACTS = """() => ({
  language: document.documentElement.lang,
  overflow: document.documentElement.scrollWidth - document.documentElement.clientWidth,
  unnamed: [...document.images].filter(image => !image.alt.trim()).map(image => image.src),
  broken: [...document.images].filter(image => !image.naturalWidth).map(image => image.src),
  drawings: [...document.querySelectorAll('main svg')].filter(svg =>
    !svg.closest('[aria-hidden=true]') && !svg.getAttribute('aria-label') && !svg.getAttribute('aria-labelledby')
    && !svg.querySelector('title')).length,
})"""

# text whose contrast with what it stands on is below 4.5:1 (3:1 when large), as WCAG 2 counts it
_CONTRAST = """() => {
  const channel = v => { v /= 255; return v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4 };
  const parse = css => css.match(/[\\d.]+/g).map(Number);
  const luminance = ([r, g, b]) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
  const behind = element => {
    for (let e = element; e; e = e.parentElement) {
      const colour = parse(getComputedStyle(e).backgroundColor);
      if (colour.length < 4 || colour[3] === 1) return colour;
    }
    return [255, 255, 255];
  };
  const faint = [];
  for (const element of document.querySelectorAll('body *:not(svg *):not(math *)')) {
    const own = [...element.childNodes].some(node => node.nodeType === 3 && node.textContent.trim());
    const box = element.getBoundingClientRect();
    const style = getComputedStyle(element);
    if (!own || !box.width || !box.height || style.visibility === 'hidden' || style.opacity === '0') continue;
    const [a, b] = [luminance(parse(style.color)), luminance(behind(element))].sort((x, y) => y - x);
    const ratio = (a + 0.05) / (b + 0.05);
    const size = parseFloat(style.fontSize);
    const large = size >= 24 || (size >= 18.66 && parseInt(style.fontWeight) >= 700);
    if (ratio < (large ? 3 : 4.5))
      faint.push(`${element.tagName.toLowerCase()}.${element.className}: ${ratio.toFixed(2)}`);
  }
  return [...new Set(faint)];
}"""


@contextmanager
def chromium(program: str) -> Iterator[Browser]:
    """A running headless Chromium."""
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=program, args=ARGUMENTS)
        yield running
        running.close()


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """Say nothing on stderr."""


@contextmanager
def served(site: Path) -> Iterator[str]:
    """``site`` on the loopback interface; gives its origin."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(site)))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()


def page_names(site: Path) -> list[str]:
    """Paths of the site's pages, in order."""
    return sorted(str(path.relative_to(site)) for path in site.rglob("*.html"))


class Watch:
    """Everything a page complains of or asks for elsewhere, while it is being watched."""

    def __init__(self, page: Page, origin: str) -> None:
        """Watch ``page``; only ``origin`` (and data in the page) may be asked for anything."""
        self.faults: list[str] = []
        self._origin = origin
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.faults.append(f"script error: {error}"))
        page.on("request", self._request)
        page.on("requestfailed", lambda request: self.faults.append(f"request failed: {request.url[:200]}"))
        page.on("response", self._response)

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.faults.append(f"console: {message.text}")

    def _request(self, request: Request) -> None:
        if not request.url.startswith((f"{self._origin}/", "data:")):
            self.faults.append(f"asks elsewhere: {request.url[:200]}")

    def _response(self, response: Response) -> None:
        if response.status >= 400:
            self.faults.append(f"{response.status}: {response.url}")

    def taken(self) -> list[str]:
        """What was seen since the last time."""
        faults, self.faults = self.faults, []
        return faults


def page_faults(page: Page, watch: Watch, url: str, language: str | None) -> list[str]:
    """What is wrong with the page at ``url``, which should be in ``language``, as ``page`` (its width) shows it."""
    page.goto(url, wait_until="load")
    facts = page.evaluate(_FACTS)
    faults = watch.taken()
    if facts["overflow"] > 0:
        faults.append(f"scrolls sideways by {facts['overflow']} pixels")
    faults += [f"image without alternative text: {source}" for source in facts["unnamed"]]
    faults += [f"image does not show: {source}" for source in facts["broken"]]
    if facts["drawings"]:
        faults.append(f"{facts['drawings']} drawings without a name")
    if language is not None and facts["language"] != language:
        faults.append(f"lang is {facts['language']}, expected {language}")
    return faults


def language_of(name: str) -> str | None:
    """The language a page's path names (``nl/pool/page.html``); ``None`` for the first page."""
    return name.split("/")[0] if "/" in name else None


def faint_text(page: Page, url: str) -> list[str]:
    """Elements of the page at ``url`` whose text cannot be read well enough."""
    page.goto(url, wait_until="load")
    faint: list[str] = page.evaluate(_CONTRAST)
    return faint


def site_faults(browser: Browser, site: Path, pages: Collection[str] | None = None) -> list[str]:
    """What is wrong with the ``pages`` of ``site`` (all of them, where none are named) at desktop and phone width."""
    found: list[str] = []
    with served(site) as origin:
        for width in WIDTHS:
            page = browser.new_page(viewport={"width": width, "height": 844})
            watch = Watch(page, origin)
            for name in page_names(site) if pages is None else pages:
                faults = page_faults(page, watch, f"{origin}/{name}", language_of(name))
                found += [f"{name} at {width}: {fault}" for fault in faults]
            page.close()
    return found
