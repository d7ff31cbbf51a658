"""From a file with columns of its own to a proposed crosswalk, each line with how sure it is and why.

``propose`` makes the lines of what ``matching`` finds: which column answers which variable, all at once (``assign``),
by how well names and wordings fit (``evidence``, ``likeness``), by place (``places``), and by what the answers are in
the instrument's codes (``answers``, ``meanings``). ``certainty`` and ``direction``: how sure that is. ``earlier``: what
an earlier wave's crosswalk knows already. ``written`` and ``table_file``: the table a person edits.
``draft``: the beginning of a wave.yaml.
"""
