"""A journal has words for every kind of entry, vouchers without gaps, and a refund's voucher names it."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Final

import pytest

from gate import ledger
from gate.ledger import About, Entry, EntryKind, LedgerAccount
from server.export.journal import CHART, JOURNAL, lines, moved
from server.export.sheets import Cover
from server.export.words import KINDS
from server.frozen import ENTRY, Fact, names
from server.language import Language

ON: Final = date(2026, 11, 23)
AT: Final = datetime(2026, 11, 23, 3, tzinfo=UTC)
A = LedgerAccount


@pytest.mark.parametrize("kind", EntryKind)
def test_every_kind_of_entry_has_words(kind: EntryKind) -> None:
    assert all(words.strip() and words != kind.value for words in KINDS[kind])


def fact(entry: Entry) -> Fact:
    """As a day counts it."""
    postings = [[number, each.account.value, each.amount] for number, each in enumerate(entry.postings)]
    known = {**entry._asdict(), "kind": entry.kind.value}
    return Fact(entry.happened_at, (*(known.get(name) for name in names(ENTRY)[:-1]), postings))


def made(language: Language, *entries: Entry) -> Iterator[list[str]]:
    cover = Cover("SPS", "Site SPS", ON, ON, language, with_plates=False, sheets=(JOURNAL,))
    for line in lines(cover, ON, moved(ON, map(fact, entries), ()), CHART):
        yield [str(value) for value in line]


@pytest.mark.parametrize(("language", "words"), [(Language.VI, "Đã hoàn tiền"), (Language.EN, "Refunds sent")])
def test_numbers_have_no_gaps_and_refunds_have_names(language: Language, words: str) -> None:
    about = About("SPS", AT, "", "sepay:1", "sepay")
    found = list(made(
        language,
        ledger.moved("refund_due:D1", EntryKind.REFUND_DUE, about, 9, debit=A.SUSPENSE, credit=A.REFUNDS),  # 3388 both
        ledger.moved("refund_sent:RF2", EntryKind.REFUND_SENT, about, 5, debit=A.REFUNDS, credit=A.BANK),
        ledger.moved("refund_sent:RF1", EntryKind.REFUND_SENT, about, 4, debit=A.REFUNDS, credit=A.BANK),
        ledger.moved("banked:1", EntryKind.BANKED, about, 7, debit=A.BANK, credit=A.CLEARING),
        ledger.moved("waiver:1", EntryKind.WAIVER, about, 3, debit=A.WAIVED, credit=A.RECEIVABLE),
    ))  # fmt: skip
    assert [line[1] for line in found] == [f"SPS-20261123-{number:03d}" for number in (1, 2, 3, 4)]
    sent = [line[2] for line in found if line[2].startswith(words)]
    assert sent == [f"{words} {name} {'Chuyển khoản' if language is Language.VI else 'Transfer'} (SePay), "
                    f"Site SPS, 23/11/2026" for name in ("RF1", "RF2")]  # fmt: skip
