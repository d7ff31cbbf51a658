"""The embedded renderer says what genuine Quarto says: `tests/oracles/quarto/`."""

from __future__ import annotations

import filecmp
import importlib.util
import json
import re
import subprocess
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from pipeline.render.declaration import read_site
from pipeline.render.embedded import render_embedded
from pipeline.render.engine import quarto_program, render
from pipeline.render.pandoc import pandoc_program
from pipeline.render.stamp import stamp

REPOSITORY = Path(__file__).resolve().parents[3]
ORACLE = REPOSITORY / "tests" / "oracles" / "quarto"
SHARED = REPOSITORY.parent / "shared" / "quarto-parity"
EXPECTED: dict[str, dict[str, Any]] = json.loads((ORACLE / "expected.json").read_text(encoding="utf-8"))


def extractor(folder: Path, name: str = "extract") -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, folder / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def rendered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    site = tmp_path_factory.mktemp("parity") / "site"
    render_embedded(ORACLE / "source", site)
    return site


def test_the_pages_are_quartos(rendered: Path) -> None:
    assert {str(path.relative_to(rendered)) for path in rendered.rglob("*.html")} == set(EXPECTED)


@pytest.mark.parametrize("page", EXPECTED)
@pytest.mark.parametrize("what", sorted(EXPECTED["nl/index.html"]))
def test_each_page_says_what_quarto_says(rendered: Path, page: str, what: str) -> None:
    found = extractor(ORACLE).page((rendered / page).read_text(encoding="utf-8"))
    assert found[what] == EXPECTED[page][what]
    # nothing that is read from a page is left uncompared
    assert found.keys() == EXPECTED[page].keys() == EXPECTED["nl/index.html"].keys()


@pytest.mark.skipif(not SHARED.exists(), reason="../shared/quarto-parity is not beside this checkout")
def test_it_holds_for_the_shared_original_too(tmp_path: Path) -> None:
    render_embedded(SHARED / "source", tmp_path / "site")
    original = extractor(SHARED)
    found = {
        str(path.relative_to(tmp_path / "site")): original.page(path.read_text(encoding="utf-8"))
        for path in (tmp_path / "site").rglob("*.html")
    }
    assert found == json.loads((SHARED / "expected.json").read_text(encoding="utf-8"))


@pytest.mark.skipif(not SHARED.exists(), reason="../shared/quarto-parity is not beside this checkout")
def test_our_copy_is_the_shared_original() -> None:
    names = sorted(str(path.relative_to(SHARED)) for path in SHARED.rglob("*") if path.is_file())
    # importing the extractor above leaves its compiled form beside it, where the folder may be written
    names = [name for name in names if name not in ("README.md", "extract.py") and "__pycache__" not in name]
    assert filecmp.cmpfiles(SHARED, ORACLE, names, shallow=False) == (names, [], [])


# the text in order ----------------------------------------------------------------------------------------------------


def in_order(html: str) -> list[str]:
    tokens: list[str] = extractor(ORACLE, "in_order").in_order(html)
    return tokens


@pytest.mark.parametrize("page", EXPECTED)
def test_the_text_in_order_has_all_that_quarto_says(rendered: Path, page: str) -> None:
    tokens = in_order((rendered / page).read_text(encoding="utf-8"))
    expected = EXPECTED[page]
    said = [*expected["paragraphs"], *expected["captions"], *(cell for row in expected["cells"] for cell in row)]
    words = " ".join(token for token in tokens if not token.startswith("<"))
    # no order and no repetition here: paragraphs that stand in cells are in both lists
    lost = set(re.findall(r"\w+", " ".join(said))) - set(re.findall(r"\w+", words))
    # letters of a formula stand on their own
    assert not [word for word in lost if word not in words.replace(" ", "")]
    pictures = [token for token in tokens if token.startswith("<image ")]
    assert pictures == [f"<image {alternative}>" for alternative in expected["alternatives"]]
    links = [token for token in tokens if re.fullmatch(r"<(?!/|h\d>|image ).*>", token)]
    targets = [re.sub("^<@", "<#", link)[1:-1] for link in links]
    assert Counter(targets) == Counter(target.removeprefix("./") for target, _ in expected["links"] if target)


