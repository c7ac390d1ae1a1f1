"""Files that leave the product: what a chart shows as CSV, the weekly set, and the export log."""
