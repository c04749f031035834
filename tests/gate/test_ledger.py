from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate.ledger import About, Entry, EntryKind, LedgerAccount, Posting, Unbalanced, applied, charge, entry, payment

AT = datetime(2026, 11, 23, 10, 45, tzinfo=UTC)
A = LedgerAccount
amounts = st.integers(1, 10**12)


def amount_of(entry: Entry, account: LedgerAccount) -> int:
    return sum(posting.amount for posting in entry.postings if posting.account is account)


def assert_balanced(entry: Entry) -> None:
    assert sum(posting.amount for posting in entry.postings) == 0
    assert all(posting.amount for posting in entry.postings), "a posting of nothing says nothing"
    assert entry.happened_at == AT


@given(st.integers(0, 10**12), st.data())
def test_a_charge_is_owed_and_splits_into_revenue_and_vat(total: int, data: st.DataObject) -> None:
    vat = data.draw(st.integers(0, total))
    entry = charge(site="SPS", visit="V", total=total, vat=vat, happened_at=AT)
    assert_balanced(entry)
    assert (entry.key, entry.kind) == ("charge:V", EntryKind.CHARGE)
    assert [amount_of(entry, account) for account in (A.RECEIVABLE, A.REVENUE, A.VAT)] == [total, vat - total, -vat]


@given(amounts, st.integers(0, 10**12))
def test_a_payment_settles_what_is_owed_and_keeps_the_rest(paid: int, owed: int) -> None:
    entry = payment(key="K", site="SPS", visit="V", paid=paid, owed=owed, happened_at=AT)
    assert_balanced(entry)
    assert (entry.key, entry.kind) == ("payment:K", EntryKind.PAYMENT)
    assert amount_of(entry, A.CLEARING) == paid
    assert amount_of(entry, A.RECEIVABLE) == -min(paid, owed)
    assert amount_of(entry, A.SUSPENSE) == -max(0, paid - owed)


@given(amounts)
def test_suspense_that_found_its_visit(amount: int) -> None:
    entry = applied(key="K", site="SPS", visit="V", amount=amount, happened_at=AT)
    assert_balanced(entry)
    assert (entry.key, entry.kind) == ("applied:K:V", EntryKind.APPLIED)
    assert (amount_of(entry, A.SUSPENSE), amount_of(entry, A.RECEIVABLE)) == (amount, -amount)


@given(amounts, amounts)
def test_charge_overpayment_and_application_leave_only_what_is_true(total: int, paid: int) -> None:
    """However much came, receivable and suspense together are what is owed less what was paid."""
    entries = [
        charge(site="SPS", visit="V", total=total, vat=0, happened_at=AT),
        payment(key="1", site="SPS", visit="V", paid=paid, owed=total, happened_at=AT),
    ]
    books = {account: sum(amount_of(entry, account) for entry in entries) for account in A}
    assert books[A.RECEIVABLE] + books[A.SUSPENSE] == total - paid
    assert books[A.RECEIVABLE] >= 0 >= books[A.SUSPENSE]
    assert 0 in {books[A.RECEIVABLE], books[A.SUSPENSE]}


def test_a_free_stay_is_an_entry_without_postings() -> None:
    assert charge(site="SPS", visit="V", total=0, vat=0, happened_at=AT).postings == ()


def test_money_for_nobody_waits_in_suspense() -> None:
    entry = payment(key="K", site="SPS", visit="", paid=30_000, owed=0, happened_at=AT)
    assert entry.postings == (Posting(A.CLEARING, 30_000), Posting(A.SUSPENSE, -30_000))


@pytest.mark.parametrize(("total", "vat"), [(100, 101), (100, -1), (-1, 0)])
def test_vat_is_inside_the_total(total: int, vat: int) -> None:
    with pytest.raises(ValueError, match="VAT"):
        charge(site="SPS", visit="V", total=total, vat=vat, happened_at=AT)


@pytest.mark.parametrize(("paid", "owed"), [(0, 5), (-1, 5), (5, -1)])
def test_payments_are_above_zero_and_debts_not_below(paid: int, owed: int) -> None:
    with pytest.raises(ValueError, match=f"{paid}, {owed}"):
        payment(key="K", site="SPS", visit="V", paid=paid, owed=owed, happened_at=AT)


@pytest.mark.parametrize("amount", [0, -1])
def test_nothing_is_applied_backwards(amount: int) -> None:
    with pytest.raises(ValueError, match="above zero"):
        applied(key="K", site="SPS", visit="V", amount=amount, happened_at=AT)


def test_postings_that_do_not_add_up_are_refused() -> None:
    lopsided = (Posting(A.CLEARING, 5), Posting(A.SUSPENSE, -4))
    with pytest.raises(Unbalanced, match="K"):
        entry("K", EntryKind.PAYMENT, About("SPS", AT, "V"), *lopsided)
