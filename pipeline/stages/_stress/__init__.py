"""The parts of the stage ``stress``: what it is made from, the work, the tables."""
