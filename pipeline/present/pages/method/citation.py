"""How to cite the report: in words, as BibTeX and as RIS. From ``CITATION.cff``, the study's title and the commit."""

from __future__ import annotations

import re

from pipeline.present.archive.facts import Facts
from pipeline.present.context import Context
from pipeline.present.markup.markdown import plain
from pipeline.provenance import SHORT


def cited(context: Context, facts: Facts) -> str:
    """A reference in words, after APA 7: maker (year). Title (version; commit) [kind]."""
    year = facts.year or context.say("cite no date")
    creators = " & ".join(facts.creators)
    title = facts.titles[context.language]
    version = "; ".join(_versions(context, facts))
    kind = context.say("cite report")
    return f"{creators} ({year}). {title}{f' ({version})' if version else ''} [{kind}]."


def _versions(context: Context, facts: Facts) -> list[str]:
    said = []
    if facts.provenance.version:
        said.append(context.say("cite version", version=facts.provenance.version))
    if facts.provenance.commit:
        said.append(context.say("cite commit", commit=facts.provenance.commit[:SHORT]))
    return said


def citation_part(context: Context, facts: Facts) -> str:
    """The block of the page on data."""
    folder = f"../../files/{context.bundle.pool}/{context.language}"
    return "\n\n".join(
        [
            context.say("cite intro", folder=folder),
            f"> {plain(cited(context, facts))}",
            context.say("cite not the study"),
        ]
    )


def bibtex(context: Context, facts: Facts) -> str:
    """An entry for BibTeX; names of organisations stay whole."""
    fields = {
        "title": f"{{{_tex(facts.titles[context.language])}}}",
        "author": " and ".join(f"{{{_tex(name)}}}" for name in facts.creators),
        "year": facts.year or "",
        "version": facts.version,
        "note": _tex(facts.abstracts[context.language]),
        "language": context.language,
    }
    key = re.sub(r"[^a-z0-9]+", "-", facts.local_name.lower()).strip("-")
    lines = [f"  {name} = {{{value}}}," for name, value in fields.items() if value]
    return "\n".join([f"@misc{{{key},", *lines, "}", ""])


def _tex(text: str) -> str:
    """``text`` with the signs that TeX takes for its own escaped."""
    return re.sub(r"([&%$#_{}])", r"\\\1", text)


def ris(context: Context, facts: Facts) -> str:
    """An entry in RIS, lines ending as the format has it."""
    lines = [("TY", "DATA"), *(("AU", name) for name in facts.creators)]
    lines += [("TI", facts.titles[context.language])]
    lines += [("PY", facts.year)] if facts.year else []
    lines += [("ET", facts.version)] if facts.version else []
    lines += [("AB", facts.abstracts[context.language]), ("LA", context.language), *(("KW", w) for w in facts.keywords)]
    lines += [("ER", "")]
    return "".join(f"{tag}  - {' '.join(text.split())}\r\n" for tag, text in lines)
