"""Whether texts look like names of persons: by their shape, not by a list of names.

Two to five words that begin with a capital or are initials, with the small words of Dutch and Arabic family names in
between, hardly any of them twice in a column; or an honorific before a capital. Names in Arabic or Ethiopic script have
no capitals, and are told by two to four short words without anything else.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

_PARTICLES = frozenset({
    "van", "de", "der", "den", "ten", "ter", "te", "het", "'t", "’t", "op", "in", "la", "le", "du", "di", "da", "dos",
    "von", "zu", "el", "al", "bin", "bint", "ben", "ibn", "abu", "abou", "abd", "ould", "y", "e",
})  # fmt: skip
_CAPITALISED = re.compile(
    r"(?:(?:el|al|ad|as|ar|an|d|l|o|ab)[-'’])?[A-ZÀ-ÖØ-ÞĀ-Ž][^\W\d_]*(?:[-'’][^\W\d_]+)*", re.UNICODE
)
_INITIALS = re.compile(r"(?:[A-Z]\.){1,5}|[A-Z]")
_HONORIFIC = re.compile(
    r"^(?:dhr|mevr|mw|mr|mrs|ms|drs|dr|ir|fam|sayyid|ato|weyzero)\.? +[A-Z]|^(?:de heer|mevrouw|familie) +[A-Z]",
    re.IGNORECASE,
)
_OTHER_SCRIPT = re.compile(r"[\u0600-\u06ff\u1200-\u137f]{2,12}(?: [\u0600-\u06ff\u1200-\u137f]{2,12}){1,3}")
# capitalised words of answers, titles and places, that no name begins or ends with
_NO_NAMES = frozenset({
    "the", "and", "of", "for", "to", "with", "not", "no", "yes", "i", "we", "it", "is", "my", "een", "en", "ik", "wij",
    "niet", "geen", "met", "voor", "zeer", "heel", "erg", "very", "dont", "don't", "know", "weet", "helemaal", "square",
    "street", "avenue", "hill", "park", "straat", "weg", "laan", "plein", "university", "school", "training", "project",
    "huis", "huize", "noord", "zuid", "oost", "west", "city", "new", "great", "united",
})  # fmt: skip


def has_honorific(text: str) -> bool:
    """Whether ``text`` begins with an honorific and a capital: *Mevr. Jansen*, *De heer Ali*."""
    return bool(_HONORIFIC.match(text)) and len(text) <= 50


def looks_like_a_name(text: str) -> bool:
    """Whether ``text`` has the shape of a whole name."""
    if not 4 <= len(text) <= 50:
        return False
    if has_honorific(text) or _OTHER_SCRIPT.fullmatch(text):
        return True
    words = text.replace(",", " ").split()
    if not 2 <= len(words) <= 5:
        return False
    if any(word.casefold() in _NO_NAMES for word in words if word not in _PARTICLES):
        return False
    capitalised = sum(bool(_CAPITALISED.fullmatch(word)) and len(word) > 1 for word in words)
    small = sum(word.casefold() in _PARTICLES or bool(_INITIALS.fullmatch(word)) for word in words)
    # a name ends (or, before a comma, begins) with a capitalised word, and is more than small words
    return capitalised >= 1 and capitalised + small >= len(words) and (capitalised >= 2 or small >= 1)


def are_names(texts: Sequence[str], n_filled: int) -> bool:
    """Whether a column's different ``texts``, of ``n_filled`` cells, are names: nearly all have the shape of one and
    few occur twice; or a good part have an honorific."""
    if len(texts) < 3:
        return False
    if sum(map(has_honorific, texts)) >= 0.3 * len(texts):
        return True
    shaped = sum(map(looks_like_a_name, texts))
    return shaped >= 0.8 * len(texts) and len(texts) >= 0.8 * n_filled
