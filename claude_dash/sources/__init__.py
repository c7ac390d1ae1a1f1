"""Sources: one module each that reads a vendor's report and turns it into facts."""
