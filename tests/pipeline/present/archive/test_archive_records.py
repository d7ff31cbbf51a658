"""What archives and programs are told: complete after its standard, and never a figure that is hidden."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.declare import load_study
from pipeline.declare.study import ArchiveNotes
from pipeline.present.archive.csvw import csvw
from pipeline.present.archive.datacite import datacite
from pipeline.present.archive.ddi import codebook
from pipeline.present.archive.facts import Facts, facts_of
from pipeline.present.archive.schema_org import dataset, in_page
from pipeline.present.bundle import Bundle
from pipeline.present.context import Context
from pipeline.present.pages.method.citation import bibtex, cited, ris
from pipeline.present.pages.method.record import pool_files
from pipeline.provenance import Provenance
from pipeline.published import MARK, published_contracts

COMMIT = "3f9a2c1" + "0" * 33
PROVENANCE = Provenance(history="known", commit=COMMIT, date="2026-01-31", version="1.2")
# mandatory in DataCite 4.5, but the identifier: a DOI comes from the archive
MANDATORY = {"creators", "titles", "publisher", "publicationYear", "types", "schemaVersion"}
RELATED = {"TranslatedTitle", "AlternativeTitle", "Subtitle", "Other"}
DESCRIPTIONS = {"Abstract", "Methods", "SeriesInformation", "TableOfContents", "TechnicalInfo", "Other"}


@pytest.fixture
def facts(context: Callable[[str], Context]) -> Facts:
    one = context("nl")
    return replace(facts_of(one.study, one.bundle), provenance=PROVENANCE, creators=("The makers",))


def with_notes(facts: Facts, **notes: dict[str, str]) -> Facts:
    declaration = facts.study.declaration.model_copy(update={"archive": ArchiveNotes(**notes)})
    return replace(facts, study=replace(facts.study, declaration=declaration))


def test_datacite_has_what_is_mandatory_and_no_doi(facts: Facts) -> None:
    record = datacite(facts)
    assert set(record) >= MANDATORY
    assert record["publicationYear"] == "2026"
    assert record["version"] == "1.2+3f9a2c1"
    assert record["types"]["resourceTypeGeneral"] == "Dataset"
    assert [title["lang"] for title in record["titles"]] == ["nl", "en"]
    assert {title.get("titleType", "Other") for title in record["titles"]} <= RELATED
    assert {entry["descriptionType"] for entry in record["descriptions"]} <= DESCRIPTIONS
    assert record["dates"] == [
        {
            "date": "2020-03-01/2022-03-31", "dateType": "Collected",
            "dateInformation": "fieldwork of simulated waves: nobody was asked",
        }
    ]  # fmt: skip
    identifiers = {entry["identifierType"]: entry["identifier"] for entry in record["identifiers"]}
    assert identifiers == {"Local name": "tiny/tiny", "Git commit": COMMIT}
    assert "10." not in json.dumps(record["identifiers"])
    assert "doi" not in record


def test_a_person_is_told_from_an_organisation(facts: Facts) -> None:
    both = replace(facts, creators=("The makers", "Doe, J."), persons=frozenset({"Doe, J."}))
    assert datacite(both)["creators"] == [
        {"name": "The makers", "nameType": "Organizational"},
        {"name": "Doe, J.", "nameType": "Personal"},
    ]
    assert [one["@type"] for one in dataset(both, "en", "")["creator"]] == ["Organization", "Person"]


def test_what_is_not_declared_is_not_made_up(facts: Facts) -> None:
    bare = replace(facts, provenance=Provenance(), creators=(), keywords=())
    record = datacite(bare)
    assert {"publicationYear", "version", "rightsList", "geoLocations", "subjects"}.isdisjoint(record)
    assert record["publisher"] == {"name": ":unav"}
    said = dataset(bare, "en", "")
    assert {"license", "spatialCoverage", "version", "datePublished", "keywords"}.isdisjoint(said)
    declared = with_notes(facts, rights={"nl": "Mag.", "en": "May."}, coverage={"nl": "Nergens", "en": "Nowhere"})
    assert datacite(declared)["rightsList"] == [{"rights": "Mag.", "lang": "nl"}, {"rights": "May.", "lang": "en"}]
    assert datacite(declared)["geoLocations"] == [{"geoLocationPlace": "Nowhere"}]
    assert dataset(declared, "nl", "")["spatialCoverage"] == {"@type": "Place", "name": "Nergens"}


def test_simulated_data_say_so_in_every_record(facts: Facts) -> None:
    assert all("gesimuleerde" in title or "simulated" in title for title in facts.titles.values())
    for text in (json.dumps(datacite(facts), ensure_ascii=False), codebook(facts), bibtex(_of(facts), facts)):
        assert "gesimuleerde gegevens" in text
        assert "Gesimuleerde gegevens: hier is geen bewoner ondervraagd." in text


def _of(facts: Facts) -> Context:
    return Context(facts.study, facts.bundle, "nl")


def test_search_engines_find_every_table_where_the_page_has_it(facts: Facts) -> None:
    said = dataset(facts, "en", "../../files/tiny/")
    assert (said["@context"], said["@type"]) == ("https://schema.org/", "Dataset")
    assert 50 <= len(said["description"]) <= 5000
    assert [one["contentUrl"] for one in said["distribution"]] == [
        f"../../files/tiny/{name}.csv" for name in published_contracts()
    ]
    assert said["temporalCoverage"] == "2020-03-01/2022-03-31"


def test_nothing_in_the_page_ends_the_record_early() -> None:
    text = in_page({"name": "</script><script>alert(1)</script><!--", "x": "a & b"})
    inside = text.removeprefix('<script type="application/ld+json">').removesuffix("</script>")
    assert "<" not in inside
    assert ">" not in inside
    assert json.loads(inside) == {"name": "</script><script>alert(1)</script><!--", "x": "a & b"}


def test_every_column_of_every_table_is_described(facts: Facts) -> None:
    tables = {table["url"]: table for table in csvw(facts)["tables"]}
    assert list(tables) == [f"{name}.csv" for name in published_contracts()]
    for name, contract in published_contracts().items():
        columns = tables[f"{name}.csv"]["tableSchema"]["columns"]
        assert [column["name"] for column in columns] == [*contract.columns, MARK]
        assert list(facts.bundle.tables[name].columns) == [*contract.columns, MARK]
        assert all(column["dc:description"] for column in columns)


def test_the_reference_names_maker_year_title_and_commit(context: Callable[[str], Context], facts: Facts) -> None:
    assert cited(context("en"), facts) == (
        "The makers (2026). A tiny study – tiny (simulated data) (version 1.2; commit 3f9a2c1) [Report]."
    )
    undated = replace(facts, provenance=Provenance())
    assert "(n.d.)" in cited(context("en"), undated)
    assert "(z.d.)" in cited(context("nl"), undated)


def test_reference_managers_can_read_it(context: Callable[[str], Context], facts: Facts) -> None:
    entry = bibtex(context("en"), facts)
    assert entry.startswith("@misc{tiny-tiny,\n")
    assert entry.count("{") == entry.count("}")
    assert "year = {2026}" in entry
    lines = ris(context("en"), facts).split("\r\n")
    assert lines[0] == "TY  - DATA"
    assert lines[-2:] == ["ER  - ", ""]
    assert all(re.fullmatch(r"[A-Z][A-Z0-9]  - .*", line) for line in lines[:-1])
    odd = replace(facts, titles={"en": "50% of {A} & B_c"})
    assert r"{{50\% of \{A\} \& B\_c}}" in bibtex(context("en"), odd)


def test_makers_are_those_of_the_citation_file() -> None:
    """Of this repository: its maintainers, and no person it does not name."""
    study = load_study(Path(__file__).resolve().parents[4])
    waves = pd.DataFrame({"start": [], "end": []})
    about = {"minimum_group": 10, "minimum_cell": 5, "simulated": True}
    found = facts_of(study, Bundle("simulated", {"waves": waves}, about))
    assert found.creators == ("The Magical Housing maintainers",)
    assert found.persons == frozenset()
    assert "social cohesion" in found.keywords
    assert found.declared("coverage")["nl"] == "Nederland"


def test_the_same_bytes_twice(facts: Facts) -> None:
    assert pool_files(facts.study, facts.bundle) == pool_files(facts.study, facts.bundle)
    assert set(pool_files(facts.study, facts.bundle)) == {
        "csv-metadata.json", "datacite.json", "dataset.jsonld", "ddi-codebook.xml",
    }  # fmt: skip


def test_a_pool_without_waves_has_records_too(facts: Facts) -> None:
    empty = {name: frame.iloc[:0] for name, frame in facts.bundle.tables.items()}
    nothing = replace(facts, bundle=Bundle("gone", empty, facts.bundle.about))
    assert "dates" not in datacite(nothing)
    assert dataset(nothing, "en", "")["variableMeasured"] == []
    assert "<dataDscr>" not in codebook(nothing)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_no_hidden_figure_is_in_any_record(facts: Facts, data: st.DataObject) -> None:
    """Whatever cells the gate hides, no record depends on what stood there: only what is shown goes in."""
    shown = facts.bundle.tables["item_distribution"]
    hidden = data.draw(st.sets(st.integers(0, len(shown) - 1), min_size=1))
    tables: dict[str, pd.DataFrame] = dict(facts.bundle.tables)
    tables["item_distribution"] = shown.assign(
        n=[float("nan") if i in hidden else n for i, n in enumerate(shown["n"])],
        share=[float("nan") if i in hidden else share for i, share in enumerate(shown["share"])],
        suppressed=["cell" if i in hidden else mark for i, mark in enumerate(shown[MARK])],
    )
    told = codebook(replace(facts, bundle=replace(facts.bundle, tables=tables)))
    answers = told.count('<catStat type="freq">')
    everybody = (shown["trait"] == "all") & (shown["level"] == "all")
    there = [i for i in range(len(shown)) if everybody.iloc[i] and i not in hidden and pd.notna(shown["n"].iloc[i])]
    assert answers == len({(shown["item"].iloc[i], shown["category"].iloc[i]) for i in there})
    assert not re.search(r">\s*nan\b", told, flags=re.IGNORECASE)


def test_no_record_reads_a_figure_but_those_of_everybody_and_of_waves(facts: Facts) -> None:
    """Every other number of the bundle may change without a record changing: none is in one."""
    kept = ("item_distribution", "waves")
    changed: dict[str, pd.DataFrame] = {}
    for name, frame in facts.bundle.tables.items():
        contract = published_contracts()[name]
        figures = contract.with_role("base", "count", "share", "statistic")
        rows = (
            frame["trait"] != "all" if name == "item_distribution" else pd.Series(name not in kept, index=frame.index)
        )
        other: Any = frame.copy()
        for column in figures:
            other[column] = other[column].mask(rows, 987654.321)
        changed[name] = other
    other_facts = replace(facts, bundle=replace(facts.bundle, tables=changed))
    for make in (datacite, csvw, codebook, lambda one: dataset(one, "en", "")):
        assert make(other_facts) == make(facts)
