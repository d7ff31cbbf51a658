"""The parts of the stage ``measure``: each makes some of its tables from what ``inputs.Measured`` holds."""
