"""Receiving a file: files only, whole, unchanged, and with a name that can be shown."""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.intake.problems import UnreadableError
from pipeline.intake.reading import receive as module
from pipeline.intake.reading.receive import receive, shown_name
from pipeline.intake.table import Bounds

BOUNDS = Bounds(max_bytes=1_000_000, max_rows=1_000, max_columns=50)


def code_of(path: Path, bounds: Bounds = BOUNDS) -> str:
    started = time.monotonic()
    with pytest.raises(UnreadableError) as stop:
        receive(path, bounds)
    assert time.monotonic() - started < 2
    return stop.value.problems[0].code


def test_a_file_and_a_link_to_one_are_read(tmp_path: Path) -> None:
    file, link = tmp_path / "a.csv", tmp_path / "link.csv"
    file.write_bytes(b"a,b\n1,2\n")
    link.symlink_to(file)
    assert receive(file, BOUNDS).data == receive(link, BOUNDS).data == b"a,b\n1,2\n"


def _pipe(path: Path) -> None:
    os.mkfifo(path)


def _socket(path: Path) -> None:
    socket.socket(socket.AF_UNIX).bind(str(path))


@pytest.mark.parametrize(
    ("make", "code"),
    [
        (_pipe, "file_no_file"),
        (_socket, "file_no_file"),
        (Path.mkdir, "file_no_file"),
        (lambda path: path.symlink_to("/dev/zero"), "file_no_file"),
        (lambda path: path.symlink_to("/dev/tty"), "file_no_file"),
        (lambda path: path.symlink_to(path), "file_missing"),
        (lambda path: path.symlink_to(path.with_name("gone")), "file_missing"),
        (lambda path: path.write_bytes(b"\0\n \t"), "file_empty"),
        (lambda path: path.write_bytes(b""), "file_empty"),
    ],
)
def test_what_is_no_file_is_refused_at_once(make: Callable[[Path], object], code: str, tmp_path: Path) -> None:
    make(tmp_path / "f")
    found = code_of(tmp_path / "f")
    # without a terminal there is no /dev/tty to open
    assert found == code or (found == "file_missing" and (tmp_path / "f").is_symlink())


def test_a_file_that_claims_two_gigabytes_is_not_read(tmp_path: Path) -> None:
    with (tmp_path / "f.csv").open("wb") as stream:
        stream.truncate(2 * 2**30)
    assert code_of(tmp_path / "f.csv") == "file_too_large"


def test_a_file_that_says_it_is_empty_and_is_not_is_refused() -> None:
    # files of the kernel's are regular, of size 0, and have other content every time
    if Path("/proc/self/status").exists():
        assert code_of(Path("/proc/self/status")) == "file_changed"


@pytest.mark.parametrize("how", ["longer", "shorter", "other", "replaced", "same size, same time"])
def test_a_file_that_changes_while_it_is_read_is_refused(
    how: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "f.csv"
    file.write_bytes(b"a,b\n1,2\n")
    reading = os.read

    def read(handle: int, n: int) -> bytes:
        piece = reading(handle, n)
        if not piece:
            return piece
        before = file.stat()
        if how == "replaced":
            file.unlink()
        file.write_bytes({"longer": b"a,b\n1,2\n3,4\n", "shorter": b"a,b\n"}.get(how, b"a,b\n9,9\n"))
        if how == "same size, same time":
            os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
        return piece

    monkeypatch.setattr(module.os, "read", read)
    assert code_of(file) == "file_changed"


def test_a_file_that_is_still_being_written_is_refused(tmp_path: Path) -> None:
    file, stop = tmp_path / "f.csv", threading.Event()
    file.write_bytes(b"a,b\n")

    def write() -> None:
        with file.open("ab", buffering=0) as stream:
            while not stop.is_set():
                stream.write(b"1,2\n")
                time.sleep(0.005)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        assert code_of(file) == "file_changed"
    finally:
        stop.set()
        writer.join()


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("antwoorden.csv", "antwoorden.csv"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\Jan\\golf 1.xlsx", "golf 1.xlsx"),
        ("a\0b.csv", "a b.csv"),
        ("a\n\x1b[31mb.csv", "a [31mb.csv"),
        ("a\u202excod.csv", "a xcod.csv"),
        ("\udcff.csv", ".csv"),
        ("..", "…"),
        ("/", "…"),
        ("", "…"),
        ("enquête ‏2025.ods", "enquête 2025.ods"),
        ("x" * 200 + ".xlsx", "x" * 94 + "….xlsx"),
    ],
)
def test_a_name_can_be_shown(name: str, shown: str) -> None:
    assert shown_name(name) == shown
    assert len(shown) <= 100


def test_a_name_with_a_nul_in_it_is_no_file() -> None:
    assert code_of(Path("a\0b")) == "file_missing"
