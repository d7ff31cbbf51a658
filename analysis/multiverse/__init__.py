"""Every claim under every defensible choice: the specification curve and its joint test."""
