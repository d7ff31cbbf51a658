"""How a text reads in each language of a questionnaire: its words, the language they are really in, how good they are.

Nothing is translated here. Where a language has no wording, another language's stands in for it and says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pipeline.declare.items import TranslationStatus
from pipeline.intake.words import catalogue

_RANK: dict[TranslationStatus, int] = {"original": 0, "validated": 1, "draft": 2, "absent": 3}
_STAND_INS = ("nl", "en")
RIGHT_TO_LEFT = frozenset({"ar", "fa", "ps", "ur", "he"})
"""Languages written from right to left."""


@dataclass(frozen=True)
class Wording:
    """A text as it is shown in one language of the questionnaire.

    ``language`` is the one the words are in: another where ``status`` is ``absent``.
    """

    text: str
    language: str
    status: TranslationStatus


Wordings = Mapping[str, Wording]
"""A text by language of the questionnaire."""


def wordings(text: Mapping[str, str], languages: Iterable[str], status: Mapping[str, TranslationStatus]) -> Wordings:
    """``text`` in each of ``languages``; ``status`` as it is declared per language.

    Where there is no wording, one of the other languages asked for stands in, else Dutch, English, or what there is.
    """
    asked = list(languages)
    found = {}
    for language in asked:
        if text.get(language):
            declared = status.get(language, "draft")
            found[language] = Wording(text[language], language, "draft" if declared == "absent" else declared)
        else:
            other = next(name for name in (*asked, *_STAND_INS, *text) if text.get(name))
            found[language] = Wording(text[other], other, "absent")
    return found


def worst(statuses: Iterable[TranslationStatus]) -> TranslationStatus:
    """The least good of ``statuses``: a question is no better than its answers."""
    return max(statuses, key=_RANK.__getitem__, default="original")


def language_words(language: str) -> dict[str, str]:
    """How ``language`` calls itself, what it is called here, and its marks; English marks for one that is not known."""
    known: dict[str, Any] = catalogue()["questionnaire_languages"]
    return dict(known.get(language) or known["en"] | {"name": language, "nl": language, "en": language})


def mark(status: TranslationStatus, language: str, *, shown_in: str = "") -> str:
    """The mark that a text of this ``status`` carries in ``language``; empty for a wording that was tested.

    ``shown_in``: the language that stands in where there is no wording.
    """
    if status not in ("draft", "absent"):
        return ""
    other = language_words(shown_in)["name"] if shown_in else ""
    return language_words(language)[status].format(other=other)


def own_text(key: str, languages: Iterable[str], **values: str | int) -> Wordings:
    """One of our own sentences for residents in each of ``languages``; there are Dutch and English ones."""
    texts: dict[str, dict[str, str]] = catalogue()["fieldwork"]
    filled = {language: texts[language][key].format(**values) for language in texts}
    return wordings(filled, languages, {"nl": "original", "en": "original"})
