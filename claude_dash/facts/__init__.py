"""What is known: typed facts, the measures and dimensions we keep, and pseudonyms."""
