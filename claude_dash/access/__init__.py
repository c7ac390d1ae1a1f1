"""Who is asking, in which role, and how they sign in."""
