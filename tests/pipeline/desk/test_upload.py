"""What somebody sends, read into memory and within bounds, whatever they say of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.desk.limits import Limits
from pipeline.desk.upload import Form, UploadError, clean_name, read_fields, read_multipart

T = TypeVar("T")
LIMITS = Limits(upload_bytes=1000, crosswalk_bytes=100, fields_bytes=300, upload_seconds=0.3, chunk_seconds=0.1)
TYPE = "multipart/form-data; boundary=XX"


def part(name: str, data: bytes, filename: str | None = None) -> bytes:
    said = f'; filename="{filename}"' if filename is not None else ""
    return f'--XX\r\nContent-Disposition: form-data; name="{name}"{said}\r\n\r\n'.encode() + data + b"\r\n"


TOKEN, END = part("token", b"right"), b"--XX--\r\n"


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run ``work`` in a loop and a thread of its own: a browser that tests share keeps a loop in this thread."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work).result()


def read(body: bytes, *, size: int = 7, content_type: str = TYPE, limits: Limits = LIMITS) -> Form:
    async def chunks() -> AsyncIterator[bytes]:
        for start in range(0, len(body), size):
            yield body[start : start + size]

    most = {"file": limits.upload_bytes, "crosswalk": limits.crosswalk_bytes}
    return run(read_multipart(chunks(), content_type, limits, most_bytes=most, allowed="right".__eq__))


@pytest.mark.parametrize("size", [1, 7, 10_000])
def test_a_form_comes_through_byte_for_byte(size: int) -> None:
    data = bytes(range(256)) + b"\r\n--X\r\n--XY"
    form = read(TOKEN + part("file", data, "a.csv") + part("crosswalk", b"", "") + part("n", b"een") + END, size=size)
    assert form.files["file"].data == data
    assert form.files["file"].name == "a.csv"
    assert "crosswalk" not in form.files
    assert form.one("n") == "een"


@pytest.mark.parametrize(
    ("body", "trouble"),
    [
        (TOKEN + part("file", b"x" * 1001, "a") + END, "too_large"),
        (TOKEN + part("crosswalk", b"x" * 101, "a") + END, "too_large"),
        (TOKEN + part("n", b"x" * 301) + END, "too_large"),
        (TOKEN + b"".join(part("n", b"x" * 100) for _ in range(4)) + END, "too_large"),
        (part("token", b"right") + b"".join(part("n", b"") for _ in range(201)) + END, "malformed"),
        (part("file", b"x", "a") + TOKEN + END, "form_token"),
        (part("token", b"wrong") + part("file", b"x", "a") + END, "form_token"),
        (part("n", b"x") + END, "form_token"),
        (TOKEN + part("other", b"x", "a") + END, "malformed"),
        (TOKEN + part("file", b"x", "a") + part("file", b"y", "b") + END, "malformed"),
        (TOKEN + part("file", b"x", "a"), "malformed"),
        (b"", "malformed"),
        (b"hello", "malformed"),
        (b'--XX\r\nContent-Disposition: attachment; name="token"\r\n\r\nright\r\n' + END, "malformed"),
        (b"--XX\r\nContent-Type: text/plain\r\n\r\nright\r\n" + END, "malformed"),
        (b"--XX\r\n" + b"X-A: b\r\n" * 100 + b"\r\nright\r\n" + END, "malformed"),
        (b"--XX\r\nX-A: " + b"b" * 20_000 + b"\r\n\r\nright\r\n" + END, "malformed"),
    ],
)
def test_anything_else_is_refused(body: bytes, trouble: str) -> None:
    with pytest.raises(UploadError) as refused:
        read(body)
    assert refused.value.trouble == trouble


@pytest.mark.parametrize(
    "content_type", ["", "text/plain", "multipart/form-data", f"multipart/form-data; boundary={'X' * 300}"]
)
def test_a_form_of_another_kind_is_refused(content_type: str) -> None:
    with pytest.raises(UploadError):
        read(TOKEN + END, content_type=content_type)


@given(st.binary(max_size=400), st.integers(1, 50))
def test_whatever_comes_is_a_form_or_is_refused(noise: bytes, size: int) -> None:
    for body in (noise, TOKEN + noise, TOKEN + part("file", noise, "a") + noise):
        try:
            read(body, size=size)
        except UploadError:
            continue


async def _slowly(gap: float, times: int) -> AsyncIterator[bytes]:
    for _ in range(times):
        await asyncio.sleep(gap)
        yield b"a"


@pytest.mark.parametrize(("gap", "times"), [(0.5, 1), (0.05, 50)])
def test_whoever_sends_too_slowly_is_not_waited_for(gap: float, times: int) -> None:
    with pytest.raises(UploadError) as refused:
        run(read_multipart(_slowly(gap, times), TYPE, LIMITS, most_bytes={}, allowed=lambda _: True))
    assert refused.value.trouble == "too_slow"


def test_what_is_too_large_is_not_kept_while_it_is_taken_off_the_line() -> None:
    sent = 0

    async def much() -> AsyncIterator[bytes]:
        nonlocal sent
        yield TOKEN + b'--XX\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n'
        for _ in range(1000):
            sent += 100
            yield b"x" * 100

    with pytest.raises(UploadError) as refused:
        run(read_multipart(much(), TYPE, LIMITS, most_bytes={"file": 1000}, allowed=lambda _: True))
    assert refused.value.trouble == "too_large"
    assert sent < 4000


def fields(body: bytes, content_type: str = "application/x-www-form-urlencoded") -> Form:
    async def chunks() -> AsyncIterator[bytes]:
        yield body

    return run(read_fields(chunks(), content_type, LIMITS))


def test_fields_are_read_and_bounded() -> None:
    form = fields(b"a=1&a=2&b=%C3%A9%00%0Ax+y")
    assert form.many("a") == ["1", "2"]
    assert form.one("b") == "é\nx y"


@pytest.mark.parametrize("body", [b"a=" + b"x" * 400, b"a&" * 120 + b"a=\xff"])
def test_other_fields_are_refused(body: bytes) -> None:
    with pytest.raises(UploadError):
        fields(body)
    with pytest.raises(UploadError):
        fields(b"a=1", "text/plain")


@pytest.mark.parametrize(
    ("given_name", "kept"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\x\\antwoorden.csv", "antwoorden.csv"),
        ("a\0b\r\nSet-Cookie: x.csv", "abSet-Cookie x.csv"),
        ("<script>alert(1)</script>.csv", "script.csv"),
        ("\u202evsc.exe", "vsc.exe"),
        ("..", "bestand"),
        ("", "bestand"),
        ("...csv", "csv"),
        ('"; rm -rf ~;".csv', "; rm -rf ~;.csv"),
        ("é" * 300 + ".xlsx", "é" * 115 + ".xlsx"),
    ],
)
def test_names_of_files_are_cleaned(given_name: str, kept: str) -> None:
    assert clean_name(given_name) == kept


@given(st.text(max_size=300))
def test_a_clean_name_can_stand_anywhere(name: str) -> None:
    kept = clean_name(name)
    assert 0 < len(kept) <= 120
    assert not set(kept) & set('/\\<>:"|?*\0\r\n')
    assert clean_name(kept) == kept
