"""Money as whole nanodollars, and the units in which measures are stored."""

from decimal import ROUND_HALF_EVEN, Decimal

NANODOLLARS_PER_CENT = 10_000_000
NANODOLLARS_PER_USD = 1_000_000_000
MS_PER_HOUR = 3_600_000


def nanodollars(cents: Decimal) -> int:
    """Return whole nanodollars for an amount in cents, rounded half even."""
    return int((cents * NANODOLLARS_PER_CENT).to_integral_value(ROUND_HALF_EVEN))


def usd(nano: int) -> Decimal:
    """Return US dollars, exactly, for whole nanodollars."""
    return Decimal(nano) / NANODOLLARS_PER_USD