# the same page as each renderer dresses it
EMBEDDED = """<main><h1 class="title">T</h1><nav id="TOC">Op deze pagina</nav><div class="text">
<section id="sec-a"><h2><span class="header-section-number">1</span> A<a class="anchorjs-link" href="#sec-a"></a></h2>
<p>Zie <a href="#fig-x" class="quarto-xref">Figuur 1</a> en <a href="../../nl/b.html#y">b</a>: 0,42.<a href="#fn1"
class="footnote-ref" id="fnref1" role="doc-noteref"><sup>1</sup></a></p>
<figure id="fig-x" class="float float-fig"><div class="scroll"><img src="x.svg" alt="Alles  boven nul."></div>
<figcaption>Figuur 1: Schatting.</figcaption></figure>
<div class="callout callout-note"><div class="callout-header">Let op</div><div class="callout-body"><p>B</p></div></div>
</section><section class="footnotes" role="doc-endnotes"><h2 class="quarto-appendix-heading">Voetnoten</h2><ol><li
id="fn1"><p>Noot.<a href="#fnref1" class="footnote-back">x</a></p></li></ol></section>
<section class="appendix"><h2 class="quarto-appendix-heading">Referenties</h2><div id="refs">Ager 2008.</div></section>
</div></main>"""
QUARTO = """<main><header class="quarto-title-block"><h1 class="title">T</h1><div
class="quarto-title-meta">x</div></header>
<section id="sec-a" class="level2" data-number="1"><h2 data-number="1" class="anchored"><span
class="header-section-number">1</span> A</h2>
<p>Zie <a href="#fig-x" class="quarto-xref">Figuur&nbsp;1</a> en <a href="../../nl/b.html#y">b</a>: 0,42.<a href="#fn1"
class="footnote-ref" id="fnref1" role="doc-noteref"><sup>1</sup></a></p>
<div id="fig-x" class="quarto-float quarto-figure"><figure class="quarto-float quarto-float-fig figure"><div>
<img src="x.svg" class="img-fluid figure-img" alt="Alles boven nul."></div><figcaption
class="quarto-float-caption-bottom">Figuur&nbsp;1: Schatting.</figcaption></figure></div>
<div class="callout callout-note callout-titled"><div class="callout-header"><div class="callout-icon-container"><i
class="callout-icon"></i></div><div class="callout-title-container"><span class="screen-reader-only">Opmerking</span>Let
op</div></div><div class="callout-body-container callout-body"><p>B</p></div></div></section>
<div id="quarto-appendix"><section role="doc-bibliography"><h2 class="quarto-appendix-heading">Referenties</h2><div
id="refs">Ager 2008.</div></section><section id="footnotes" class="footnotes"><h2
class="quarto-appendix-heading">Voetnoten</h2><ol><li id="fn1"><p>Noot.<a class="footnote-back">x</a></p></li></ol>
</section></div></main>"""


def test_what_a_renderer_decorates_with_is_no_text() -> None:
    assert in_order(EMBEDDED) == in_order(QUARTO)
    assert " ".join(in_order(EMBEDDED)) == (
        "<h1> T <h2> 1 A Zie <@fig-x> Figuur 1 </> en <../../nl/b.html#y> b </> : 0,42. <#fn1> 1 </> "
        "<image Alles boven nul.> Figuur 1: Schatting. Let op B Ager 2008. Noot."
    )


@pytest.mark.parametrize(
    ("said", "other"),
    [
        ("0,42", "0,43"),
        ("Figuur&nbsp;1</a>", "Figuur&nbsp;2</a>"),
        ("#fig-x", "#fig-y"),
        ("b.html#y", "b.html"),
        ("boven", "onder"),
        ("<h2 data", "<h3 data"),
        ("Let\nop", "op Let"),
        ("<p>Noot.", "<p>"),
    ],
)
def test_a_word_a_number_a_link_and_their_order_count(said: str, other: str) -> None:
    assert said in QUARTO
    assert in_order(EMBEDDED) != in_order(QUARTO.replace(said, other))


