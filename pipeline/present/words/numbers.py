"""Numbers as people of a language write them: decimal commas in Dutch, a real minus sign, no ``p = 0.000``."""

from __future__ import annotations

import math
from dataclasses import dataclass

MINUS = "−"
NO_BREAK = "\u00a0"


@dataclass(frozen=True)
class Locale:
    """How a language writes numbers; ``between`` separates the ends of an interval."""

    decimal: str
    thousands: str
    between: str
    percent: str

    def number(self, value: float, decimals: int = 2, *, signed: bool = False) -> str:
        """``value`` with so many decimals; ``signed`` writes a plus before what is above zero. Zero has no sign."""
        text = f"{abs(value):,.{decimals}f}"
        text = text.replace(",", "\0").replace(".", self.decimal).replace("\0", self.thousands)
        if float(f"{abs(value):.{decimals}f}") == 0:
            return text
        return (MINUS if value < 0 else "+" if signed else "") + text

    def count(self, value: float) -> str:
        """A whole number with its thousands apart."""
        return self.number(value, 0)

    def interval(self, lower: float, upper: float, decimals: int = 2, *, signed: bool = False) -> str:
        """``[0,12; 0,80]``."""
        ends = (self.number(end, decimals, signed=signed) for end in (lower, upper))
        return f"[{self.between.join(ends)}]"

    def estimate(self, value: float, lower: float, upper: float, decimals: int = 2, *, signed: bool = False) -> str:
        """An estimate with its interval."""
        between = self.interval(lower, upper, decimals, signed=signed)
        return f"{self.number(value, decimals, signed=signed)} {between}"

    def share(self, value: float, decimals: int = 0) -> str:
        """A share as a percentage; never rounded to nobody or everybody when it is neither."""
        text = self.number(100 * value, decimals)
        step = 10.0**-decimals
        rounded = float(f"{100 * value:.{decimals}f}")
        if value > 0 and rounded == 0:
            text = f"<{NO_BREAK}{self.number(step, decimals)}"
        if value < 1 and rounded >= 100:
            text = f">{NO_BREAK}{self.number(100 - step, decimals)}"
        return text + self.percent

    def pvalue(self, value: float) -> str:
        """A p-value in three decimals: ``< 0,001`` where that would be nothing, ``> 0,999`` where it would be one."""
        if value < 0.0005:
            return f"<{NO_BREAK}{self.number(0.001, 3)}"
        if value >= 0.9995:
            return f">{NO_BREAK}{self.number(0.999, 3)}"
        return self.number(value, 3)


DUTCH = Locale(decimal=",", thousands=".", between="; ", percent=f"{NO_BREAK}%")
ENGLISH = Locale(decimal=".", thousands=",", between=", ", percent="%")

_WORDS = {
    "nl": ["nul", "één", "twee", "drie", "vier", "vijf", "zes", "zeven", "acht", "negen", "tien", "elf", "twaalf"],
    "en": ["no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"],
}


_MONTHS = {
    "nl": "jan. feb. mrt. apr. mei juni juli aug. sep. okt. nov. dec.",
    "en": "Jan Feb Mar Apr May June July Aug Sep Oct Nov Dec",
}


def date_in_words(iso: str, language: str) -> str:
    """``2021-05-10`` as ``10 mei 2021`` (longer months are shortened)."""
    year, month, day = (int(part) for part in iso.split("-"))
    return f"{day} {_MONTHS.get(language, _MONTHS['en']).split()[month - 1]} {year}"


def locale_of(language: str) -> Locale:
    """How ``language`` writes numbers; English where nothing else is known."""
    return DUTCH if language == "nl" else ENGLISH


def in_words(value: int, language: str) -> str:
    """A small whole number as a word, a larger one in figures."""
    words = _WORDS.get(language, _WORDS["en"])
    return words[value] if 0 <= value < len(words) else locale_of(language).count(value)


_ABOUT = {"nl": ("bijna ", "", "ruim "), "en": ("nearly ", "", "just over ")}
_SHARES = {
    "nl": ("geen", "bijna geen", "de helft", "{n} op de {of}", "bijna allemaal", "allemaal"),
    "en": ("none", "hardly any", "half", "{n} in {of}", "nearly all", "all"),
}
_FRACTIONS = ((1, 2), (1, 3), (2, 3), (1, 4), (3, 4), *((n, 5) for n in range(1, 5)), *((n, 10) for n in (1, 3, 7, 9)))
"""Parts of a whole that people can picture, the easiest first."""


def about(value: float, step: float, language: str, decimals: int = 0, *, signed: bool = False) -> str:
    """``value`` at the nearest multiple of ``step``, with a word for the side it lies on: ``ruim 900``, ``bijna 0,8``.

    Ruim stands only where the value is more than the number named, bijna only where it is less; judged by size, so
    that a negative value is told as its opposite would be. ``decimals``: of the number named, where it is not whole.
    """
    rounded = math.floor(abs(value) / step + 0.5) * step
    decimals = 0 if math.isclose(rounded, round(rounded)) else decimals
    text = locale_of(language).number(math.copysign(rounded, value), decimals, signed=signed)
    return _side(abs(value), rounded, language) + text


def about_count(value: float, language: str) -> str:
    """A number of people or things in running text: ``ruim 900``, ``bijna 320``; as it is below fifty.

    To a tenth of its power of ten, from half that power on to a half of it: never more than a twentieth away.
    """
    if value < 50:
        return locale_of(language).count(value)
    power = 10.0 ** math.floor(math.log10(value))
    return about(value, power / 10 if value < 5 * power else power / 2, language)


def share_in_words(value: float, language: str) -> str:
    """A share as a part people can picture: ``bijna 2 op de 3``. None and all only where it is exactly that."""
    none, hardly, half, some, nearly, all_ = _SHARES.get(language, _SHARES["en"])
    if value <= 0 or value >= 1:
        return none if value <= 0 else all_
    if value < 0.05 or value > 0.95:
        return hardly if value < 0.05 else nearly
    n, of = min(_FRACTIONS, key=lambda part: round(abs(value - part[0] / part[1]), 9))
    text = half if (n, of) == (1, 2) else some.format(n=n, of=of)
    return (_side(value, n / of, language) if abs(value - n / of) >= 0.005 else "") + text


def _side(value: float, named: float, language: str) -> str:
    """The word for a value that is less than, equal to, or more than the number named."""
    less, equal, more = _ABOUT.get(language, _ABOUT["en"])
    if math.isclose(value, named, rel_tol=1e-9, abs_tol=1e-12):
        return equal
    return more if value > named else less


def size_of_effect(value: float, metric: str) -> str:
    """The customary name of an effect's size: ``none``, ``small``, ``medium`` or ``large``.

    Cohen (1988), Statistical power analysis for the behavioral sciences: .10, .30 and .50 for correlations (and
    standardised paths, ``std_all``); 0.2, 0.5 and 0.8 for differences in standard deviations (``sd``).
    """
    limits = (0.1, 0.3, 0.5) if metric == "std_all" else (0.2, 0.5, 0.8)
    if math.isnan(value):
        return "none"
    return ("none", "small", "medium", "large")[sum(abs(value) >= limit for limit in limits)]
