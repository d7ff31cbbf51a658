"""ODS spreadsheets as programs write them, and as no program would."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable
from xml.sax.saxutils import escape, quoteattr

_SPACES = "office:1.0 table:1.0 text:1.0 style:1.0"
_NAMES = " ".join(
    f'xmlns:{space.split(":")[0]}="urn:oasis:names:tc:opendocument:xmlns:{space}"' for space in _SPACES.split()
)
_CALC = 'xmlns:calcext="urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0"'
_HEAD = (
    f'<?xml version="1.0" encoding="UTF-8"?><office:document-content {_NAMES} {_CALC}><office:automatic-styles>'
    '<style:style style:name="hidden" style:family="table"><style:table-properties table:display="false"/>'
    "</style:style>"
    "</office:automatic-styles><office:body><office:spreadsheet>"
)
_TAIL = "</office:spreadsheet></office:body></office:document-content>"
_MANIFEST = (
    '<?xml version="1.0"?><manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">'
    '<manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml">{inside}'
    "</manifest:file-entry></manifest:manifest>"
)
KIND = "application/vnd.oasis.opendocument.spreadsheet"
EMPTY = "<table:table-cell/>"


def cell(value: str | float | None, more: str = "") -> str:
    """A cell with ``value`` and ``more`` attributes."""
    if value is None:
        return f"<table:table-cell {more}/>"
    if isinstance(value, str):
        kind = 'office:value-type="string"'
    else:
        kind = f'office:value-type="float" office:value="{value}"'
    return f"<table:table-cell {more} {kind}><text:p>{escape(str(value))}</text:p></table:table-cell>"


def row(*cells: str, more: str = "") -> str:
    """A row of ``cells`` with ``more`` attributes."""
    return f"<table:table-row {more}>{''.join(cells)}</table:table-row>"


def sheet(*rows: str, name: str = "Blad1", hidden: bool = False) -> str:
    """A sheet of ``rows``."""
    style = 'table:style-name="hidden"' if hidden else ""
    return f"<table:table table:name={quoteattr(name)} {style}>{''.join(rows)}</table:table>"


def ods(*sheets: str, in_manifest: str = "", before: str = "", head: str = _HEAD) -> bytes:
    """A spreadsheet of ``sheets``; ``before`` stands before the document's XML."""
    content = head.replace("?>", f"?>{before}", 1) + "".join(sheets) + _TAIL
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(zipfile.ZipInfo("mimetype"), KIND, zipfile.ZIP_STORED)
        archive.writestr(zipfile.ZipInfo("content.xml"), content, zipfile.ZIP_DEFLATED)
        archive.writestr(zipfile.ZipInfo("META-INF/manifest.xml"), _MANIFEST.format(inside=in_manifest))
    return stream.getvalue()


def table_as_ods(rows: Iterable[Iterable[str | float | None]], name: str = "Antwoorden") -> bytes:
    """A spreadsheet with one sheet that holds ``rows``."""
    return ods(sheet(*(row(*map(cell, values)) for values in rows), name=name))
