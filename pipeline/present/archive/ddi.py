"""The instrument and the published counts as DDI-Codebook 2.5 XML, so that an archive can take them.

https://ddialliance.org/Specification/DDI-Codebook/2.5/ . Elements stand in the order of its schema. A category has
counts only where they are published, of everybody who is analysed; a hidden one has none. The published tables are
described as files; the instrument's questions as variables, though no file with a row per person exists outside.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Iterable, Mapping

import pandas as pd

from pipeline.declare import Category, Construct, Instrument, InstrumentField
from pipeline.present.archive.facts import Facts, Texts
from pipeline.present.bundle import ALL
from pipeline.present.context import Context, as_code
from pipeline.published import MARK, published_contracts

NAMESPACE = "ddi:codebook:2_5"
_SCHEMA = "https://ddialliance.org/Specification/DDI-Codebook/2.5/XMLSchema/codebook.xsd"
_XSI = "http://www.w3.org/2001/XMLSchema-instance"
_XML_LANG = "xml:lang"
_MODES = {"online": "Self-administered questionnaire: web-based", "paper": "Self-administered questionnaire: paper"}
_MODES |= {"interview": "Interview"}


def codebook(facts: Facts) -> str:
    """The document."""
    root = ET.Element("codeBook", {
        "xmlns": NAMESPACE, "xmlns:xsi": _XSI, "xsi:schemaLocation": f"{NAMESPACE} {_SCHEMA}", "version": "2.5",
        _XML_LANG: facts.languages[0],
    })  # fmt: skip
    _document(root, facts)
    _study(root, facts)
    _files(root, facts)
    if facts.study.waves_of(facts.bundle.pool):
        _data(root, facts)
    ET.indent(root, " ")
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def _add(parent: ET.Element, tag: str, text: str = "", **attributes: str) -> ET.Element:
    """A new last child; ``lang`` among the attributes is ``xml:lang``."""
    named = {_XML_LANG if name == "lang" else name: value for name, value in attributes.items()}
    child = ET.SubElement(parent, tag, named)
    if text:
        child.text = _printable(text)
    return child


def _printable(text: str) -> str:
    """``text`` without the control characters that XML cannot hold."""
    return "".join(sign for sign in text if sign in "\t\n" or ord(sign) >= 32)


def _add_in_languages(parent: ET.Element, tag: str, texts: Mapping[str, str], **attributes: str) -> None:
    """A child per language that has a text."""
    for language, text in texts.items():
        if text:
            _add(parent, tag, text, lang=language, **attributes)


def _citation(parent: ET.Element, facts: Facts, titles: Texts) -> None:
    """Title in the first language, parallel titles in the others, maker, producer, version."""
    citation = _add(parent, "citation")
    statement = _add(citation, "titlStmt")
    first, *others = facts.languages
    _add(statement, "titl", titles[first], lang=first)
    for language in others:
        _add(statement, "parTitl", titles[language], lang=language)
    _add(statement, "IDNo", facts.local_name, agency="local")
    responsible = _add(citation, "rspStmt")
    for name in facts.creators:
        _add(responsible, "AuthEnty", name)
    produced = _add(citation, "prodStmt")
    for name in facts.creators:
        _add(produced, "producer", name)
    if facts.provenance.date:
        _add(produced, "prodDate", facts.provenance.date, date=facts.provenance.date)
    _add(produced, "software", "Magical Housing pipeline", **_if(version=facts.provenance.version))
    if facts.version:
        _add(_add(citation, "verStmt"), "version", facts.version, **_if(date=facts.provenance.date))


def _if(**attributes: str) -> dict[str, str]:
    """The attributes that have a value."""
    return {name: value for name, value in attributes.items() if value}


def _document(root: ET.Element, facts: Facts) -> None:
    words = {language: Context(facts.study, facts.bundle, language) for language in facts.languages}
    titles = {language: f"{words[language].say('ddi codebook')}: {facts.titles[language]}" for language in words}
    _citation(_add(root, "docDscr"), facts, titles)


def _study(root: ET.Element, facts: Facts) -> None:
    study = _add(root, "stdyDscr")
    _citation(study, facts, facts.titles)
    information = _add(study, "stdyInfo")
    subject = _add(information, "subject")
    for keyword in facts.keywords:
        _add(subject, "keyword", keyword, lang="en")
    _add_in_languages(subject, "topcClas", facts.declared("audience"))
    _add_in_languages(information, "abstract", facts.abstracts, contentType="abstract")
    _summary(information, facts)
    _method(study, facts)
    _access(study, facts)


def _summary(parent: ET.Element, facts: Facts) -> None:
    """When, where, of whom, what kind of data."""
    summary = _add(parent, "sumDscr")
    for _, wave in facts.bundle.tables["waves"].iterrows():
        for event in ("start", "end"):
            if wave[event]:
                _add(summary, "collDate", str(wave[event]), date=str(wave[event]), event=event, cycle=str(wave["wave"]))
    _add_in_languages(summary, "geogCover", facts.declared("coverage"))
    contexts = {language: Context(facts.study, facts.bundle, language) for language in facts.languages}
    _add_in_languages(summary, "anlyUnit", {language: one.say("ddi unit") for language, one in contexts.items()})
    _add_in_languages(
        summary, "universe",
        {language: one.say("ddi universe", people=one.people, units=one.units) for language, one in contexts.items()},
        clusion="I",
    )  # fmt: skip
    kind = "Simulated survey data: aggregate data" if facts.bundle.simulated else "Survey data: aggregate data"
    _add(summary, "dataKind", kind, lang="en")


def _method(parent: ET.Element, facts: Facts) -> None:
    """How people were asked, how many answered where that is shown, what the gate does."""
    method = _add(parent, "method")
    collection = _add(method, "dataColl")
    waves = facts.bundle.tables["waves"]
    if len(waves):
        _add(collection, "timeMeth", "Repeated cross-sections" if len(waves) > 1 else "Cross-section", lang="en")
    _add_in_languages(collection, "sampProc", facts.declared("sampling"))
    modes = dict.fromkeys(mode for joined in waves["mode"] for mode in str(joined).split(";") if mode)
    for mode in modes:
        _add(collection, "collMode", _MODES.get(mode, mode), lang="en")
    for name in dict.fromkeys(str(name) for name in waves["instrument"]):
        _add(collection, "resInstru", f"Structured questionnaire {name}", lang="en")
    contexts = {language: Context(facts.study, facts.bundle, language) for language in facts.languages}
    _add_in_languages(collection, "weight", {language: one.say("ddi weight") for language, one in contexts.items()})
    analysed = _add(method, "anlyInfo")
    for _, wave in waves.iterrows():
        if said := _response(wave):
            _add(analysed, "respRate", said, lang="en")
    _add_in_languages(analysed, "dataAppr", facts.limits)


def _response(wave: pd.Series) -> str:
    """Received of invited, where both are published."""
    invited, received = wave["invited"], wave["received"]
    if pd.isna(invited) or pd.isna(received) or not invited:
        return ""
    return f"{wave['wave']}: {received:.0f} of {invited:.0f} ({100 * received / invited:.0f}%)"


def _access(parent: ET.Element, facts: Facts) -> None:
    access = _add(parent, "dataAccs")
    available = _add(access, "setAvail")
    _add(available, "fileQnty", str(len(facts.bundle.tables)))
    use = _add(access, "useStmt")
    if rights := facts.declared("rights"):
        _add(use, "conditions", facts.first(rights), lang=facts.languages[0])
    contexts = {language: Context(facts.study, facts.bundle, language) for language in facts.languages}
    _add(use, "disclaimer", contexts[facts.languages[0]].say("archive not the study"), lang=facts.languages[0])


def _files(root: ET.Element, facts: Facts) -> None:
    """The published tables."""
    for name, contract in published_contracts().items():
        described = _add(_add(root, "fileDscr", ID=f"file_{name}", URI=f"{name}.csv"), "fileTxt")
        _add(described, "fileName", f"{name}.csv")
        _add(described, "fileCont", f"One row is {contract.grain}. {contract.notes}".strip(), lang="en")
        size = _add(described, "dimensns")
        _add(size, "caseQnty", str(len(facts.bundle.tables[name])))
        _add(size, "varQnty", str(len([*contract.columns, MARK])))
        _add(described, "fileType", "text/csv", charset="UTF-8")


def _data(root: ET.Element, facts: Facts) -> None:
    """Scales as groups of variables, then every question."""
    instrument = facts.study.instrument_of_pool(facts.bundle.pool)
    data = _add(root, "dataDscr")
    for construct in instrument.constructs:
        _scale(data, construct, instrument)
    counts = _published_counts(facts)
    for field in instrument.fields:
        _variable(data, field, instrument, counts.get(field.name, {}))


def _scale(parent: ET.Element, construct: Construct, instrument: Instrument) -> None:
    members = " ".join(f"var_{item}" for item in construct.items)
    group = _add(parent, "varGrp", ID=f"scale_{construct.name}", type="analysis", var=members, name=construct.name)
    _add_in_languages(group, "labl", construct.title)
    times = f" times {construct.multiply:g}" if construct.multiply != 1 else ""
    scored = f"Score: {construct.rule} of the items{times}, reversed items turned round first; "
    answered = f"answered at least: {construct.minimum_answered}; from {construct.lower:g} to {construct.upper:g}."
    _add(group, "txt", scored + answered, lang="en")
    _add_in_languages(group, "concept", construct.meaning)
    _source(group, construct.source, instrument)


def _source(parent: ET.Element, name: str | None, instrument: Instrument) -> None:
    """Where it comes from and on what terms it may be asked, as notes."""
    if name is None or name not in instrument.sources:
        return
    source = instrument.sources[name]
    _add(parent, "notes", source.citation, type="source", lang="en")
    _add(parent, "notes", source.licence, type="licence", lang="en")
    said = ", ".join(f"{language}: {status}" for language, status in source.translations.items())
    if said:
        _add(parent, "notes", said, type="status of the wording", lang="en")


def _variable(
    parent: ET.Element, field: InstrumentField, instrument: Instrument, counts: Mapping[str, tuple[float, float]]
) -> None:
    categories = instrument.categories_of(field)
    nature = {"nature": "ordinal" if field.scale and instrument.scales[field.scale].ordered else "nominal"}
    kind = nature if categories else {}
    measured = field.type == "number" and not categories
    variable = _add(
        parent, "var", ID=f"var_{field.name}", name=field.name, intrvl="contin" if measured else "discrete", **kind
    )
    _add_in_languages(variable, "labl", field.title)
    question = _add(variable, "qstn")
    _add_in_languages(question, "qstnLit", field.title)
    if measured and field.minimum is not None and field.maximum is not None:
        _add(_add(variable, "valrng"), "range", min=f"{field.minimum:g}", max=f"{field.maximum:g}")
    coded = field.role in ("item", "background") and field.type != "string"
    missing = instrument.missing_values if coded else []
    if missing:
        invalid = _add(variable, "invalrng")
        for one in missing:
            _add(invalid, "item", VALUE=as_code(one.value))
    for category in categories:
        _category(variable, category, counts)
    for one in missing:
        answer = _add(variable, "catgry", missing="Y")
        _add(answer, "catValu", as_code(one.value))
        _add_in_languages(answer, "labl", one.label)
    _add(variable, "varFormat", type="character" if field.type in ("string", "date") else "numeric")
    if field.reversed:
        _add(
            variable, "notes", "Reversed when its scale is scored; codes here are as asked.", type="scoring", lang="en"
        )
    scales = [construct.name for construct in instrument.constructs if field.name in construct.items]
    if scales:
        _add(variable, "notes", ", ".join(scales), type="scale", lang="en")
    _source(variable, field.source, instrument)


def _category(parent: ET.Element, category: Category, counts: Mapping[str, tuple[float, float]]) -> None:
    """An answer, with its published count and share."""
    code = as_code(category.value)
    answer = _add(parent, "catgry")
    _add(answer, "catValu", code)
    _add_in_languages(answer, "labl", category.label)
    if code in counts:
        n, share = counts[code]
        _add(answer, "catStat", f"{n:.0f}", type="freq")
        _add(answer, "catStat", f"{100 * share:.4g}", type="percent")


def _published_counts(facts: Facts) -> dict[str, dict[str, tuple[float, float]]]:
    """Count and share of every answer of everybody who is analysed, by item and code; only what is shown."""
    rows = facts.bundle.rows("item_distribution", trait=ALL, level=ALL)
    found: dict[str, dict[str, tuple[float, float]]] = {}
    for row in _shown(rows):
        found.setdefault(str(row["item"]), {})[str(row["category"])] = (float(row["n"]), float(row["share"]))
    return found


def _shown(rows: pd.DataFrame) -> Iterable[pd.Series]:
    """Rows whose count and share are both there."""
    return (row for _, row in rows.iterrows() if pd.notna(row["n"]) and pd.notna(row["share"]))
