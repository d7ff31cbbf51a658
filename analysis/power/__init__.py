"""What a planned wave could tell, by simulation."""
