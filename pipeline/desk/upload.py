"""A form that somebody sends, read piece by piece into memory and within bounds; nothing goes to a folder.

Starlette's own reader of forms spools files to a temporary folder, which may outlive a process that is killed.
"""

from __future__ import annotations

import asyncio
import logging
import re
import unicodedata
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal
from urllib.parse import parse_qsl

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

if TYPE_CHECKING:
    from python_multipart.multipart import MultipartCallbacks


from pipeline.desk.limits import Limits

# it warns with bytes of what was sent
logging.getLogger("python_multipart").setLevel(logging.CRITICAL + 1)

_MOST_PARTS = 200
_LONGEST_NAME = 120

Trouble = Literal["too_large", "too_slow", "malformed", "form_token"]


class UploadError(Exception):
    """A form that cannot be taken; ``trouble`` says why."""

    def __init__(self, trouble: Trouble) -> None:
        super().__init__(trouble)
        self.trouble: Trouble = trouble


@dataclass(frozen=True)
class SentFile:
    """A file of a form: its name, cleaned, and its bytes."""

    name: str
    data: bytes = field(repr=False)


@dataclass
class Form:
    """A form: the values of each field in order, and files that are not empty."""

    values: dict[str, list[str]] = field(default_factory=dict)
    files: dict[str, SentFile] = field(default_factory=dict)

    def one(self, name: str) -> str:
        """The value of ``name``; empty when it is not there."""
        return self.values.get(name, [""])[0].strip()

    def many(self, name: str) -> list[str]:
        """All values of ``name``."""
        return self.values.get(name, [])


Allowed = Callable[[str], bool]
"""Whether the form token that was sent is this browser's."""


async def read_fields(chunks: AsyncIterator[bytes], content_type: str, limits: Limits) -> Form:
    """A form without files. Raises ``UploadError``."""
    if parse_options_header(content_type)[0] != b"application/x-www-form-urlencoded":
        raise UploadError("malformed")
    body = bytearray()
    async for chunk in _in_time(chunks, limits, limits.fields_seconds):
        body += chunk
        if len(body) > limits.fields_bytes:
            raise UploadError("too_large")
    form = Form()
    try:
        pairs = parse_qsl(body.decode("ascii"), keep_blank_values=True, max_num_fields=_MOST_PARTS, errors="strict")
    except ValueError:
        raise UploadError("malformed") from None
    for name, value in pairs:
        form.values.setdefault(name, []).append(_clean(value))
    return form


async def read_multipart(
    chunks: AsyncIterator[bytes], content_type: str, limits: Limits, *, most_bytes: dict[str, int], allowed: Allowed
) -> Form:
    """A form with files: no more bytes than ``most_bytes`` says of each, and none before the form token (``token``).

    Raises ``UploadError``. What is too large is still taken off the line (and thrown away) for a while, so that the
    browser shows the answer and not a broken connection.
    """
    kind, options = parse_options_header(content_type)
    boundary = options.get(b"boundary", b"")
    if kind != b"multipart/form-data" or not boundary:
        raise UploadError("malformed")
    parts = _Parts(limits, most_bytes, allowed)
    try:
        parser = MultipartParser(boundary, parts.callbacks())
    except FormParserError:
        raise UploadError("malformed") from None
    trouble: UploadError | None = None
    left = 2 * limits.upload_bytes
    async for chunk in _in_time(chunks, limits, limits.upload_seconds):
        if trouble is None:
            try:
                parser.write(chunk)
            except UploadError as stop:
                trouble = stop
                parts.forget()
            except FormParserError:
                trouble = UploadError("malformed")
                parts.forget()
        else:
            left -= len(chunk)
            if left < 0:
                break
    if trouble is not None:
        raise trouble
    if not parts.ended:
        raise UploadError("malformed")
    return parts.form


async def _in_time(chunks: AsyncIterator[bytes], limits: Limits, seconds: float) -> AsyncIterator[bytes]:
    """``chunks``, as long as they come fast enough."""
    loop = asyncio.get_running_loop()
    end = loop.time() + seconds
    while True:
        try:
            async with asyncio.timeout_at(min(end, loop.time() + limits.chunk_seconds)):
                chunk = await anext(chunks, None)
        except TimeoutError:
            raise UploadError("too_slow") from None
        if chunk is None:
            return
        yield chunk


