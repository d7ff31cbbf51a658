"""From templates and parts to the published site: the render stage on the small report."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from bs4 import BeautifulSoup
from ruamel.yaml import YAML

from pipeline.errors import InputError
from pipeline.render.declaration import read_site
from pipeline.render.project import split_front_matter
from pipeline.render.stamp import stamp
from pipeline.render.templates import read_templates, sheets_of
from pipeline.seal import write_seal
from pipeline.stages.render import run

POOLS = ["simulated", "simulated-null"]
LISTED = ("index", "scales", "places", "glossary")
PAGES = [f"{language}/{pool}/{page}" for language in ("en", "nl") for pool in POOLS for page in LISTED]
UNITS = [
    f"{language}/{page}"
    for language in ("en", "nl")
    for page in ("simulated/kade", "simulated/erf", "simulated-null/kade")
]


@pytest.fixture
def study(make_small_report: Callable[[Path], Path], tmp_path: Path) -> Any:
    """The small report as a study; only what the stage reads of a study."""
    params = SimpleNamespace(pools=POOLS, render=SimpleNamespace(engine="embedded"))
    return SimpleNamespace(root=make_small_report(tmp_path), params=params)


def site_of(study: Any) -> Path:
    return study.root / "reports" / "_site"


def digests(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def soup_of(path: Path) -> BeautifulSoup:
    return BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")


def edit(path: Path, change: Callable[[str], str]) -> None:
    path.write_text(change(path.read_text(encoding="utf-8")), encoding="utf-8")


def test_every_page_is_there_for_every_pool_and_language(small_site: Path) -> None:
    pages = sorted(str(path.relative_to(small_site)) for path in small_site.rglob("*.html"))
    assert pages == sorted(["index.html", *(f"{page}.html" for page in PAGES + UNITS)])


def test_the_same_bytes_twice_and_nothing_stale(study: Any, small_site: Path) -> None:
    for leftover in (site_of(study) / "old.html", study.root / "build" / "site" / "nl" / "gone" / "index.qmd"):
        leftover.parent.mkdir(parents=True, exist_ok=True)
        leftover.write_text("---\ntitle: old\n---\n")
    run(study)
    first = digests(site_of(study))
    run(study)
    assert digests(site_of(study)) == first == digests(small_site)
    assert sorted(path.name for path in (study.root / "reports").iterdir()) == [
        "_quarto.yml", "_site", "pages", "references.bib", "theme"
    ]  # fmt: skip


def test_it_runs_in_the_studys_own_folder(study: Any, small_site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(study.root)
    study.root = Path()
    run(study)
    assert digests(site_of(study)) == digests(small_site)


def test_each_pool_has_its_own_numbers(small_site: Path) -> None:
    for pool, n in (("simulated", "640"), ("simulated-null", "612")):
        assert f"n = {n}." in soup_of(small_site / "nl" / pool / "index.html").text
        assert "@POOL@" not in (small_site / "nl" / pool / "index.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("page", PAGES)
def test_simulated_data_are_announced_above_and_below(small_site: Path, page: str) -> None:
    html = (small_site / f"{page}.html").read_text(encoding="utf-8")
    word = {"nl": "gesimuleerd", "en": "simulated"}[page.split("/")[0]]
    soup = BeautifulSoup(html, "html.parser")
    assert word in soup.select_one(".bar").text.lower()
    assert html.index('class="bar"') < html.index("<main")
    assert word in soup.select_one("footer").text.lower()


@pytest.mark.parametrize("page", PAGES)
def test_navigation_of_a_page(small_site: Path, page: str) -> None:
    language, pool, slug = page.split("/")
    soup = soup_of(small_site / f"{page}.html")
    assert soup.html["lang"] == language
    assert [link["href"] for link in soup.select(".menu a")] == [f"{one}.html" for one in LISTED]
    assert [link["href"] for link in soup.select(".menu a[aria-current=page]")] == [f"{slug}.html"]
    other = {"nl": "en", "en": "nl"}[language]
    assert [link["href"] for link in soup.select(".languages a")] == [f"../../{other}/{pool}/{slug}.html"]
    assert [link["href"] for link in soup.select(".pools a[aria-current]")] == [f"../{pool}/{slug}.html"]
    place = LISTED.index(slug)
    assert [link["href"] for link in soup.select(".next a[rel=prev]")] == [f"{one}.html" for one in LISTED[:place][-1:]]
    assert [link["href"] for link in soup.select(".next a[rel=next]")] == [
        f"{one}.html" for one in LISTED[place + 1 :][:1]
    ]


@pytest.mark.parametrize("page", UNITS)
def test_a_page_of_one_project_is_reached_from_the_overview(small_site: Path, page: str) -> None:
    language, pool, slug = page.split("/")
    soup = soup_of(small_site / f"{page}.html")
    assert [link["href"] for link in soup.select(".menu a")] == [f"{one}.html" for one in LISTED]
    assert [(link["href"], link["aria-current"]) for link in soup.select(".menu a[aria-current]")] == [
        ("places.html", "true")
    ]
    assert [link["href"] for link in soup.select(".above a")] == ["places.html", f"{slug}.html"]
    other = {"nl": "en", "en": "nl"}[language]
    assert [link["href"] for link in soup.select(".languages a")] == [f"../../{other}/{pool}/{slug}.html"]
    # the other pool knows of one project alone
    assert [link["href"] for link in soup.select(".pools a")] == [
        f"../simulated/{slug}.html",
        f"../simulated-null/{'kade' if slug == 'kade' else 'places'}.html",
    ]
    siblings = {"simulated/kade": (0, "erf"), "simulated/erf": ("kade", 0), "simulated-null/kade": (0, 0)}
    before, after = siblings[f"{pool}/{slug}"]
    assert [link["href"] for link in soup.select(".next a[rel=prev]")] == ([f"{before}.html"] if before else [])
    assert [link["href"] for link in soup.select(".next a[rel=next]")] == ([f"{after}.html"] if after else [])


def test_a_page_of_one_project_has_its_name_and_its_own_parts(small_site: Path) -> None:
    soup = soup_of(small_site / "nl" / "simulated" / "erf.html")
    assert soup.title.text == "Het Erf – Magisch wonen"
    assert soup.h1.text == "Het Erf"
    assert "In dit project deden 50 mensen mee." in soup.main.text
    assert "van Het Erf" in soup.main.text


def test_two_pages_of_one_name_are_refused(study: Any) -> None:
    path = study.root / "build" / "report-parts" / "site.yml"
    edit(path, lambda text: text.replace("slug: erf", "slug: scales"))
    site = read_site(path, POOLS)
    templates = read_templates(study.root / "reports" / "pages", site.languages)
    with pytest.raises(InputError, match=r"pools\.simulated: two pages would be called scales\.html"):
        sheets_of(templates["nl"], "simulated", site.pools["simulated"])


def test_pages_without_groups_have_a_menu_without_headings(study: Any, small_site: Path) -> None:
    headings = [one.text for one in soup_of(small_site / "en" / "simulated" / "index.html").select(".menu .group")]
    assert headings == ["What we found", "By project", "Background"]
    for path in (study.root / "reports" / "pages").rglob("*.qmd"):
        edit(path, lambda text: re.sub(r"\ngroup: \w+", "", text))
    run(study)
    soup = soup_of(site_of(study) / "en" / "simulated" / "index.html")
    assert soup.select(".menu .group") == []
    assert [link["href"] for link in soup.select(".menu a")] == [f"{one}.html" for one in LISTED]


def test_titles(small_site: Path) -> None:
    assert soup_of(small_site / "nl" / "simulated" / "scales.html").title.text == (
        "Hoe goed zijn de schalen? – Magisch wonen"
    )
    assert soup_of(small_site / "en" / "simulated" / "scales.html").title.text == (
        "How good are the scales? – Magical housing"
    )
    assert soup_of(small_site / "index.html").title.text == "Magisch wonen"
    assert "nog geen metingen" not in soup_of(small_site / "index.html").text


def test_the_first_page_offers_every_language_and_pool(small_site: Path) -> None:
    soup = soup_of(small_site / "index.html")
    assert [link["href"] for link in soup.select("main h3 a[href$=html]")] == [
        f"./{language}/{pool}/index.html" for language in ("nl", "en") for pool in POOLS
    ]
    assert [part["lang"] for part in soup.select(".choice")] == ["nl", "en"]
    assert len(soup.select(".simulated-note")) == 4


def test_nothing_is_fetched_from_elsewhere(small_site: Path) -> None:
    for path in small_site.rglob("*.html"):
        policy = soup_of(path).select_one('meta[http-equiv="Content-Security-Policy"]')["content"]
        assert policy.startswith("default-src 'none'")
        assert "script-src 'self';" in policy
    css = (small_site / "theme" / "report.css").read_text(encoding="utf-8")
    assert not re.findall(r"url\(|@import|@font-face|http", css)


def test_a_failed_run_leaves_the_site_as_it_was(study: Any) -> None:
    run(study)
    before = digests(site_of(study))
    edit(study.root / "reports" / "pages" / "nl" / "scales.qmd", lambda text: text + "\n@fig-none\n")
    with pytest.raises(InputError, match=r"nl/simulated/scales\.qmd: unresolved cross-reference @fig-none"):
        run(study)
    assert digests(site_of(study)) == before
    assert [path.name for path in (study.root / "reports").iterdir() if path.name.startswith(".")] == []


def test_languages_must_have_the_same_pages(study: Any) -> None:
    (study.root / "reports" / "pages" / "en" / "scales.qmd").unlink()
    with pytest.raises(InputError, match="pages in nl and en differ: scales"):
        run(study)


def test_a_language_without_pages_is_named(study: Any) -> None:
    shutil.rmtree(study.root / "reports" / "pages" / "en")
    with pytest.raises(InputError, match=r"pages/en: there is no index\.qmd"):
        run(study)


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (lambda text: text.replace("title:", "titel:"), r"index\.qmd: the front matter has no title"),
        (lambda text: text.replace("order: 1", "lang: en"), r"index\.qmd: lang is en in the folder of nl"),
        (
            lambda text: text.replace("group: findings", "group: other"),
            r"group is other, expected one of findings, places",
        ),
        (lambda text: text.replace("\n---\n", "\n", 1), r"index\.qmd: the front matter has no closing line"),
    ],
)
def test_a_page_that_cannot_be_stamped_is_named(study: Any, change: Callable[[str], str], problem: str) -> None:
    edit(study.root / "reports" / "pages" / "nl" / "index.qmd", change)
    with pytest.raises(InputError, match=problem):
        run(study)


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (lambda text: text.split("  simulated-null:")[0], "pool simulated-null of params.yaml is missing"),
        (lambda text: re.sub(r"    banner:\n.*\n.*\n", "", text, count=1), "a simulated pool needs a `banner`"),
        (lambda text: text.replace(", en: Magical housing", ""), "title: no text in language en"),
        (
            lambda text: text.replace(", en: The Yard", ""),
            "pools.simulated.each.project.erf.name: no text in language en",
        ),
        (lambda text: text.replace("languages: [nl, en]\n", ""), "site.yml:1: languages"),
        (lambda text: text.replace("simulated: true\n    banner", "simulatd: true\n    banner", 1), "simulatd"),
    ],
)
def test_a_site_declaration_that_lacks_something_is_refused(
    study: Any, change: Callable[[str], str], problem: str
) -> None:
    path = study.root / "build" / "report-parts" / "site.yml"
    edit(path, change)
    with pytest.raises(InputError) as refused:
        read_site(path, POOLS)
    assert problem in str(refused.value)


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (
            lambda parts: edit(parts / "site.yml", lambda text: text + "\n"),
            r"site\.yml was changed after it was sealed",
        ),
        (
            lambda parts: (parts / "files" / "persons.csv").write_text("a"),
            r"files/persons\.csv was not made by present",
        ),
        (lambda parts: (parts / "site.yml").unlink(), r"site\.yml is missing"),
        (lambda parts: (parts / "seal.json").unlink(), r"seal\.json is missing: present has not finished"),
    ],
)
def test_parts_that_did_not_come_through_the_gate_are_refused(
    study: Any, change: Callable[[Path], object], problem: str
) -> None:
    change(study.root / "build" / "report-parts")
    with pytest.raises(InputError, match=problem):
        run(study)
    assert not site_of(study).exists()


def test_one_language_and_one_pool_have_no_switches(study: Any) -> None:
    parts = study.root / "build" / "report-parts"
    edit(parts / "site.yml", lambda text: text.replace("[nl, en]", "[en]"))
    write_seal(parts)
    study.params.pools = ["simulated"]
    run(study)
    soup = soup_of(site_of(study) / "en" / "simulated" / "index.html")
    assert not soup.select(".languages, .pools")
    assert sorted(path.name for path in site_of(study).iterdir()) == ["en", "files", "index.html", "search", "theme"]
    assert not (site_of(study) / "files" / "simulated-null").exists()


def test_without_waves_the_first_page_says_so_and_how_one_comes_in(study: Any) -> None:
    site = study.root / "build" / "report-parts" / "site.yml"
    edit(site, lambda text: text[: text.index("pools:")] + "pools: {}\n")
    write_seal(study.root / "build" / "report-parts")
    study.params.pools = []
    run(study)
    assert sorted(path.name for path in site_of(study).iterdir()) == ["index.html", "theme"]
    soup = soup_of(site_of(study) / "index.html")
    said = {str(one["lang"]): one.text for one in soup.select(".choice")}
    assert "nog geen metingen" in said["nl"] and "no waves yet" in said["en"]
    for text in said.values():
        places = [text.index(f"magical-housing {command}") for command in ("check", "submit", "report", "desk")]
        assert places == sorted(places)
    assert {link["href"] for link in soup.select("main a")} <= {"#nl", "#en"}


# Quarto -------------------------------------------------------------------------------------------------------------

FAKE_QUARTO = """#!{python}
# stands in for the program: notes how it was called, and "renders" every page of the project
import json, os, shutil, sys
from pathlib import Path
project = Path(sys.argv[2])
Path(os.environ["QUARTO_CALLS"]).write_text(json.dumps(sys.argv[1:]))
shutil.copytree(project / "files", project / "_site" / "files")
for page in [project / "index.qmd", *project.glob("*/*/*.qmd")]:
    output = project / "_site" / page.relative_to(project).with_suffix(".html")
    output.parent.mkdir(parents=True, exist_ok=True)
    if os.environ.get("QUARTO_LOSES") == page.stem:
        sys.exit(1)
    output.write_text("<main>by quarto" + os.environ.get("QUARTO_SAYS", "") + "</main>")
