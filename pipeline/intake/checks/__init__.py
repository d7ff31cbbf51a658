"""Checks beyond the cells: of a file as a whole, and of a wave beside those that are there already."""