@pytest.mark.skipif(
    quarto_program() is None,
    reason="no program `quarto` on the PATH: what it would say is held in tests/oracles/quarto",
)
def test_both_renderers_say_the_same_of_the_small_report(
    make_small_report: Callable[[Path], Path], tmp_path: Path
) -> None:
    root = make_small_report(tmp_path / "study")
    pools = ["simulated", "simulated-null"]
    parts, project = root / "build" / "report-parts", root / "build" / "site"
    site = read_site(parts / "site.yml", pools)
    stamp(reports=root / "reports", parts=parts, project=project, site=site, pools=pools)
    said = {}
    for engine in ("embedded", "quarto"):
        rendered = tmp_path / engine
        assert render(project, rendered, engine=engine) == engine  # type: ignore[arg-type]
        said[engine] = {
            str(path.relative_to(rendered)): in_order(path.read_text(encoding="utf-8"))
            for path in rendered.rglob("*.html")
        }
    assert said["embedded"].keys() == said["quarto"].keys()
    for page in said["embedded"]:
        assert said["embedded"][page] == said["quarto"][page], page


# what pages are written in --------------------------------------------------------------------------------------------


def of_quartos_own(paths: list[Path]) -> set[str]:
    """What in these sources Quarto reads in a way of its own; the rest is pandoc's Markdown, which both read alike."""
    text = "\n\n".join(path.read_text(encoding="utf-8").split("---\n", 2)[-1] for path in paths)
    command = [str(pandoc_program()), "--from=markdown", "--to=json"]
    read = subprocess.run(command, input=text, capture_output=True, check=True, encoding="utf-8")
    shortcodes = {f"shortcode {name}" for name in re.findall(r"(?<!{){{<\s*([\w-]+)", text)}
    return shortcodes | set(_constructs(json.loads(read.stdout)["blocks"]))


def _constructs(node: Any) -> Iterator[str]:
    if isinstance(node, list):
        for one in node:
            yield from _constructs(one)
    if not isinstance(node, dict):
        return
    kind, content = node.get("t"), node.get("c")
    if kind in ("RawBlock", "RawInline"):
        yield f"raw {content[0]}"
    attributes = {"Div": 0, "Span": 0, "Header": 1, "CodeBlock": 0, "Image": 0, "Link": 0, "Table": 0, "Figure": 0}
    if kind in attributes:
        identifier, classes, pairs = content[attributes[kind]]
        yield from (f"class {name}" for name in classes if re.match(r"callout|panel|column|layout|cell|{|=", name))
        yield from (f"attribute {name}" for name, _ in pairs if re.match(r"layout|fig-|tbl-|collapse|shortcode", name))
        if label := re.match(r"(fig|tbl|sec|eq|lst|thm|def|exr|exm)-", identifier):
            yield f"label {label[1]}"
    yield from _constructs(content)


def test_pages_are_written_in_what_genuine_quarto_was_seen_to_read() -> None:
    seen = of_quartos_own(sorted((ORACLE / "source").rglob("*.qmd")) + sorted((ORACLE / "source").rglob("*.md")))
    assert {"shortcode var", "shortcode include", "raw html", "class callout-note", "label fig"} <= seen
    # callouts are one construct with five colours
    seen |= {f"class callout-{name}" for name in ("note", "tip", "warning", "important", "caution")}
    for folder in (REPOSITORY / "reports" / "pages", REPOSITORY / "tests" / "fixtures" / "report"):
        for language in ("nl", "en"):
            pages = [path for ending in ("qmd", "md") for path in sorted(folder.rglob(f"{language}/**/*.{ending}"))]
            assert pages
            assert of_quartos_own(pages) - seen == set(), language
