"""Writes an SPSS file anew without some of its variables or cases.

Labels, codes with their labels, missing values, formats, measures, widths, the file's label and its notes are kept.
Sets of multiple responses cannot be written. What was written is read again; when anything differs, nothing comes out.

Run as a script, with nothing of this project imported, in the way of ``sav_worker``. Request: ``columns`` (positions,
from 0) and ``rows`` (cases, from 1) to leave out; ``all``: whether what says nothing of answers (measures, widths, the
file's label, notes, response sets) must be kept too.
"""

from __future__ import annotations

import io
import json
import math
import os
import resource
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import pandas as pd
import pyreadstat

_MADE = slice(84, 101)
"""Where an SPSS file says when it was made; that stays."""


def main(stdin: BinaryIO, stdout: BinaryIO) -> None:
    """Answer one request."""
    request = json.loads(stdin.read(int.from_bytes(stdin.read(8), "big")))
    data = stdin.read()
    columns, rows = set(request["columns"]), {row - 1 for row in request["rows"]}
    before, about = _read(data)
    names = [name for i, name in enumerate(about.column_names) if i not in columns]
    kept = {name: [cell for i, cell in enumerate(before[name]) if i not in rows] for name in names}
    written = _written(kept, about, names, zsav=data.startswith(b"$FL3"))
    written = written[: _MADE.start] + data[_MADE] + written[_MADE.stop :]
    after, again = _read(written)
    same = _same(kept, after) and _labels(about, names) == _labels(again, names)
    if request["all"]:
        same = same and _rest(about, names) == _rest(again, names) and not about.mr_sets
    header = json.dumps({} if same else {"problem": "cannot_cut"}).encode()
    stdout.write(len(header).to_bytes(8, "big") + header)
    if same:
        stdout.write(written)


def _read(data: bytes) -> tuple[dict[str, list[Any]], Any]:
    columns, about = pyreadstat.read_sav(
        io.BytesIO(data), user_missing=True, disable_datetime_conversion=True, output_format="dict"
    )
    return {name: list(cells) for name, cells in columns.items()}, about


def _written(kept: dict[str, list[Any]], about: Any, names: list[str], *, zsav: bool) -> bytes:
    text = {name for name in names if about.readstat_variable_types[name] == "string"}
    frame = pd.DataFrame(
        {
            name: pd.Series([cell if isinstance(cell, str) else "" for cell in cells], dtype="object")
            if name in text
            else pd.Series([math.nan if cell is None else float(cell) for cell in cells], dtype="float64")
            for name, cells in kept.items()
        }
    )
    with _nowhere() as path:
        pyreadstat.write_sav(
            frame,
            path,
            file_label=about.file_label or "",
            column_labels={name: about.column_names_to_labels.get(name) or "" for name in names},
            compress=zsav,
            note=list(about.notes) if about.notes else None,
            variable_value_labels={
                n: about.variable_value_labels[n] for n in names if n in about.variable_value_labels
            },
            missing_ranges={n: _ranges(about.missing_ranges[n]) for n in names if n in about.missing_ranges},
            variable_display_width={
                n: about.variable_display_width[n] for n in names if n in about.variable_display_width
            },
            variable_measure={n: about.variable_measure[n] for n in names if n in about.variable_measure},
            variable_format={n: about.original_variable_types[n] for n in names if n in about.original_variable_types},
        )
        return Path(path).read_bytes()


@contextmanager
def _nowhere() -> Iterator[str]:
    """A path that stands for memory, where the system has such; else for a file that is gone afterwards."""
    if hasattr(os, "memfd_create"):
        handle = os.memfd_create("cut")
        try:
            yield f"/proc/self/fd/{handle}"
        finally:
            os.close(handle)
        return
    with tempfile.TemporaryDirectory() as folder:
        yield str(Path(folder) / "cut.sav")


def _ranges(ranges: list[dict[str, Any]]) -> list[Any]:
    return [r["lo"] if r["lo"] == r["hi"] else r for r in ranges]


def _same(one: dict[str, list[Any]], other: dict[str, list[Any]]) -> bool:
    """Whether all cells are the same; in SPSS blanks at the end of a text are none, and an empty text is missing."""
    return one.keys() == other.keys() and all(
        len(one[name]) == len(other[name]) and all(map(_alike, one[name], other[name])) for name in one
    )


def _alike(one: Any, other: Any) -> bool:
    return bool(_plain(one) == _plain(other))


def _plain(cell: Any) -> Any:
    if cell is None or (isinstance(cell, float) and math.isnan(cell)):
        return ""
    return cell.rstrip() if isinstance(cell, str) else float(cell)


def _labels(about: Any, names: list[str]) -> list[Any]:
    """What says what the answers mean."""
    return [
        [about.column_names_to_labels.get(name) or "" for name in names],
        [about.variable_value_labels.get(name, {}) for name in names],
        [_ranges(about.missing_ranges.get(name, [])) for name in names],
        [_kind(about.original_variable_types.get(name) or "") for name in names],
    ]


def _kind(form: str) -> str:
    """The kind of a format: text may be kept wider than it was, for another encoding needs more bytes."""
    return form.rstrip("0123456789.")


def _rest(about: Any, names: list[str]) -> list[Any]:
    numeric = [name for name in names if about.readstat_variable_types[name] != "string"]
    return [
        about.file_label or "",
        list(about.notes or ()),
        [about.variable_measure.get(name) for name in names],
        [about.original_variable_types.get(name) for name in numeric],
    ]


if __name__ == "__main__":
    most = int(sys.argv[1])
    resource.setrlimit(resource.RLIMIT_AS, (most, most))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    main(sys.stdin.buffer, sys.stdout.buffer)
