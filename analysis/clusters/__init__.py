"""Comparing few clusters: differences between project types with projects as the units."""
