"""KoboToolbox and ODK (Collect, Central, Enketo): columns named as in the XLSForm, with their groups before them.

``group/sub/name`` (Kobo; whoever exports may choose another mark) or ``group-name`` (ODK Central). A question with
several answers has a column of the chosen codes with spaces between them, a column of 0/1 or TRUE/FALSE for every
option (``question/option``), or both. Headings
and answers are the XLSForm's names or its labels. Its own columns begin or end with an underscore (``_id _uuid
_submission_time __version__``), or are ``KEY``, ``SubmissionDate`` and ``meta/instanceID``. Read into R and written
again, slashes have become dots, ``_id`` is ``X_id``, and a byte-order mark is ``X.U.FEFF.``.
"""

from __future__ import annotations

import re
from dataclasses import replace

from pipeline.intake.source import Grid, SourceColumn
from pipeline.intake.text import fold
from pipeline.intake.tools.layout import Layout, different, headings, named
from pipeline.intake.tools.multiple import looks_joined

_OWN = frozenset({
    "_id", "_uuid", "_submission_time", "_validation_status", "_notes", "_status", "_submitted_by", "_tags", "_index",
    "__version__", "_version_", "_parent_index", "_parent_table_name", "_xform_id_string", "_attachments",
    "_geolocation", "formhub/uuid", "meta/instanceid", "meta/rootuuid", "meta-instanceid", "instanceid", "key",
    "submissiondate",
    "submitterid", "submittername", "attachmentspresent", "attachmentsexpected", "devicephonenum", "formversion",
    "reviewstate",
})  # fmt: skip
_SURE = frozenset({"_uuid", "_submission_time", "__version__", "meta/instanceid", "meta-instanceid", "_id", "key"})
_METADATA = frozenset(
    {"start", "end", "today", "deviceid", "subscriberid", "simserial", "phonenumber", "username", "audit"}
)
"""What a form may ask of the telephone, under the names that everybody gives it."""
_SEPARATORS = ("-", ":", ".", "|", "__")
"""What somebody may have chosen for KoboToolbox to write between groups and names."""
_DEEPEST = 20
"""So many groups within groups are looked at."""
_MARK_IN_R = re.compile(r"^X?\.?U\.FEFF\.", re.IGNORECASE)
_CODE = re.compile(r"[\w.-]+")
_NOT_SHOWN = frozenset({"n/a"})


def layout(grid: Grid) -> Layout | None:
    """The layout of ``grid`` when KoboToolbox or ODK wrote it."""
    names = headings(grid)
    clean = [_clean(name) for name in names]
    own = {_own(name) for name in clean} & _OWN
    if len(own) < 3 or not own & _SURE:
        return None
    in_r = any(re.match(r"X_+[a-z]", name) for name in names)
    separator = "." if in_r and not any("/" in name for name in clean) else _separator(clean, central="key" in own)
    known = {fold(name) for name in clean}
    columns = tuple(
        _named(column, name, path, separator, known)
        for column, name, path in zip(grid.columns, names, clean, strict=True)
    )
    return Layout("kobo", columns, joined=_joined(grid, columns, clean))


def _clean(name: str) -> str:
    """``name`` without a byte-order mark, however it survived."""
    return _MARK_IN_R.sub("", name.replace("\ufeff", "")).strip()


def _separator(clean: list[str], *, central: bool) -> str:
    """What stands between groups and names: a slash, ODK Central's dash, or the mark somebody chose for the export,
    which is in most questions' names."""
    questions = [name for name in clean if _own(name) not in _OWN and fold(name) not in _METADATA]
    if any("/" in name for name in clean):
        return "/"
    n_with = {mark: sum(mark in name and " " not in name for name in questions) for mark in _SEPARATORS}
    best = max(_SEPARATORS, key=lambda mark: n_with[mark])
    if 2 * n_with[best] > len(questions):
        return best
    return "-" if central else "/"


def _own(name: str) -> str:
    """``name`` as Kobo's own columns are known; R puts an X before an underscore."""
    return re.sub(r"^x(?=_)", "", fold(name).replace("meta.", "meta/").replace("formhub.", "formhub/"))


def _named(column: SourceColumn, name: str, path: str, separator: str, known: set[str]) -> SourceColumn:
    """``column`` with its name in the form, without groups; an option of a question as ``question/option``."""
    if _own(path) in _OWN:
        return named(column, name, codes=[_own(path)], own=True)
    if fold(path) in _METADATA:
        return named(column, name, codes=[path], own=True)
    codes = [path]
    before, found, last = path.rpartition(separator)
    if found:
        question = _question(path, separator, known)
        if question:
            option = path[len(question) + len(separator) :]
            codes += [f"{question}/{option}", f"{question.rpartition(separator)[2]}/{option}"]
        else:
            codes += [last, f"{before.rpartition(separator)[2]}/{last}"]
    label = last if found and separator == "/" and " " in last else ""
    return replace(named(column, name, label=label, codes=codes), not_shown=_NOT_SHOWN)


def _question(path: str, separator: str, known: set[str]) -> str:
    """The longest beginning of ``path`` that is a column itself: the question that ``path`` is an option of."""
    steps = path.split(separator, _DEEPEST)
    beginnings = (separator.join(steps[:n]) for n in range(len(steps) - 1, 0, -1))
    return next((beginning for beginning in beginnings if fold(beginning) in known), "")


def _joined(grid: Grid, columns: tuple[SourceColumn, ...], clean: list[str]) -> dict[int, str]:
    """Questions with several answers: codes with spaces between them."""
    found = {}
    for column, path in zip(columns, clean, strict=True):
        cells = different(grid, column.position)
        codes_only = all(isinstance(c, float) or all(map(_CODE.fullmatch, c.split())) for c in cells[:200])
        if _own(path) not in _OWN and codes_only and looks_joined(cells, " "):
            found[column.position] = " "
    return found