"""


@pytest.fixture
def fake_quarto(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A program ``quarto`` first on the PATH; returns the file it notes its call in."""
    program = tmp_path / "bin" / "quarto"
    program.parent.mkdir()
    program.write_text(FAKE_QUARTO.format(python=sys.executable))
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.delenv("QUARTO_PATH", raising=False)
    monkeypatch.setenv("QUARTO_CALLS", str(tmp_path / "calls.json"))
    return tmp_path / "calls.json"


@pytest.mark.parametrize("engine", ["auto", "quarto"])
def test_quarto_renders_where_it_is_found(study: Any, fake_quarto: Path, engine: str) -> None:
    study.params.render.engine = engine
    run(study)
    project = (study.root / "build" / "site").resolve()
    assert json.loads(fake_quarto.read_text())[:2] == ["render", str(project)]
    assert "--no-execute" in json.loads(fake_quarto.read_text())
    assert (site_of(study) / "nl" / "simulated" / "index.html").read_text() == "<main>by quarto</main>"
    assert not (project / "_site").exists()


def test_the_embedded_renderer_can_be_demanded(study: Any, fake_quarto: Path, small_site: Path) -> None:
    run(study)
    assert not fake_quarto.exists()
    assert digests(site_of(study)) == digests(small_site)


def test_quarto_demanded_but_absent_is_bad_input(study: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("QUARTO_PATH", raising=False)
    study.params.render.engine = "quarto"
    with pytest.raises(InputError, match=r"render\.engine is quarto, but there is no program"):
        run(study)


def test_auto_without_quarto_is_the_embedded_renderer(
    study: Any, small_site: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("QUARTO_PATH", raising=False)
    study.params.render.engine = "auto"
    run(study)
    assert digests(site_of(study)) == digests(small_site)


def test_a_reference_quarto_left_unresolved_is_refused(
    study: Any, fake_quarto: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("QUARTO_SAYS", " <strong>?@fig-none</strong>")
    study.params.render.engine = "quarto"
    with pytest.raises(InputError, match=r"nl/simulated/index\.html: unresolved cross-reference @fig-none"):
        run(study)
    assert not site_of(study).exists()


def test_a_page_quarto_lost_is_named(study: Any, fake_quarto: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QUARTO_LOSES", "scales")
    study.params.render.engine = "quarto"
    with pytest.raises(InputError, match=r"Quarto did not render[^\0]*simulated/scales\.qmd"):
        run(study)
    assert not site_of(study).exists()


def test_the_project_is_one_quarto_can_read(study: Any) -> None:
    parts = study.root / "build" / "report-parts"
    project = study.root / "build" / "site"
    site = read_site(parts / "site.yml", POOLS)
    stamp(reports=study.root / "reports", parts=parts, project=project, site=site, pools=POOLS)
    settings = YAML(typ="safe").load((project / "_quarto.yml").read_text(encoding="utf-8"))
    assert settings["project"]["type"] == "website"
    assert settings["website"]["title"] == "Magisch wonen"
    html = settings["format"]["html"]
    assert html["html-math-method"] == "mathml"
    assert html["theme"] == "none"
    for named in (html["template"], html["css"], settings["bibliography"]):
        assert (project / named).is_file()
    rendered = {path for pattern in settings["project"]["render"] for path in project.glob(pattern)}
    assert rendered == set(project.rglob("*.qmd"))
    front_matter, _ = split_front_matter((project / "nl" / "simulated" / "index.qmd").read_text(), Path("x"))
    assert front_matter["lang"] == "nl"
