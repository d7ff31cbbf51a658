"""Which characters the bytes of a text file stand for."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass

from pipeline.intake.problems import Problem, UnreadableError

# longest first: the mark of UTF-32 begins with that of UTF-16
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"), (codecs.BOM_UTF32_BE, "utf-32"), (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"),
)  # fmt: skip
_SAMPLE = 65_536
_TABS_AND_BREAKS = frozenset(b"\t\n\r\f\x1a")
_MARK_IN_WORD = re.compile(
    r"(?<=[^\W\d_])[‚„†‡ˆ‰‹•˜‘]"  # after a letter stands no opening mark
    r"|[†‡ˆ‰•˜”](?=[^\W\d_])"  # and before one no closing mark
    r"|(?<=[a-z])[ŠŒŽŸ]"
    r"|[‚„]{2}"
)


@dataclass(frozen=True)
class Encoding:
    """``codec`` decodes the file; ``name`` is what people call it."""

    codec: str
    name: str
    byte_order_mark: bool = False


def detect_encoding(data: bytes) -> Encoding:
    """The encoding of ``data``: by its byte-order mark, as UTF-8, as UTF-16 without a mark, else one byte a character.

    Raises ``UnreadableError``: ``binary_file`` when it is no text, ``encoding_mixed`` when some lines are UTF-8 and
    others are not, ``encoding_unknown`` when no encoding fits.
    """
    for mark, codec in _MARKS:
        if data.startswith(mark):
            return _checked(data, Encoding(codec, codec.removesuffix("-sig"), byte_order_mark=True))
    if b"\0" in data[:_SAMPLE]:
        return _without_mark(data)
    if _is_binary(data):
        raise UnreadableError(Problem("binary_file"))
    if data.isascii():
        return Encoding("ascii", "ascii")
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return _one_byte(data)
    return Encoding("utf-8", "utf-8")


def _checked(data: bytes, encoding: Encoding) -> Encoding:
    """``encoding`` when the whole of ``data`` decodes; raises ``UnreadableError`` otherwise."""
    try:
        data.decode(encoding.codec)
    except UnicodeDecodeError:
        if encoding.codec == "utf-8-sig":
            return _one_byte(data)
        raise UnreadableError(Problem("encoding_unknown")) from None
    return encoding


def _is_binary(data: bytes) -> bool:
    """Whether ``data`` has control characters that no text has."""
    return b"\0" in data or any(byte < 32 and byte not in _TABS_AND_BREAKS for byte in set(data[:_SAMPLE]))


def _without_mark(data: bytes) -> Encoding:
    """UTF-16 without a byte-order mark: in text of mostly Latin script, every other byte is nil."""
    sample = data[:_SAMPLE]
    even, odd = sample[::2].count(0), sample[1::2].count(0)
    half = len(sample) / 2
    for codec, nil, other in (("utf-16-le", odd, even), ("utf-16-be", even, odd)):
        if nil > 0.4 * half and other < 0.05 * half:
            return _checked(data, Encoding(codec, codec))
    raise UnreadableError(Problem("binary_file"))


def _one_byte(data: bytes) -> Encoding:
    """The encoding of text that is not UTF-8 as a whole."""
    utf8_rows, other_lines = 0, []
    for row, line in enumerate(data.split(b"\n"), start=1):
        if line.isascii():
            continue
        try:
            line.decode("utf-8-sig" if row == 1 else "utf-8")
            utf8_rows += 0 if row == 1 and line[3:].isascii() and line.startswith(codecs.BOM_UTF8) else 1
        except UnicodeDecodeError:
            other_lines.append((row, line))
    if utf8_rows or data.startswith(codecs.BOM_UTF8):
        rows = tuple(row for row, _ in other_lines)
        raise UnreadableError(Problem("encoding_mixed", rows=rows, count=len(rows)))
    return _windows(data, other_lines)


def _windows(data: bytes, lines: list[tuple[int, bytes]]) -> Encoding:
    """Latin-1 or Windows-1252, which differ in bytes 0x80 to 0x9F alone.

    In the old encodings of DOS and Macintosh those bytes are the letters with accents. Read as Windows-1252 they become
    marks inside words, and then nothing is guessed: raises ``UnreadableError``.
    """
    if not any(0x80 <= byte <= 0x9F for _, line in lines for byte in set(line)):
        return Encoding("cp1252", "latin-1")
    encoding = _checked(data, Encoding("cp1252", "windows-1252"))
    strange = [row for row, line in lines if _MARK_IN_WORD.search(line.decode("cp1252"))]
    if strange:
        raise UnreadableError(Problem("encoding_unknown", rows=tuple(strange), count=len(strange)))
    return encoding
