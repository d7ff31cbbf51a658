"""The embedded renderer on projects of one page: what it makes, and what it refuses by page and key."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from pipeline.errors import InputError
from pipeline.render.embedded import render_embedded

SETTINGS = """\
project: {type: website}
website: {title: Site}
format: {html: {html-math-method: mathml}}
bibliography: refs.bib
"""
BIBLIOGRAPHY = "@book{snijders2012, author={Snijders, Tom}, title={Multilevel Analysis}, year={2012}}\n"
Render = Callable[..., BeautifulSoup]


@pytest.fixture
def render(tmp_path: Path) -> Render:
    """Render ``body`` as page ``nl/a.qmd``; further files by name; returns the page."""

    def run(body: str, front_matter: str = "title: T\nlang: nl", **files: str) -> BeautifulSoup:
        project = tmp_path / "project"
        written = {
            "_quarto.yml": SETTINGS,
            "refs.bib": BIBLIOGRAPHY,
            "nl/a.qmd": f"---\n{front_matter}\n---\n\n{body}\n",
        }
        for name, text in (written | files).items():
            (project / name).parent.mkdir(parents=True, exist_ok=True)
            (project / name).write_text(text, encoding="utf-8")
        render_embedded(project, tmp_path / "site")
        return BeautifulSoup((tmp_path / "site" / "nl" / "a.html").read_text(encoding="utf-8"), "html.parser")

    return run


def text(soup: BeautifulSoup, selector: str) -> list[str]:
    return [" ".join(element.text.split()) for element in soup.select(selector)]


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ("See @fig-none.", "unresolved cross-reference @fig-none"),
        ("See [-@tbl-none].", "unresolved cross-reference @tbl-none"),
        ("{{< include ../_parts/none.md >}}", "include of ../_parts/none.md: no such file"),
        ("{{< var nl.none >}}", "variable nl.none is not in _variables.yml"),
        ("{{< var nl >}}", "variable nl is not in _variables.yml"),
        ("As @nobody1999 says.", "citation nobody1999 not found"),
        ('![C.](none.svg){#fig-a fig-alt="x"}', "none.svg: no such file"),
        ('<img src="none.svg" alt="x">', "none.svg: no such file"),
        ('<img src="../x.svg">', "image ../x.svg has no alternative text"),
        ('<img src="https://example.org/x.png" alt="x">', "https://example.org/x.png would be fetched from elsewhere"),
        ("[b](b.qmd)", "link to b.qmd: no such page"),
        ("[b](a.qmd#none)", "link to ../nl/a.html#none: the page has no element with this id"),
        ("[b](../data/none.csv)", "link to ../data/none.csv: no such file"),
        ("[b](../../outside.csv)", "link to ../../outside.csv: no such file"),
        ("{{< video x.mp4 >}}", "shortcode video is not known"),
        ("```{python}\n1 + 1\n```", "executable cell {python}"),
        ("::: {.callout-note}\nnever closed", "Div at"),
        ("# A {#sec-a}\n\n# B {#sec-a}", "label sec-a is given twice"),
        ("[]{#x} []{#x}", "two elements have the id x"),
        ("![](../x.svg){#fig-a fig-alt='x'}", "@fig-a is no figure"),
        ("::: {.panel-tabset}\n\ntext first\n\n## A\n\n:::", "a tabset begins with something that is no heading"),
        ("::: {#fig-a}\n![B](../x.svg){#fig-b fig-alt='x'}\n\nA\n:::", "sub-figure fig-b"),
    ],
)
def test_what_leads_nowhere_is_refused_by_page_and_name(render: Render, body: str, problem: str) -> None:
    with pytest.raises(InputError) as refused:
        render(body, **{"_variables.yml": "nl: {c5: x}\n", "x.svg": "<svg xmlns='http://www.w3.org/2000/svg'/>"})
    lines = str(refused.value).splitlines()[1:]
    assert any(line.startswith(("nl/a.qmd: ", "nl/a.html: ")) and problem in line for line in lines), lines


def test_all_problems_of_all_pages_are_told_at_once(render: Render) -> None:
    with pytest.raises(InputError) as refused:
        render("@fig-a and @nobody.", **{"nl/b.qmd": "---\ntitle: B\n---\n{{< var a >}} {{< var b >}}\n"})
    assert str(refused.value).splitlines()[1:] == [
        "nl/a.qmd: unresolved cross-reference @fig-a",
        "nl/a.qmd: citation nobody not found",
        "nl/b.qmd: variable a is not in _variables.yml",
        "nl/b.qmd: variable b is not in _variables.yml",
    ]


def test_an_include_that_includes_itself_is_refused(render: Render) -> None:
    parts = {
        "_parts/one.md": "{{< include ../_parts/two.md >}}\n",
        "_parts/two.md": "{{< include ../_parts/one.md >}}\n",
    }
    with pytest.raises(InputError, match="includes itself"):
        render("{{< include ../_parts/one.md >}}", **parts)


def test_includes_nest_and_their_paths_are_the_pages(render: Render) -> None:
    soup = render(
        "{{< include ../_parts/deep/one.md >}}\n\nand {{< var n >}}.",
        **{
            "_variables.yml": "n: 3\n",
            "_parts/deep/one.md": "one\n\n{{< include ../_parts/two.md >}}\n",
            "_parts/two.md": "two, {{< var n >}}",
        },
    )
    assert text(soup, "main p") == ["one", "two, 3", "and 3."]


def test_a_variable_is_markdown_in_text_and_text_elsewhere(render: Render) -> None:
    soup = render(
        "[{{< var v >}}](#x) `{{< var v >}}` $x = {{< var n >}}$ []{#x}\n\n"
        '![C {{< var n >}}.](../x.svg){#fig-a fig-alt="alt {{< var v >}}"}\n\n'
        '```{=html}\n<p class="raw">{{< var v >}}</p>\n```',
        front_matter='title: "T {{< var n >}}"\nlang: nl',
        **{"_variables.yml": "v: '*p* < 0,05'\nn: 7\n", "x.svg": "<svg xmlns='http://www.w3.org/2000/svg'/>"},
    )
    link = soup.select_one("main p a")
    assert link is not None
    assert link.em is not None
    assert link.text == "p < 0,05"
    assert text(soup, "main code") == ["p < 0,05"]
    assert text(soup, "p.raw") == ["p < 0,05"]
    assert "x=7" in text(soup, "math")[0]
    assert [image["alt"] for image in soup.select("img")] == ["alt p < 0,05"]
    assert text(soup, "figcaption") == ["Figuur 1: C 7."]
    assert text(soup, "h1") == ["T 7"]
    assert text(soup, "title") == ["T 7 – Site"]


def test_brackets_in_a_value_stay_brackets(render: Render) -> None:
    soup = render("{{< var c >}}(#x)", **{"_variables.yml": 'c: "+0,46 [+0,12; +0,80]"\n'})
    assert text(soup, "main p") == ["+0,46 [+0,12; +0,80](#x)"]
    assert not soup.select("main p a")


def test_an_escaped_shortcode_is_shown(render: Render) -> None:
    assert text(render("`{{{< var n >}}}`"), "main code") == ["{{< var n >}}"]


def test_several_references_in_one_bracket(render: Render) -> None:
    figures = "\n\n".join(f'![{name}.](../x.svg){{#fig-{name} fig-alt="x"}}' for name in "abc")
    soup = render(
        f"{figures}\n\nSee [@fig-a; @fig-c], [figuren @fig-b] and @Fig-b.",
        **{"x.svg": "<svg xmlns='http://www.w3.org/2000/svg'/>"},
    )
    assert text(soup, "main p")[-1] == "See Figuur 1, Figuur 3, figuren 2 and Figuur 2."


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("nl", ["Figuur 1", "Tabel 1", "Paragraaf 1", "Vergelijking 1"]),
        ("en", ["Figure 1", "Table 1", "Section 1", "Equation 1"]),
    ],
)
def test_references_speak_the_pages_language(render: Render, language: str, words: list[str]) -> None:
    soup = render(
        '## S {#sec-s}\n\n![F.](../x.svg){#fig-f fig-alt="x"}\n\n| a |\n|---|\n| 1 |\n\n: T. {#tbl-t}\n\n'
        "$$\nx\n$$ {#eq-e}\n\n@fig-f @tbl-t @sec-s @eq-e",
        front_matter=f"title: T\nlang: {language}",
        **{"x.svg": "<svg xmlns='http://www.w3.org/2000/svg'/>"},
    )
    assert text(soup, "a.quarto-xref") == words


def test_sections_are_numbered_from_the_topmost_heading(render: Render) -> None:
    soup = render(
        "## A\n\n### A1\n\n## B {.unnumbered}\n\n## C\n\n### C1\n\n### C2 {#sec-c2}\n\n@sec-c2",
        front_matter="title: T\nlang: nl\nnumber-sections: true",
    )
    assert text(soup, "main h2, main h3") == ["1 A", "1.1 A1", "B", "2 C", "2.1 C1", "2.2 C2"]
    assert text(soup, "a.quarto-xref") == ["Paragraaf 2.2"]


def test_a_tables_caption_stands_above_and_names_its_box(render: Render) -> None:
    table = "```{=html}\n<table><tr><td>1</td></tr></table>\n```"
    soup = render(f"::: {{#tbl-a}}\n{table}\n\nFirst.\n:::\n\n| b |\n|---|\n| 1 |\n\n: Second. {{#tbl-b}}")
    for identifier, caption in (("tbl-a", "Tabel 1: First."), ("tbl-b", "Tabel 2: Second.")):
        figure = soup.select_one(f"figure#{identifier}")
        assert figure is not None
        assert [child.name for child in figure.find_all(recursive=False)] == ["div"]
        assert next(child.name for child in figure.select_one("table").find_all(recursive=False)) == "caption"  # type: ignore[union-attr]
        box = figure.select_one(".scroll")
        assert box is not None
        named_by = soup.find(id=box["aria-labelledby"])
        assert named_by is not None
        assert named_by.text.strip().replace("\u00a0", " ") == caption


def test_callouts(render: Render) -> None:
    soup = render(
        '::: {.callout-important}\nA\n:::\n\n::: {.callout-note title="Eigen *titel*" collapse="false"}\nB\n:::\n\n'
        "::: {#x .callout-caution}\n## Kop\n\nC\n:::",
    )
    assert text(soup, ".callout") == ["Belangrijk A", "Eigen titel B", "Kop C"]
    assert [element.name for element in soup.select(".callout")] == ["div", "details", "div"]
    assert soup.select_one("details[open] summary em") is not None
    assert soup.select_one("div#x.callout-caution") is not None
    assert not soup.select("main h2")


def test_links_in_raw_html_lead_to_pages_too(render: Render) -> None:
    soup = render(
        '```{=html}\n<p><a class="more" href="b.qmd#x">b</a></p>\n```', **{"nl/b.qmd": "---\ntitle: B\n---\n[x]{#x}\n"}
    )
    assert [link["href"] for link in soup.select("a.more")] == ["../nl/b.html#x"]


def test_what_a_page_shows_or_offers_is_published_with_it(render: Render, tmp_path: Path) -> None:
    render(
        '![C.](../files/x.svg){#fig-x fig-alt="x"}\n\n[CSV](../files/x.csv)',
        **{
            "files/x.svg": "<svg xmlns='http://www.w3.org/2000/svg'/>",
            "files/x.csv": "a\n1\n",
            "files/other.csv": "a\n",
        },
    )
    assert sorted(path.name for path in (tmp_path / "site" / "files").iterdir()) == ["x.csv", "x.svg"]


def test_contents_references_footnotes_have_their_headings(render: Render) -> None:
    soup = render(
        "## A {#a}\n\n[@snijders2012]\n\n## B {#b}\n\nx[^1]\n\n[^1]: Noot.",
        front_matter="title: T\nlang: nl\ntoc: true",
    )
    assert [link["href"] for link in soup.select("#TOC a")] == ["#a", "#b"]
    assert text(soup, ".quarto-appendix-heading") == ["Referenties", "Voetnoten"]
    assert text(soup, ".csl-entry") == ["Snijders, Tom. 2012. Multilevel Analysis."]


def test_a_page_without_citations_has_no_list_of_references(render: Render) -> None:
    assert not render("Text.").select(".appendix, #refs")


def test_navigation_bar_and_footer_of_the_project(render: Render) -> None:
    settings = SETTINGS.replace(
        "{title: Site}", "{title: Site, page-footer: 'Voet *noot*', navbar: {left: [{href: nl/a.qmd, text: A}]}}"
    )
    soup = render("x", **{"_quarto.yml": settings})
    assert [(link["href"], link["aria-current"], link.text) for link in soup.select("#quarto-header a")] == [
        ("../nl/a.html", "page", "A")
    ]
    assert text(soup, "footer") == ["Voet noot"]


@pytest.mark.parametrize(
    ("front_matter", "problem"),
    [("title: [", "not readable as YAML"), ("- a", "not a mapping"), ("title: T\n---\n...", None)],
)
def test_front_matter_that_cannot_be_read_is_named(render: Render, front_matter: str, problem: str | None) -> None:
    if problem is None:
        assert text(render("x", front_matter=front_matter), "h1") == ["T"]
        return
    with pytest.raises(InputError, match=f"nl/a.qmd: the front matter is {problem}"):
        render("x", front_matter=front_matter)


def test_a_folder_that_is_no_project_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"_quarto\.yml: file not found"):
        render_embedded(tmp_path, tmp_path / "site")
    (tmp_path / "_quarto.yml").write_text(SETTINGS)
    with pytest.raises(InputError, match="no page to render"):
        render_embedded(tmp_path, tmp_path / "site")
