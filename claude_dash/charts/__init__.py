"""Charts: from a `Release` to a figure, and nothing else."""
