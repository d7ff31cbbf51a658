"""Reads an SPSS file in a process of its own: the C library behind it may crash on a damaged file, and then only this
process dies.

Run as a script, with nothing of this project imported. First argument: the most bytes of memory. Standard input: a
request (length in eight bytes, then JSON: ``most_columns``, ``most_cells``), then the file's bytes. Standard output:
what the file says about itself, as JSON in the same way, and, unless it is too large, its cells as an Arrow stream:
numbers as they are, dates as SPSS's seconds, text as text.
"""

from __future__ import annotations

import io
import json
import resource
import sys
from typing import Any, BinaryIO

import pyarrow as pa
import pyreadstat


def main(stdin: BinaryIO, stdout: BinaryIO) -> None:
    """Answer one request."""
    request = json.loads(stdin.read(int.from_bytes(stdin.read(8), "big")))
    most_columns, most_cells = request["most_columns"], request["most_cells"]
    data = stdin.read()
    _, about = pyreadstat.read_sav(io.BytesIO(data), metadataonly=True)
    names = list(about.column_names)
    if not all(isinstance(name, str) and name for name in names):
        raise ValueError("a variable without a name: the file is damaged")
    n_rows = max(about.number_rows or 0, 0)
    columns: dict[str, Any] = {}
    fits = 0 < len(names) <= most_columns and n_rows * len(names) <= most_cells
    if fits:
        columns, about = pyreadstat.read_sav(
            io.BytesIO(data),
            user_missing=True,
            disable_datetime_conversion=True,
            output_format="dict",
            row_limit=most_cells // len(names) + 1,
        )
        n_rows = max((len(cells) for cells in columns.values()), default=0)
    header = json.dumps(_about(about, names, n_rows)).encode("utf-8")
    stdout.write(len(header).to_bytes(8, "big") + header)
    if fits:
        # by position: SPSS names may be anything
        text = {name for name in names if about.readstat_variable_types[name] == "string"}
        table = pa.table({str(i): _array(columns[name], text=name in text) for i, name in enumerate(names)})
        with pa.ipc.new_stream(stdout, table.schema) as writer:
            writer.write_table(table)


def _about(about: Any, names: list[str], n_rows: int) -> dict[str, Any]:
    """What the file says about itself, as JSON can hold it."""
    return {
        "rows": n_rows,
        "encoding": about.file_encoding or "",
        "columns": [
            {
                "name": name,
                "label": about.column_names_to_labels.get(name) or "",
                "format": about.original_variable_types.get(name) or "",
                "value_labels": [[code, str(text)] for code, text in about.variable_value_labels.get(name, {}).items()],
                "missing_ranges": [[r["lo"], r["hi"]] for r in about.missing_ranges.get(name, [])],
            }
            for name in names
        ],
    }  # fmt: skip


def _array(cells: Any, *, text: bool) -> pa.Array:
    """One column: text, or numbers (system-missing is null)."""
    if text:
        return pa.array([cell if isinstance(cell, str) else None for cell in cells], type=pa.string())
    return pa.array(cells, type=pa.float64(), from_pandas=True)


if __name__ == "__main__":
    most = int(sys.argv[1])
    resource.setrlimit(resource.RLIMIT_AS, (most, most))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    main(sys.stdin.buffer, sys.stdout.buffer)
