"""Files without some of their columns or rows, and all else as it was."""
