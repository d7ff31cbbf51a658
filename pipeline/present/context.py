"""What a part needs to speak: the study's own words, the report's words, numbers in the language's own way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

from ruamel.yaml import YAML

from pipeline.declare import Instrument, Study, Trait, in_language
from pipeline.present.bundle import Bundle
from pipeline.present.words.numbers import Locale, locale_of
from pipeline.provenance import Provenance, read_provenance


@cache
def catalogue() -> Mapping[str, Mapping[str, str]]:
    """Every ``words/*.yaml``: every phrase of the report by key and language."""
    phrases: dict[str, Mapping[str, str]] = {}
    for path in sorted((Path(__file__).parent / "words").glob("*.yaml")):
        content: Mapping[str, Mapping[str, str]] = YAML(typ="safe").load(path)
        twice = sorted(set(phrases) & set(content))
        if twice:
            raise ValueError(f"phrases written twice: {', '.join(twice)}")
        phrases.update(content)
    return phrases


@dataclass(frozen=True)
class Context:
    """One pool in one language."""

    study: Study
    bundle: Bundle
    language: str

    @cached_property
    def numbers(self) -> Locale:
        """How this language writes numbers."""
        return locale_of(self.language)

    @cached_property
    def instrument(self) -> Instrument:
        """The pool's questionnaire."""
        return self.study.instrument_of_pool(self.bundle.pool)

    @cached_property
    def provenance(self) -> Provenance:
        """What the stages that made the figures are made of."""
        return read_provenance(self.study.root)

    @cached_property
    def traits(self) -> list[Trait]:
        """The declared traits by which groups can be compared: both levels are here."""
        return [t for t in self.study.declaration.traits if len(self.bundle.levels_here(t)) > 1]

    @property
    def confidence(self) -> str:
        """Confidence of the verdicts' intervals, in per cent."""
        return self.numbers.number(100 * self.study.params.judge.confidence, 0)

    def say(self, key: str, **values: object) -> str:
        """The phrase ``key`` with ``values`` filled in; raises ``KeyError`` when there is no such phrase."""
        return in_language(dict(catalogue()[key]), self.language).format(**values)

    def knows(self, key: str) -> bool:
        """Whether there is a phrase ``key``."""
        return key in catalogue()

    def text(self, text: Mapping[str, str]) -> str:
        """A declared text in this language."""
        return in_language(dict(text), self.language)

    @property
    def people(self) -> str:
        """What the analysed are called, in the plural."""
        return self.text(self.study.declaration.population.label)

    @property
    def others(self) -> str:
        """What those outside the analysis are called."""
        others = self.study.declaration.population.others
        return self.text(others) if others else self.say("others")

    @property
    def has_others(self) -> bool:
        """Whether the study asks people it does not analyse."""
        return self.study.declaration.population.variable is not None

    @property
    def units(self) -> str:
        """What clusters are called, in the plural."""
        return self.text(self.study.declaration.unit.plural)

    @property
    def unit(self) -> str:
        """What a cluster is called."""
        return self.text(self.study.declaration.unit.singular)

    def has_page(self, slug: str) -> bool:
        """Whether the study's report has a page ``slug``; not every study's has the pages that parts may link to."""
        return (self.study.root / "reports" / "pages" / self.language / f"{slug}.qmd").exists()

    def scale(self, name: str) -> str:
        """Title of a scale or derived score; the name itself where nothing is declared."""
        titles = self.instrument.score_titles()
        return self.text(titles[name]) if name in titles else name

    def variable(self, name: str) -> str:
        """A variable of a model in words: a scale, a trait's higher level, a question; else its name."""
        titles = self.instrument.score_titles()
        if name in titles:
            return self.text(titles[name])
        for trait in self.study.declaration.traits:
            if trait.dummy == name:
                return capital(self.text(trait.high.label))
        return self.question(name)

    def question(self, name: str) -> str:
        """The wording of an item or background variable; the name where it has none."""
        try:
            return self.text(self.instrument.field_named(name).title)
        except KeyError:
            return name

    def category(self, variable: str, value: str) -> str:
        """An answer in words: the category's label, a band as it stands."""
        for special in ("(missing)", "true", "false", "all"):
            if value == special:
                return self.say(f"category {special}")
        trait = self.trait_or_none(variable)
        if trait is not None:
            return self.level(variable, value)
        try:
            field = self.instrument.field_named(variable)
        except KeyError:
            return value
        for category in self.instrument.categories_of(field):
            if as_code(category.value) == value:
                return self.text(category.label)
        return value.replace(".", self.numbers.decimal)

    def trait_or_none(self, name: str) -> Trait | None:
        """The declared trait called ``name``, if any."""
        return next((trait for trait in self.study.declaration.traits if trait.name == name), None)

    def trait(self, name: str) -> str:
        """Title of a trait, of the difference ``a-b`` of two, or of what else groups are made by."""
        trait = self.trait_or_none(name)
        if trait is not None:
            return self.text(trait.title)
        names = [t.name for t in self.study.declaration.traits]
        for a in names:
            for b in names:
                if name == f"{a}-{b}":
                    return self.say("trait difference", a=self.trait(a), b=self.trait(b).lower())
        if name == "all":
            return self.say("everybody")
        if name == "language":
            return self.say("questionnaire language")
        return self.question(name)

    def model(self, model: str) -> str:
        """What a model is called: as the study declares, else by the name of its file."""
        declared = self.study.declaration.models.get(model)
        return model if declared is None else self.text(declared.title)

    def level(self, trait: str, level: str) -> str:
        """Label of a trait's level; of a language, its own name."""
        declared = self.trait_or_none(trait)
        if declared is not None:
            for candidate in declared.levels:
                if candidate.value == level:
                    return self.text(candidate.label)
        if level == "all":
            return self.say("everybody")
        if trait == "language":
            return self.language_name(level)
        return level

    def language_name(self, code: str) -> str:
        """What a questionnaire language is called: as its answer category says, else its code."""
        for field in self.instrument.with_role("language"):
            for category in self.instrument.categories_of(field):
                if as_code(category.value) == code:
                    return self.text(category.label)
        return code

    def listed(self, names: list[str]) -> str:
        """``a, b and c``."""
        if len(names) < 2:
            return "".join(names)
        return f"{', '.join(names[:-1])} {self.say('and')} {names[-1]}"


def as_code(value: float | str) -> str:
    """A category's value as tables write it."""
    return value if isinstance(value, str) else f"{value:.10g}"


def capital(text: str) -> str:
    """``text`` with a capital first letter; Dutch writes no accent on that of *één*."""
    if text.startswith("één"):
        return "E" + text[1:]
    return text[:1].upper() + text[1:]
