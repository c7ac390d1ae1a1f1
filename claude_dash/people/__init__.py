"""Who is who, who belongs where, and since when; never a figure."""
