"""A simulated organisation that answers as the vendor does, so that the demo is the product."""
