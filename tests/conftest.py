"""Fixtures shared by tests of several packages: a small rendered report, a browser, and what a browser finds wrong."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

REPOSITORY = Path(__file__).resolve().parents[1]
# or every DVC started by a test starts another program that reports its use over the network
os.environ["DVC_NO_ANALYTICS"] = "1"
SMALL_REPORT = REPOSITORY / "tests" / "fixtures" / "report"


@pytest.fixture(scope="session")
def make_small_report() -> Callable[[Path], Path]:
    """A function that lays the small report out as a study: ``reports/`` with our theme, ``build/report-parts``."""
    from pipeline.seal import write_seal

    def make(root: Path) -> Path:
        reports = root / "reports"
        shutil.copytree(REPOSITORY / "reports" / "theme", reports / "theme")
        for name in ("_quarto.yml", "references.bib"):
            shutil.copyfile(REPOSITORY / "reports" / name, reports / name)
        shutil.copytree(SMALL_REPORT / "pages", reports / "pages")
        shutil.copytree(SMALL_REPORT / "parts", root / "build" / "report-parts")
        write_seal(root / "build" / "report-parts")
        return root

    return make


@pytest.fixture(scope="session")
def small_site(make_small_report: Callable[[Path], Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small report, rendered by the embedded renderer."""
    from pipeline.render.declaration import read_site
    from pipeline.render.engine import render
    from pipeline.render.stamp import stamp

    root = make_small_report(tmp_path_factory.mktemp("small-report"))
    parts, project, pools = root / "build" / "report-parts", root / "build" / "site", ["simulated", "simulated-null"]
    site = read_site(parts / "site.yml", pools)
    stamp(reports=root / "reports", parts=parts, project=project, site=site, pools=pools)
    render(project, root / "reports" / "_site", engine="embedded")
    return root / "reports" / "_site"


@pytest.fixture(scope="session")
def built_site(request: pytest.FixtureRequest) -> Path:
    """The site that the browser looks at: the one ``MAGICAL_HOUSING_SITE`` names, else the small report's."""
    given = os.environ.get("MAGICAL_HOUSING_SITE")
    return Path(given).resolve() if given else request.getfixturevalue("small_site")


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """A headless Chromium (Debian's package). Skips without one, or fails when one was promised to CI."""
    program = shutil.which("chromium")
    if program is None:
        message = "no chromium on the PATH (apt-get install chromium)"
        if os.environ.get("MAGICAL_HOUSING_REQUIRE_BROWSER") == "1":
            pytest.fail(message)
        pytest.skip(message)
    from browser_looking import chromium

    with chromium(program) as running:
        yield running


@pytest.fixture(scope="session")
def wrong_in_browser(browser: Any) -> Callable[..., list[str]]:
    """A function from a site's folder to what a browser finds wrong with its pages at both widths (empty: nothing).

    A second argument, ``pages``, names the pages to look at: else all of them."""
    from browser_looking import site_faults

    return lambda site, pages=None: site_faults(browser, site, pages)
