"""The parts of the stage stress."""
