"""From a file with columns of its own to a proposed crosswalk, each line with how sure it is and why.

``evidence``: what a column says of itself. ``likeness``: how well each column fits each variable. ``answers``: what a
column's answers are in the instrument's codes. ``assign``: one column for one variable, all at once. ``propose``: the
lines. ``earlier``: what an earlier wave's crosswalk knows already. ``written``: the table a person edits.
"""
