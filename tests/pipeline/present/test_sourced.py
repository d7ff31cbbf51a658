"""The line under every figure and table, and the block at the end of a page: from the record, in both languages."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from pipeline.artefacts import table_contracts
from pipeline.present.context import Context
from pipeline.present.markup import sourced
from pipeline.present.markup.markdown import floating, note
from pipeline.present.markup.sourced import UnknownSourceError, add_sources, identifiers, stage_of, tables_of, upstream
from pipeline.present.pages.method.record import made_stages
from pipeline.present.pages.method.reproduce import reproduce, reproduce_parts
from pipeline.present.parts import Parts
from pipeline.present.report import report_parts
from pipeline.provenance import History, Provenance, StageRecord
from pipeline.published import published_contracts

SOURCES: Mapping[str, Mapping[str, Any]] = YAML(typ="safe").load(Path(sourced.__file__).with_name("sources.yaml"))
COMMIT = "3f9a2c1" + "0" * 33


def record(name: str, inputs: tuple[str, ...] = (), outputs: tuple[str, ...] = (), **changed: Any) -> StageRecord:
    given: dict[str, Any] = {
        "command": f"python -m pipeline.stages.{name} --pool @POOL@", "each": ("pool",), "commit": COMMIT,
        "changed": False, "params": {name: {"seed": 1}}, "code": (f"pipeline/stages/{name}.py",), "declarations": (),
    }  # fmt: skip
    return StageRecord(name=name, inputs=inputs, outputs=outputs, **{**given, **changed})


CHAIN = (
    record("ingest", outputs=("build/ingested/@WAVE@.parquet",), each=("wave",)),
    record("measure", inputs=("build/ingested",), outputs=("build/measure/@POOL@/tables",)),
    record("describe", inputs=("build/ingested",), outputs=("build/describe/@POOL@",)),
    record("compare", inputs=("build/measure/@POOL@",), outputs=("build/compare/@POOL@",), changed=True),
    record("disclose", inputs=("build/compare/@POOL@",), outputs=("build/published/@POOL@",)),
    record("present", inputs=("build/published",), outputs=("build/report-parts",), each=()),
    record("render", inputs=("build/report-parts",), outputs=("reports/_site",), each=()),
)


def known(context: Context, **changed: Any) -> Context:
    """``context`` with a record of what made its figures."""
    given: dict[str, Any] = {"history": "known", "commit": COMMIT, "date": "2026-01-31", "version": "1.2", "lock": "ab"}
    context.__dict__["provenance"] = Provenance(**{**given, "stages": CHAIN, **changed})
    return context


def with_line(context: Context, text: str) -> str:
    parts = Parts(texts={"part": text})
    add_sources(context, parts)
    return parts.texts["part"]


def test_the_line_stands_below_the_block_with_table_stage_and_commit(context: Callable[[str], Context]) -> None:
    text = with_line(known(context("en")), floating("tbl-response", "x", "Caption.") + "\nAfter.\n")
    assert text == (
        "::: {#tbl-response}\n\nx\n\nCaption.\n\n:::\n\n"
        "::: {.made}\n"
        "Figures (CSV): [response\\_by\\_project](../../files/tiny/response_by_project.csv) · "
        "[stage describe, 3f9a2c1](data.qmd#made-describe)\n"
        ":::\n\n\n"
        "After.\n"
    )


def test_a_block_within_the_block_does_not_end_it(context: Callable[[str], Context]) -> None:
    text = with_line(known(context("nl")), floating("fig-effects", note("Niets te zien."), "Bijschrift."))
    assert text.count("{.made}") == 1
    assert text.index("Niets te zien.") < text.index("Bijschrift.") < text.index("{.made}")
    # what was run is not what the commit holds
    assert "stap compare, 3f9a2c1 (met wijzigingen)" in text


def test_a_figure_from_several_stages_names_each_once(
    context: Callable[[str], Context], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sourced, "tables_of", lambda _: ["waves", "trait_means", "composition"])
    text = with_line(known(context("en")), floating("fig-x", "x", "y"))
    assert text.count("stage describe") == text.count("stage compare") == 1
    assert text.index("trait\\_means") < text.index("composition") < text.index("stage describe")


def test_without_a_record_the_stage_is_named_and_leads_nowhere(context: Callable[[str], Context]) -> None:
    text = with_line(context("en"), floating("fig-effects", "x", "y"))
    assert "· stage compare\n" in text
    assert "data.qmd" not in text


def test_a_figure_that_is_not_declared_stops_the_run() -> None:
    with pytest.raises(UnknownSourceError, match=r"fig-nobody-knows: pipeline/present/markup/sources.yaml has no line"):
        tables_of("fig-nobody-knows")


def test_the_closest_line_wins() -> None:
    assert tables_of("tbl-exploratory-fit") == ["exploratory_fit"]
    assert tables_of("tbl-exploratory-2") == ["exploratory_loadings"]


def test_sources_name_published_tables_only() -> None:
    for kind in ("identifiers", "parts"):
        for name, tables in SOURCES[kind].items():
            if isinstance(tables, list):
                assert tables, name
                assert set(tables) <= set(published_contracts()), name
    assert {stage_of(table) for table in published_contracts()} <= {
        stage.name for stage in CHAIN
    } | {"structure", "directions", "stress", "power", "judge"}  # fmt: skip
    assert set(published_contracts()) <= set(table_contracts())


@pytest.mark.parametrize("language", ["nl", "en"])
def test_every_figure_and_table_of_the_report_has_its_line(context: Callable[[str], Context], language: str) -> None:
    parts = report_parts(known(context(language)))
    numbered = {name: identifiers(text) for name, text in parts.texts.items()}
    assert sum(map(len, numbered.values())) > 60
    for name, found in numbered.items():
        assert parts.texts[name].count("::: {.made}") == len(found), name
    # what is declared for sentences is about parts that there are
    named = [name.rsplit("/", 1)[-1] for name in parts.texts]
    for pattern in SOURCES["parts"]:
        assert any(fnmatchcase(name, pattern) for name in named), pattern


def test_what_stages_rest_on() -> None:
    provenance = Provenance(stages=CHAIN)
    assert upstream(provenance, ["compare"]) == ["ingest", "measure"]
    assert upstream(provenance, ["measure", "compare"]) == ["ingest"]
    assert upstream(provenance, ["ingest"]) == []


def test_the_block_says_all_that_it_takes(context: Callable[[str], Context]) -> None:
    text = reproduce(known(context("en")), ["trait_means", "waves"])
    assert f"git checkout {COMMIT}\nmake report" in text
    assert "dvc repro compare@tiny\ndvc repro describe@tiny" in text
    assert "compare: {seed: 1}\ndescribe: {seed: 1}" in text
    assert "rest on: [ingest](data.qmd#made-ingest) and [measure](data.qmd#made-measure)" in text
    assert f"tiny-2020: `{'a' * 64}`" in text
    assert text.count("<details") == text.count("</details>") == 1


@pytest.mark.parametrize(
    ("history", "said"),
    [("none", "no git repository"), ("shallow", "a shallow clone"), ("unrecorded", "was not recorded")],
)
def test_where_the_commit_is_not_known_none_is_named(
    context: Callable[[str], Context], history: History, said: str
) -> None:
    text = reproduce(known(context("en"), history=history, commit=None), ["waves"])
    assert said in text
    assert "git checkout" not in text
    assert "make report" in text


def test_changes_that_no_commit_holds_are_said(context: Callable[[str], Context]) -> None:
    assert "changes that no commit holds" in reproduce(known(context("en"), changed=True), ["waves"])


def test_a_page_has_the_tables_of_what_it_includes(tmp_path: Path, context: Callable[[str], Context]) -> None:
    one = known(context("en"))
    pages = tmp_path / "reports" / "pages" / "en"
    pages.mkdir(parents=True)
    include = "{{{{< include ../../_parts/@POOL@/en/{}.md >}}}}\n"
    (pages / "two.qmd").write_text("---\ntitle: Two\n---\n" + include.format("a") + include.format("facts"))
    (pages / "unit.qmd").write_text(include.format("@EACH@/trend"))
    (pages / "words.qmd").write_text("Only words.\n")
    object.__setattr__(one.study, "root", tmp_path)
    texts = {
        "a": floating("tbl-means", "x", "y"), "facts": "1", "b": floating("tbl-power", "x", "y"),
        "elm/trend": floating("fig-means-x", "x", "y"), "trend": floating("tbl-power", "x", "y"),
    }  # fmt: skip
    made = reproduce_parts(one, Parts(texts=texts)).texts
    assert set(made) == {"reproduce-two", "reproduce-unit", "reproduce-words"}
    assert "trait\\_means" in made["reproduce-two"]
    assert "response\\_flow" in made["reproduce-two"]
    assert "[power]" not in made["reproduce-two"]
    assert "trait\\_means" in made["reproduce-unit"]
    assert "[power]" not in made["reproduce-unit"]
    assert "No figures from measurements" in made["reproduce-words"]


def test_every_stage_has_its_place_on_the_page_on_data(context: Callable[[str], Context]) -> None:
    text = made_stages(known(context("nl")))
    for stage in CHAIN:
        assert f"{{#made-{stage.name} .unnumbered .unlisted}}" in text
        assert f"`python -m pipeline.stages.{stage.name} --pool @POOL@`" in text
    assert f"`{COMMIT}`" in text
    assert "trait\\_contrasts" in text
    assert made_stages(known(context("nl"), history="unrecorded", stages=(), commit=None)).count("{#made-") == 0
