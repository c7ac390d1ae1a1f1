"""The metrics, one declaration each, by subject."""
