"""Every column of every published table, after CSV on the Web: https://www.w3.org/TR/tabular-metadata/ ."""

from __future__ import annotations

from typing import Any

from pipeline.artefacts import Role, TableContract
from pipeline.present.archive.facts import Facts
from pipeline.published import MARK, published_contracts

_DATATYPES: dict[Role, str] = {
    "key": "string", "fact": "string", "base": "number", "count": "number", "share": "number", "statistic": "number",
    "design": "number",
}  # fmt: skip
_MEANINGS: dict[str, str] = {
    "key": "names the row",
    "base": "number of persons that the row's figures stand on",
    "count": "number of persons",
    "share": "share of the persons, from 0 to 1",
    "statistic": "an estimate",
    "design": "a number that says nothing of persons",
    "fact": "text or flag about the study",
    MARK: "whether figures of the row are hidden: group, cell or empty",
}


def csvw(facts: Facts) -> dict[str, Any]:
    """The description of all tables; each ``url`` is relative to where the record stands."""
    return {
        "@context": ["http://www.w3.org/ns/csvw", {"@language": "en"}],
        "dc:title": facts.titles.get("en", facts.first(facts.titles)),
        "tables": [_table(contract) for contract in published_contracts().values()],
    }


def _table(contract: TableContract) -> dict[str, Any]:
    columns = [_column(name, role, _DATATYPES[role]) for name, role in contract.columns.items()]
    table: dict[str, Any] = {
        "url": f"{contract.name}.csv",
        "dc:description": contract.grain,
        "tableSchema": {
            "columns": [*columns, _column(MARK, MARK, "string")],
            "primaryKey": contract.with_role("key"),
        },
    }
    if contract.notes:
        table["notes"] = [contract.notes]
    return table


def _column(name: str, role: str, datatype: str) -> dict[str, Any]:
    return {"name": name, "titles": name, "datatype": datatype, "dc:description": _MEANINGS[role]}
