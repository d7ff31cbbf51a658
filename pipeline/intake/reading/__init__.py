"""Reads what somebody sent, whatever the format: bytes within bounds to a ``Grid`` of cells."""
