"""Exactly one line for one payment, or none: the rules of pairing by themselves."""

from datetime import date, timedelta

from server.proving.pairs import Coming, Paid, pair

ON = date(2026, 11, 16)
KEY = frozenset({"7000001"})


def coming(digest: str, number: int = 1, amount: int = 30_000, on: date = ON) -> Coming:
    """A line that carries the bank's reference in a text of its own."""
    return Coming(digest, number, on, amount, f"R{digest}", f"text {digest}", KEY, ())


def paid(name: str, amount: int = 30_000) -> Paid:
    """A payment of this bank reference."""
    return Paid(name, ON, amount, KEY, "", proven=False)


def test_a_reference_on_two_lines_or_of_two_payments_proves_nothing() -> None:
    assert pair([coming("a")], [paid("x")], []).pairs == {"a": "x"}
    assert pair([coming("a"), coming("b", 2)], [paid("x")], []).pairs == {}
    assert pair([coming("a")], [paid("x"), paid("y")], []).pairs == {}


def test_another_amount_or_another_week_is_not_it() -> None:
    assert "the amount differs from x of 20000" in pair([coming("a")], [paid("x", 20_000)], []).why["a"]
    assert pair([coming("a", on=ON + timedelta(days=2))], [paid("x")], []).pairs == {}
    assert pair([coming("a", on=ON + timedelta(days=1))], [paid("x")], []).pairs == {"a": "x"}
    proven = pair([coming("a")], [paid("x")._replace(proven=True)], [])
    assert (proven.pairs, proven.why["a"]) == ({}, "x is proven by another line")
