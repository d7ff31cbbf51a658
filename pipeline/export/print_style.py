"""Pictures for paper: what a browser works out from style sheets becomes attributes, in light colours, in one font.

The typesetter knows classes in a picture's own ``<style>``, but no custom properties, no dark theme and no fonts of the
reader. The cascade here is CSS's for what drawings use (CSS Cascading 4, section 6; Custom Properties 1, section 3).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from pipeline.export.tree import Element, write

FONT = "DejaVu Sans"
_PRESENTED = frozenset(
    {
        "fill", "fill-opacity", "stroke", "stroke-width", "stroke-linecap", "stroke-linejoin", "stroke-dasharray",
        "stroke-opacity", "opacity", "font-size", "font-weight", "font-style", "text-anchor", "dominant-baseline",
        "display", "visibility", "paint-order",
    }
)  # fmt: skip
_PAPER = {"--paper": "#fff", "--card": "#fff"}
_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_IS = re.compile(r":is\(([^()]*)\)")
_OUTER_COMMA = re.compile(r",(?![^()]*\))")
_NOT_ATTRIBUTE = re.compile(r":not\(\[([\w-]+)\]\)")
_SIMPLE = re.compile(r"([.#]?[\w-]+|\*|\[[\w-]+(?:=\"?[^\]\"]*\"?)?\])")
_FAMILY = re.compile(r"font-family\s*[:=]\s*(?:\"[^\"]*\"|'[^';}\"]*'(?:\s*,\s*[^;}\"]*)?|[^;}\"]*)")
_DEFINED = re.compile(r"(--[\w-]+)\s*:\s*([^;}]+)")
_LIGHT = re.compile(r"light-dark\(\s*((?:[^(),]|\([^()]*\))+),(?:[^()]|\([^()]*\))*\)")
_MEDIA = re.compile(r"@media[^{]*\{(?:[^{}]*\{[^{}]*\})*[^{}]*\}")

Declarations = Mapping[str, str]


@dataclass(frozen=True)
class _Compound:
    """What one element must be: a name, classes, an id, attributes it has and has not."""

    tag: str
    classes: tuple[str, ...]
    identifier: str
    has: tuple[str, ...]
    has_not: tuple[str, ...]

    def matches(self, element: Element) -> bool:
        return (
            self.tag in ("", "*", element.tag)
            and all(name in element.classes for name in self.classes)
            and (not self.identifier or element.get("id").endswith(self.identifier))
            and all(name in element.attributes for name in self.has)
            and not any(name in element.attributes for name in self.has_not)
        )


@dataclass(frozen=True)
class Rule:
    """One selector and what it declares; ``weight``: specificity, then place in the sheet."""

    compounds: tuple[tuple[str, _Compound], ...]
    declarations: Declarations
    weight: tuple[int, int, int, int]

    def matches(self, path: Sequence[Element]) -> bool:
        """Whether it selects the last element of ``path``, which begins at the outermost."""
        return self._from(len(self.compounds) - 1, path)

    def _from(self, place: int, path: Sequence[Element]) -> bool:
        combinator, compound = self.compounds[place]
        if not path or not compound.matches(path[-1]):
            return False
        if place == 0:
            return True
        if combinator == ">":
            return self._from(place - 1, path[:-1])
        return any(self._from(place - 1, path[:end]) for end in range(len(path) - 1, 0, -1))


def rules_of(css: str) -> list[Rule]:
    """The rules of ``css`` outside ``@media``, in light colours; selectors that no drawing needs (states, siblings)
    are left out."""
    bare = _LIGHT.sub(r"\1", _MEDIA.sub("", _COMMENT.sub("", css)))
    found = []
    for place, (selectors, body) in enumerate(re.findall(r"([^{}]+)\{([^{}]*)\}", bare)):
        declarations = dict(_declarations(body))
        for selector in _alternatives(selectors.strip()):
            rule = _rule(selector, declarations, place)
            if rule:
                found.append(rule)
    return sorted(found, key=lambda rule: rule.weight)


def _declarations(body: str) -> Iterator[tuple[str, str]]:
    for declaration in body.split(";"):
        name, colon, value = declaration.partition(":")
        if colon:
            yield name.strip(), value.replace("!important", "").strip()


def _alternatives(selectors: str) -> list[str]:
    """``a, :is(b, c) d`` as ``a``, ``b d``, ``c d``."""
    found = []
    for selector in _OUTER_COMMA.split(selectors):
        if match := _IS.search(selector):
            before, after = selector[: match.start()], selector[match.end() :]
            found += [
                one for option in match[1].split(",") for one in _alternatives(f"{before}{option.strip()}{after}")
            ]
        else:
            found.append(selector.strip())
    return found


def _rule(selector: str, declarations: Declarations, place: int) -> Rule | None:
    selector = selector.replace(":root", "html")
    has_not = {name: f"!{name}" for name in _NOT_ATTRIBUTE.findall(selector)}
    plain = _NOT_ATTRIBUTE.sub(lambda found: f"[{has_not[found[1]]}]", selector)
    if ":" in plain or "+" in plain or "~" in plain or "@" in plain:
        return None
    compounds, combinator, weight = [], " ", [0, 0, 0]
    for word in plain.replace(">", " > ").split():
        if word == ">":
            combinator = ">"
            continue
        parts = re.findall(r"\[[^\]]*\]|[.#]?[\w-]+|\*", word)
        attributes = [part[1:-1].split("=")[0] for part in parts if part.startswith("[")]
        compound = _Compound(
            tag=next((part for part in parts if part[0] not in ".#["), ""),
            classes=tuple(part[1:] for part in parts if part[0] == "."),
            identifier=next((part[1:] for part in parts if part[0] == "#"), ""),
            has=tuple(name for name in attributes if not name.startswith("!")),
            has_not=tuple(name[1:] for name in attributes if name.startswith("!")),
        )
        weight[0] += bool(compound.identifier)
        weight[1] += len(compound.classes) + len(attributes)
        weight[2] += compound.tag not in ("", "*")
        compounds.append((combinator, compound))
        combinator = " "
    return Rule(tuple(compounds), declarations, (weight[0], weight[1], weight[2], place)) if compounds else None


def paint(body: Element, css: str) -> None:
    """Give every drawing in ``body`` its looks as attributes, in place, as ``css`` has them on white paper."""
    rules = rules_of(css)
    # outside drawings, only what drawings inherit is of use
    handed_down = [rule for rule in rules if any(_is_inherited(name) for name in rule.declarations)]
    html = Element("html", {}, [body])
    properties = _cascade([html], handed_down, {}) | _PAPER
    _walk(body, [html], (rules, handed_down), properties, drawn=False)


def _is_inherited(name: str) -> bool:
    return name == "color" or name.startswith("--")


def _walk(
    element: Element,
    above: Sequence[Element],
    rules: tuple[Sequence[Rule], Sequence[Rule]],
    inherited: Declarations,
    *,
    drawn: bool,
) -> None:
    """Paint what is drawn in ``element``; ``rules``: those for drawings, those for what stands around them."""
    if not drawn and element.find("svg") is None:
        return
    path = [*above, element]
    drawn = drawn or element.tag == "svg"
    found = _cascade(path, rules[0] if drawn else rules[1], inherited)
    if drawn:
        for name in sorted(found.keys() & _PRESENTED):
            value = resolved(found[name], found)
            if value:
                element.attributes[name] = found["color"] if value.lower() == "currentcolor" else value
        for name, own in list(element.attributes.items()):
            if own and (own.lower() == "currentcolor" or "var(" in own):
                element.attributes[name] = resolved(own, found) if "var(" in own else found["color"]
        if "style" in element.attributes:
            del element.attributes["style"]
        if element.tag == "text":
            element.attributes["font-family"] = FONT
    kept = {name: value for name, value in found.items() if _is_inherited(name)}
    for child in element.children:
        if isinstance(child, Element):
            _walk(child, path, rules, kept, drawn=drawn)


def _cascade(path: Sequence[Element], rules: Sequence[Rule], inherited: Declarations) -> dict[str, str]:
    """What holds for the last element of ``path``: what is inherited, overridden by rules in order of their weight."""
    found = {"color": "#1c2530"} | dict(inherited)
    for rule in rules:
        if rule.matches(path):
            found.update(rule.declarations)
    found.update(_declarations(path[-1].get("style")))
    found["color"] = resolved(found["color"], found) or inherited.get("color", "#1c2530")
    return found


def resolved(value: str, properties: Declarations) -> str:
    """``value`` with every ``var(--name, fallback)`` filled in; empty where one is defined nowhere."""
    for _ in range(20):
        start = value.rfind("var(")
        if start < 0:
            break
        end = value.find(")", start)
        name, _, fallback = value[start + 4 : end].partition(",")
        put = properties.get(name.strip(), fallback.strip())
        if not put:
            return ""
        value = f"{value[:start]}{put}{value[end + 1 :]}"
    return value.strip()


def drawing(svg: Element, properties: Mapping[str, str | None]) -> str:
    """A painted ``<svg>`` of a page as a picture file; ``properties``: attributes it gets."""
    attributes: dict[str, str | None] = {name: value or "" for name, value in {**svg.attributes, **properties}.items()}
    for one in svg.elements():
        one.attributes = {name: value or "" for name, value in one.attributes.items()}
    attributes["xmlns"] = "http://www.w3.org/2000/svg"
    return write(Element("svg", attributes, svg.children))


def picture_for_print(svg: str) -> str:
    """A picture file in its light colours and in the one font that the typesetter has."""
    bare = _MEDIA.sub("", svg)
    defined = {name: value.strip() for name, value in _DEFINED.findall(bare)}
    filled = re.sub(r"var\((--[\w-]+)(?:,[^()]*)?\)", lambda found: defined.get(found[1], "#000000"), bare)
    return _FAMILY.sub(lambda found: f"font-family{'=' if '=' in found[0][:13] else ':'}{_quoted(found[0])}", filled)


def _quoted(declaration: str) -> str:
    return f'"{FONT}"' if "=" in declaration[:13] else f"'{FONT}'"
