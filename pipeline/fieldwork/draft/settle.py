"""From single questions to a questionnaire: answer scales that are shared, codes for no answer, and roles."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from pipeline.declare.names import OWN_REASONS
from pipeline.fieldwork.draft.names import name_from
from pipeline.fieldwork.draft.parts import Draft, Missing, Option, Question, Remark
from pipeline.fieldwork.draft.seen import reason_of
from pipeline.intake.text import as_text, fold


@dataclass(frozen=True)
class Scale:
    """Answers that several questions share; ``ordered``: whether the codes are known to run from little to much."""

    name: str
    options: tuple[Option, ...]


@dataclass(frozen=True)
class Settled:
    """A draft that can be written down. ``scale_of``: the scale of a question by its name, where it has one."""

    draft: Draft
    scales: tuple[Scale, ...]
    scale_of: Mapping[str, Scale]

    def grids(self) -> dict[tuple[str, str], list[Question]]:
        """Items of one grid that share a scale, where there are three: what may be a scale score."""
        found: dict[tuple[str, str], list[Question]] = defaultdict(list)
        for question in self.draft.questions:
            if question.role == "item" and question.group:
                found[question.group, self.scale_of[question.name].name].append(question)
        return {key: items for key, items in found.items() if len(items) >= 3}


def settle(draft: Draft) -> Settled:
    """``draft`` with its answers in order, codes for no answer taken apart, shared scales and items."""
    questions = [replace(q, options=_in_words(q.options, draft.languages)) for q in draft.questions]
    questions, missing = _without_missing(questions, draft)
    questions = [_with_few_options(question) for question in questions]
    scales = _scales(questions)
    used = Counter(scale.name for scale in scales.values())
    settled = []
    for question in questions:
        scale = scales.get(question.name)
        if scale is not None and len(scale.options) >= 3 and used[scale.name] >= 2:
            complete = all(language in question.titles for language in draft.languages)
            question = replace(question, role="item") if complete else question
        settled.append(question)
    of_name = {scale.name: scale for scale in scales.values()}
    return Settled(replace(draft, questions=tuple(settled), missing=missing), tuple(of_name.values()), scales)


def _in_words(options: tuple[Option, ...], languages: Iterable[str]) -> tuple[Option, ...]:
    """``options`` with words in the same languages, each once; in the first language the code stands in for words that
    are not there, and is added to those that another answer has as well."""
    if not options:
        return options
    main, *others = languages
    kept = [language for language in others if _all_different([o.labels.get(language, "") for o in options])]
    texts = [o.labels.get(main) or as_text(o.value) for o in options]
    n_of = Counter(map(str.casefold, texts))
    found = []
    for option, text in zip(options, texts, strict=True):
        text = text if n_of[text.casefold()] == 1 else f"{text} ({as_text(option.value)})"
        found.append(Option(option.value, {main: text, **{language: option.labels[language] for language in kept}}))
    numeric = all(isinstance(option.value, float) for option in found)
    return tuple(sorted(found, key=lambda o: float(o.value)) if numeric else found)


def _all_different(texts: list[str]) -> bool:
    return all(texts) and len({text.casefold() for text in texts}) == len(texts)


def _without_missing(questions: list[Question], draft: Draft) -> tuple[list[Question], tuple[Missing, ...]]:
    """Answers that say why there is none become codes of the questionnaire, where no question has them as an answer."""
    candidates = {_key(m.value): m for m in draft.missing}
    for question in questions:
        for option in question.options if question.declared else ():
            if reason := _reason(option):
                candidates.setdefault(_key(option.value), Missing(option.value, reason, option.labels))
    answers = {
        _key(option.value)
        for question in questions
        for option in question.options
        if not (question.declared and _reason(option))
    }
    kept = {key: missing for key, missing in candidates.items() if key not in answers}
    found = [
        replace(question, options=tuple(
            o for o in question.options if not (_key(o.value) in kept and (question.declared and _reason(o)))
        ))
        for question in questions
    ]  # fmt: skip
    return found, _named_once(kept.values())


def _reason(option: Option) -> str:
    return next((r for text in (as_text(option.value), *option.labels.values()) if (r := reason_of(text))), "")


def _key(value: float | str) -> float | str:
    return fold(value) if isinstance(value, str) else value


def _named_once(missing: Iterable[Missing]) -> tuple[Missing, ...]:
    """``missing`` with a reason each, and words that no other has."""
    reasons: Counter[str] = Counter()
    labels: set[str] = set()
    found = []
    for one in missing:
        reason = one.reason if one.reason not in OWN_REASONS else "no_answer"
        reasons[reason] += 1
        words = {}
        for language, text in one.labels.items():
            words[language] = text if text.casefold() not in labels else f"{text} ({as_text(one.value)})"
            labels.add(text.casefold())
        name = reason if reasons[reason] == 1 else f"{reason}_{reasons[reason]}"
        found.append(Missing(one.value, name, words))
    return tuple(found)


def _with_few_options(question: Question) -> Question:
    """``question``; one that has a single answer left names it in letters, since a scale has two or more."""
    if question.kind != "closed" or len(question.options) != 1:
        return question
    only = question.options[0]
    remarks = (*question.remarks, Remark("one_answer"))
    return replace(question, options=(Option(as_text(only.value), only.labels),), remarks=remarks)


def _scales(questions: Iterable[Question]) -> dict[str, Scale]:
    """The scale of every question whose answers have numbers, by the question's name: one for the same answers."""
    found: dict[tuple[object, ...], Scale] = {}
    taken: set[str] = set()
    scales = {}
    for question in questions:
        numeric = [option.value for option in question.options if isinstance(option.value, float)]
        if question.kind != "closed" or len(numeric) < 2 or len(numeric) < len(question.options):
            continue
        key = tuple((o.value, tuple(sorted(o.labels.items()))) for o in question.options)
        if key not in found:
            listed = re.sub(r"[^a-z0-9]+", "_", question.list_name.lower()).strip("_")
            seen = f"answers_{as_text(numeric[0])}_{as_text(numeric[-1])}".replace("-", "m").replace(".", "_")
            name = name_from([listed or seen], taken)
            found[key] = Scale(name, question.options)
        scales[question.name] = found[key]
    return scales