class _Parts:
    """Puts the parts of a form together as they come."""

    def __init__(self, limits: Limits, most_bytes: dict[str, int], allowed: Allowed) -> None:
        self.form, self.ended = Form(), False
        self._limits, self._most_bytes, self._allowed = limits, most_bytes, allowed
        self._n_parts = self._field_bytes = 0
        self._token_seen = False
        self._header_name, self._header_value = b"", b""
        self._disposition: dict[bytes, bytes] = {}
        self._data = bytearray()

    def callbacks(self) -> MultipartCallbacks:
        """What the parser calls."""
        return {
            "on_part_begin": self._begin,
            "on_header_field": self._name,
            "on_header_value": self._value,
            "on_header_end": self._header,
            "on_headers_finished": self._headers,
            "on_part_data": self._more,
            "on_part_end": self._end,
            "on_end": self._over,
        }

    def forget(self) -> None:
        """Let go of all that came."""
        self.form, self._data = Form(), bytearray()

    def _begin(self) -> None:
        self._n_parts += 1
        if self._n_parts > _MOST_PARTS:
            raise UploadError("malformed")
        self._disposition, self._data = {}, bytearray()
        self._header_name, self._header_value = b"", b""

    def _name(self, data: bytes, start: int, end: int) -> None:
        self._header_name += data[start:end]

    def _value(self, data: bytes, start: int, end: int) -> None:
        self._header_value += data[start:end]

    def _header(self) -> None:
        if self._header_name.lower() == b"content-disposition":
            kind, self._disposition = parse_options_header(self._header_value.decode("latin-1"))
            if kind != b"form-data":
                raise UploadError("malformed")
        self._header_name, self._header_value = b"", b""

    def _headers(self) -> None:
        if b"name" not in self._disposition:
            raise UploadError("malformed")
        if self._is_file() and not self._token_seen:
            raise UploadError("form_token")
        if self._is_file() and self._field() not in self._most_bytes:
            raise UploadError("malformed")

    def _is_file(self) -> bool:
        return b"filename" in self._disposition

    def _field(self) -> str:
        return self._disposition[b"name"].decode("latin-1")

    def _more(self, data: bytes, start: int, end: int) -> None:
        size = end - start
        if self._is_file():
            if len(self._data) + size > self._most_bytes[self._field()]:
                raise UploadError("too_large")
        else:
            self._field_bytes += size
            if self._field_bytes > self._limits.fields_bytes:
                raise UploadError("too_large")
        self._data += data[start:end]

    def _end(self) -> None:
        name = self._field()
        if self._is_file():
            if self._data:
                if name in self.form.files:
                    raise UploadError("malformed")
                given = self._disposition[b"filename"].decode("latin-1").encode("latin-1").decode("utf-8", "replace")
                self.form.files[name] = SentFile(clean_name(given), bytes(self._data))
            self._data = bytearray()
            return
        value = _clean(self._data.decode("utf-8", "replace"))
        if name == "token":
            if not self._allowed(value):
                raise UploadError("form_token")
            self._token_seen = True
        self.form.values.setdefault(name, []).append(value)

    def _over(self) -> None:
        self.ended = self._token_seen
        if not self._token_seen:
            raise UploadError("form_token")


def _clean(text: str) -> str:
    """``text`` without control characters but line ends and tabs."""
    return "".join(c for c in text if c in "\n\t" or unicodedata.category(c) not in ("Cc", "Cs"))


def clean_name(given: str) -> str:
    """The last part of a file's name, without anything that a path, a header, a log or a reader may stumble over."""
    last = re.split(r"[/\\]", unicodedata.normalize("NFC", given))[-1]
    # control and format characters (NUL, line ends, marks that turn writing round) and what no file name may hold
    kept = "".join(c for c in last if unicodedata.category(c)[0] != "C" and c not in '<>:"|?*')
    kept = " ".join(kept.split()).strip(". ")
    if len(kept) > _LONGEST_NAME:
        stem, dot, suffix = kept.rpartition(".")
        suffix = f".{suffix}" if dot and len(suffix) <= 10 else ""
        kept = (stem or kept)[: _LONGEST_NAME - len(suffix)] + suffix
    return kept or "bestand"
