"""Parts of the stage judge: where evidence stands, how well it was measured, verdicts wave by wave."""
