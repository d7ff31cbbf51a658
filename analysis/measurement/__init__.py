"""Whether the scales measure what they should, how well, and alike for everybody. Map: ``README.md`` here."""
