"""The codebook as DDI-Codebook 2.5 has it: namespace, order of elements, references, and what a reader looks up."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from lxml import etree

from pipeline.present.archive.ddi import NAMESPACE, codebook
from pipeline.present.archive.facts import Facts, facts_of
from pipeline.present.context import Context
from pipeline.provenance import Provenance
from pipeline.published import published_contracts

# children in the order of the schema (codebook.xsd 2.5), of every element that is used here; `?`: at most one
ORDER = {
    "codeBook": "docDscr stdyDscr fileDscr dataDscr otherMat",
    "docDscr": "citation? guide docStatus docSrc controlledVocabUsed notes",
    "citation": "titlStmt? rspStmt? prodStmt? distStmt serStmt verStmt biblCit holdings notes",
    "titlStmt": "titl? subTitl altTitl parTitl IDNo",
    "rspStmt": "AuthEnty othId",
    "prodStmt": "producer copyright? prodDate prodPlac software fundAg grantNo",
    "verStmt": "version? verResp notes",
    "stdyDscr": "citation studyAuthorization stdyInfo studyDevelopment method dataAccs othrStdyMat notes",
    "stdyInfo": "studyBudget subject abstract sumDscr qualityStatement notes exPostEvaluation",
    "subject": "keyword topcClas",
    "sumDscr": "timePrd collDate nation geogCover geogUnit geoBndBox boundPoly anlyUnit universe dataKind",
    "method": "dataColl notes anlyInfo stdyClas dataProcessing codingInstructions",
    "dataColl": "timeMeth dataCollector collectorTraining frequenc sampProc sampleFrame targetSampleSize deviat"
    " collMode resInstru instrumentDevelopment sources? collSitu actMin ConOps weight cleanOps",
    "anlyInfo": "respRate EstSmpErr dataAppr",
    "dataAccs": "setAvail useStmt notes",
    "setAvail": "accsPlac origArch avlStatus collSize complete fileQnty? notes",
    "useStmt": "confDec? specPerm? restrctn? contact citReq? deposReq? conditions? disclaimer?",
    "fileDscr": "fileTxt locMap notes",
    "fileTxt": "fileName fileCitation dataFingerprint fileCont fileStrc? dimensns? fileType format filePlac dataChck"
    " ProcStat dataMsng software verStmt",
    "dimensns": "caseQnty varQnty logRecL recPrCas recNumTot",
    "dataDscr": "varGrp nCubeGrp var nCube notes",
    "varGrp": "labl txt concept defntn? universe? notes",
    "var": "location labl imputation? security? embargo? respUnit? anlysUnit? qstn valrng invalrng undocCod universe"
    " TotlResp? sumStat txt stdCatgry catgryGrp catgry codInstr verStmt concept derivation? varFormat? geoMap catLevel"
    " notes",
    "qstn": "preQTxt qstnLit postQTxt forward backward ivuInstr",
    "valrng": "item range key notes",
    "invalrng": "item range key notes",
    "catgry": "catValu? labl txt catStat mrow",
}
IN = {"d": NAMESPACE, "xml": "http://www.w3.org/XML/1998/namespace"}
LANG = "{http://www.w3.org/XML/1998/namespace}lang"


@pytest.fixture
def facts(context: Callable[[str], Context]) -> Facts:
    one = context("nl")
    provenance = Provenance(history="known", commit="3f9a2c1" + "0" * 33, date="2026-01-31", version="1.2")
    return replace(facts_of(one.study, one.bundle), provenance=provenance)


@pytest.fixture
def document(facts: Facts) -> etree._Element:
    return etree.fromstring(codebook(facts).encode())


def out_of_order(document: etree._Element) -> Iterator[str]:
    """Children that are not allowed, in the wrong place, or there twice where one is allowed."""
    for element in document.iter():
        name = etree.QName(element).localname
        children = [etree.QName(child).localname for child in element]
        if children and name not in ORDER:
            yield f"{name} has children"
            continue
        allowed = [one.rstrip("?") for one in ORDER.get(name, "").split()]
        single = {one.rstrip("?") for one in ORDER.get(name, "").split() if one.endswith("?")}
        yield from (f"{child} in {name}" for child in children if child not in allowed)
        places = [allowed.index(child) for child in children if child in allowed]
        if places != sorted(places):
            yield f"order in {name}: {children}"
        yield from (f"{child} twice in {name}" for child in single if children.count(child) > 1)


def test_elements_stand_as_the_schema_has_them(document: etree._Element) -> None:
    assert document.tag == f"{{{NAMESPACE}}}codeBook"
    assert document.get("version") == "2.5"
    assert all(etree.QName(element).namespace == NAMESPACE for element in document.iter())
    assert list(out_of_order(document)) == []


def test_the_check_of_the_order_can_fail() -> None:
    wrong = f'<codeBook xmlns="{NAMESPACE}"><dataDscr/><docDscr/></codeBook>'
    assert list(out_of_order(etree.fromstring(wrong))) == ["order in codeBook: ['dataDscr', 'docDscr']"]
    twice = f'<catgry xmlns="{NAMESPACE}"><catValu/><catValu/></catgry>'
    assert list(out_of_order(etree.fromstring(twice))) == ["catValu twice in catgry"]


def test_references_lead_somewhere(document: etree._Element) -> None:
    ids = document.xpath("//@ID")
    assert len(ids) == len(set(ids)) > 10
    for joined in document.xpath("//d:varGrp/@var", namespaces=IN):
        assert set(joined.split()) <= set(ids)


def test_a_question_with_its_answers_and_counts(document: etree._Element, facts: Facts) -> None:
    """sat1 of the tiny study: its wording in both languages, codes, labels, and the counts that are published."""
    (variable,) = document.xpath("//d:var[@name='sat1']", namespaces=IN)
    field = facts.study.instrument_of_pool("tiny").field_named("sat1")
    literal = {one.get(LANG): one.text for one in variable.xpath("d:qstn/d:qstnLit", namespaces=IN)}
    assert literal == dict(field.title)
    answers = variable.xpath("d:catgry[not(@missing)]", namespaces=IN)
    assert [one.findtext("d:catValu", namespaces=IN) for one in answers] == ["1", "2", "3", "4", "5"]
    counts = [one.xpath("string(d:catStat[@type='freq'])", namespaces=IN) for one in answers]
    rows = facts.bundle.rows("item_distribution", item="sat1", trait="all", level="all")
    assert counts == [f"{n:.0f}" if n == n else "" for n in rows["n"]]
    assert any(counts)
    missing = variable.xpath("d:catgry[@missing='Y']/d:catValu/text()", namespaces=IN)
    invalid = variable.xpath("d:invalrng/d:item/@VALUE", namespaces=IN)
    assert missing == invalid


def test_reversed_scored_and_licensed(document: etree._Element, facts: Facts) -> None:
    instrument = facts.study.instrument_of_pool("tiny")
    reversed_ones = {field.name for field in instrument.fields if field.reversed}
    noted = set(document.xpath("//d:var[d:notes/@type='scoring']/@name", namespaces=IN))
    assert noted == reversed_ones
    assert noted
    for construct in instrument.constructs:
        (group,) = document.xpath(f"//d:varGrp[@name='{construct.name}']", namespaces=IN)
        assert group.get("var").split() == [f"var_{item}" for item in construct.items]
        licence = instrument.sources[construct.source].licence
        assert group.xpath("string(d:notes[@type='licence'])", namespaces=IN) == licence


def test_the_study_and_its_files(document: etree._Element, facts: Facts) -> None:
    assert document.xpath("string(d:stdyDscr/d:citation/d:titlStmt/d:titl)", namespaces=IN) == facts.titles["nl"]
    assert document.xpath("string(//d:parTitl[@xml:lang='en'][1])", namespaces=IN).endswith("(simulated data)")
    files = document.xpath("//d:fileTxt/d:fileName/text()", namespaces=IN)
    assert files == [f"{name}.csv" for name in published_contracts()]
    assert "tiny-2020: 130 of 160 (81%)" in document.xpath("//d:respRate/text()", namespaces=IN)
    assert [one.get("date") for one in document.xpath("//d:collDate", namespaces=IN)] == [
        "2020-03-01", "2020-03-31", "2022-03-01", "2022-03-31",
    ]  # fmt: skip
    assert document.xpath("//d:weight[@xml:lang='en']/text()", namespaces=IN) == ["Not weighted."]


def test_a_response_that_is_hidden_is_not_told(facts: Facts) -> None:
    waves = facts.bundle.tables["waves"].assign(received=float("nan"))
    tables = {**facts.bundle.tables, "waves": waves}
    assert "<respRate" not in codebook(replace(facts, bundle=replace(facts.bundle, tables=tables)))


def test_signs_of_xml_and_signs_it_cannot_hold(facts: Facts) -> None:
    odd = replace(facts, titles=dict.fromkeys(facts.titles, 'A < B & "C"\x0b]]>'))
    document = etree.fromstring(codebook(odd).encode())
    assert document.xpath("string(d:stdyDscr/d:citation/d:titlStmt/d:titl)", namespaces=IN) == 'A < B & "C"]]>'
