"""Comparing few clusters: differences between project types with projects as the units.

``comparison.compare_outcomes`` is the whole of it; ``contrasts`` says which methods there are and puts them in one
table. From the table down: ``units`` and ``persons`` answer a question by a method, ``design`` turns persons into
arrays and questions, and every method is a function of arrays: ``least_squares``, ``robust`` (CR2, CR3),
``unit_means``, ``mixed`` with ``kenward_roger``, ``assignments`` with ``permutation``, ``wild``; ``inversion`` makes
the interval of the last two. ``overlap`` and ``left_out`` say what a comparison rests on, ``means`` and ``clustering``
describe.
"""
