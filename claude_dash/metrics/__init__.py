"""Metrics: a sentence and an expression over what was released, and the answer to a question."""
