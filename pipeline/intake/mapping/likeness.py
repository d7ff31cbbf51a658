"""How well each column fits each variable, by name and by wording: a number from 0 to 1 for every pair of them."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
from rapidfuzz import fuzz, process

from pipeline.declare import InstrumentField
from pipeline.declare.items import FieldRole
from pipeline.intake.mapping.evidence import Evidence, _bare, key

Matrix = npt.NDArray[np.float64]
NAME_OF_A_WAVE = 0.9
"""A name that is the variable's but for a year or the number of a wave."""
NAME_OF_A_ROLE = 0.85
"""A name that columns with that role customarily have."""
_ROLE_NAMES: Mapping[FieldRole, frozenset[str]] = {
    "source_id": frozenset({
        "id", "uuid", "responseid", "respondentid", "respondentnummer", "respnr", "respondent", "caseid", "antwoordid",
        "instanceid", "recordid", "volgnummer", "responsenumber", "submissionid",
    }),
    "project": frozenset({"project", "projectnr", "projectnaam", "projectname", "projectid", "complex", "woonproject"}),
    "language": frozenset({"taal", "language", "userlanguage", "startlanguage", "starttaal", "lang", "talen"}),
    "consent": frozenset({"toestemming", "consent", "akkoord", "instemming", "informedconsent"}),
    "date": frozenset({"datum", "date", "invuldatum"}),
}  # fmt: skip
_LIKE_WORD, _LIKE_NAME = 80.0, 85.0
_WORTH_COMPARING = 40.0
_CUT_OFF = 25  # so many letters of a title that was cut off say which it is


@dataclass(frozen=True)
class Aliases:
    """What a variable was called before, by variable: names of columns and wordings of an earlier wave."""

    names: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    wordings: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class Likeness:
    """``by_name`` and ``by_wording``: columns by fields, 0 to 1, where 1 is "the same"."""

    by_name: Matrix
    by_wording: Matrix

    @property
    def best(self) -> Matrix:
        """The better of the two, columns by fields."""
        return np.maximum(self.by_name, self.by_wording)


def likeness(columns: Sequence[Evidence], fields: Sequence[InstrumentField], aliases: Aliases) -> Likeness:
    """How alike every column and every field are."""
    titles = [(_bare(text), j) for j, one in enumerate(fields) for text in _titles(one, aliases) if _bare(text)]
    texts = [(text, i) for i, column in enumerate(columns) for text in column.wordings]
    by_wording = np.zeros((len(columns), len(fields)))
    if titles and texts:
        alike = _alike([text for text, _ in texts], [title for title, _ in titles])
        for of_text, (_, i) in zip(alike, texts, strict=True):
            for alike_here, (_, j) in zip(of_text, titles, strict=True):
                by_wording[i, j] = max(by_wording[i, j], alike_here)
    return Likeness(_by_name(columns, fields, aliases), by_wording)


def _titles(one: InstrumentField, aliases: Aliases) -> list[str]:
    return [*one.title.values(), *aliases.wordings.get(one.name, ())]


def _by_name(columns: Sequence[Evidence], fields: Sequence[InstrumentField], aliases: Aliases) -> Matrix:
    """1 where a name is the variable's, less where it is nearly so. Numbers in names have to be the same ones."""
    found = np.zeros((len(columns), len(fields)))
    known = [[key(one.name), *map(key, aliases.names.get(one.name, ()))] for one in fields]
    for i, column in enumerate(columns):
        for j, names in enumerate(known):
            if set(column.names) & set(names):
                found[i, j] = 1.0
            elif set(column.wave_names) & set(names):
                found[i, j] = NAME_OF_A_WAVE
            else:
                near = max((_near(a, b) for a in column.names for b in names), default=0.0)
                is_role = bool(_ROLE_NAMES.get(fields[j].role, frozenset()).intersection(column.names))
                found[i, j] = max(near, NAME_OF_A_ROLE if is_role else 0.0)
    return found


def _near(one: str, other: str) -> float:
    if min(len(one), len(other)) < 5 or _digits(one) != _digits(other):
        return 0.0
    ratio = fuzz.ratio(one, other, score_cutoff=_LIKE_NAME)
    return 0.8 * ratio / 100


def _digits(name: str) -> str:
    return "".join(letter for letter in name if letter.isdigit())


def _alike(texts: Sequence[str], titles: Sequence[str]) -> Matrix:
    """Texts by titles: half the likeness of the letters, half the share of words in common, rare words counting more.

    The words that tell two titles apart are rare ones, so that a statement on the building is not taken for the same
    statement on the neighbourhood (inverse document frequency: Spärck Jones 1972, Journal of Documentation 28).
    """
    letters = process.cdist(texts, titles, scorer=fuzz.ratio, dtype=np.float64)
    words = _words_in_common(texts, titles)
    together = np.where(letters >= _WORTH_COMPARING, 0.5 * letters / 100 + 0.5 * words, 0.0)
    for i, text in enumerate(texts):
        for j, title in enumerate(titles):
            if text == title:
                together[i, j] = 1.0
            elif len(text) >= _CUT_OFF and title.startswith(text):
                together[i, j] = max(together[i, j], 0.95)
            else:
                together[i, j] = min(together[i, j], 0.99)
    return together


def _words_in_common(texts: Sequence[str], titles: Sequence[str]) -> Matrix:
    """Dice's share of words in common, each weighted by how few titles have it; a misspelt word counts as the word."""
    vocabulary = sorted({word for title in titles for word in title.split()})
    place = {word: i for i, word in enumerate(vocabulary)}
    n_with = Counter(word for title in titles for word in set(title.split()))
    weight = np.array([math.log(1 + len(titles) / n_with[word]) for word in vocabulary])
    unknown = float(weight.mean())
    meant = _meant({word for text in texts for word in text.split()}, vocabulary)
    in_titles, in_texts = np.zeros((len(titles), len(vocabulary))), np.zeros((len(texts), len(vocabulary)))
    extra = np.zeros(len(texts))
    for i, title in enumerate(titles):
        in_titles[i, [place[word] for word in title.split()]] = 1
    for i, text in enumerate(texts):
        for word in text.split():
            if word in meant:
                in_texts[i, place[meant[word]]] = 1
            else:
                extra[i] += unknown
    common = (in_texts * weight) @ in_titles.T
    total = (in_texts @ weight + extra)[:, None] + (in_titles @ weight)[None, :]
    shares: Matrix = 2 * common / np.maximum(total, 1e-9)
    return shares


def _meant(words: set[str], vocabulary: Sequence[str]) -> dict[str, str]:
    """The word of ``vocabulary`` that each of ``words`` is, or is a spelling of."""
    known = set(vocabulary)
    meant = {word: word for word in words if word in known}
    for word in words - known:
        found = process.extractOne(word, vocabulary, scorer=fuzz.ratio, score_cutoff=_LIKE_WORD)
        if found:
            meant[word] = found[0]
    return meant
