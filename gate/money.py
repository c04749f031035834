"""Dong: whole numbers, never fractions. What is shown follows vietnam.md 10.1."""

from typing import Final

BASIS_POINTS: Final = 10_000


def vat_in(gross: int, rate_bp: int) -> int:
    """The VAT inside a price that includes it: gross minus net, net rounded half up (vietnam.md 7.1).

    `rate_bp` is the rate in basis points, 800 for 8 %.
    """
    if gross < 0 or rate_bp < 0:
        raise ValueError(f"neither price nor rate can be negative: {gross}, {rate_bp}")
    whole = BASIS_POINTS + rate_bp
    net = (2 * gross * BASIS_POINTS + whole) // (2 * whole)
    return gross - net


def dong(amount: int) -> str:
    """`1.324.840.000 ₫`: dots between thousands, a no-break space before the sign."""
    return f"{grouped(amount)}\u00a0₫"


def grouped(amount: int) -> str:
    """`1.324.840.000`."""
    return f"{amount:,}".replace(",", ".")
