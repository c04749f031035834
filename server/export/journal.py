"""The ledger as lines for an accounting package: debit, credit, amount, day by day, under a chart of accounts.

A voucher is what one kind of entry came to on a day, with one party, about one day; each refund has its own. Its lines
pair debits with credits, so that every voucher, and with it every day, balances by itself. Memo accounts have no place
in it, and there is no row of totals: all that is here is to be booked.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Final

import msgspec

from gate.ledger import EntryKind, LedgerAccount
from server.export.sheets import Column, Cover, Kind, Sheet, Value
from server.export.words import KINDS, PROVIDERS, chosen
from server.figures import Late
from server.frozen import ENTRY, Fact, names
from server.language import Language

KEY: Final = "journal"
REFUNDS: Final = frozenset({EntryKind.REFUND_DUE.value, EntryKind.REFUND_SENT.value})
MEMO: Final = frozenset({LedgerAccount.PENDED, LedgerAccount.QUOTED})
Group = tuple[str, str, str, str, str]
"""Kind, party, day that it belongs to, refund, account."""
CHART: Final[dict[str, str]] = {
    LedgerAccount.RECEIVABLE: "131",
    LedgerAccount.REVENUE: "5113",
    LedgerAccount.DEFERRED: "3387",
    LedgerAccount.VAT: "33311",
    LedgerAccount.CLEARING: "113",
    LedgerAccount.PAYOUT: "113",
    LedgerAccount.BANK: "112",
    LedgerAccount.FEES: "6418",
    LedgerAccount.FEE_VAT: "1331",
    LedgerAccount.SUSPENSE: "3388",
    LedgerAccount.PREPAID: "131",
    LedgerAccount.REFUNDS: "3388",
    LedgerAccount.TILL: "111",
    LedgerAccount.TILL_DIFFERENCE: "1381",
    LedgerAccount.WAIVED: "5213",
    LedgerAccount.WRITTEN_OFF: "811",
}
"""Usual accounts of the Vietnamese chart (Circular 99/2025/TT-BTC, before it 200/2014; unverified). A mapping file
says it otherwise, account by account."""
_CODE: Final = re.compile(r"[0-9A-Z][0-9A-Z.]{1,19}", re.IGNORECASE)
JOURNAL: Final = Sheet(
    KEY,
    "Nhật ký chung",
    "Journal",
    (
        Column("date", "Ngày hạch toán", "Date", Kind.DATE, 14),
        Column("number", "Số chứng từ", "Voucher", width=34),
        Column("text", "Diễn giải", "Text", width=60),
        Column("debit", "TK Nợ", "Debit", width=10),
        Column("credit", "TK Có", "Credit", width=10),
        Column("amount", "Số tiền", "Amount", Kind.MONEY, 16),
        Column("belongs", "Thuộc ngày", "Belongs to", Kind.DATE, 12),
        Column("party", "Đối tượng", "Party", width=20),
    ),
)


class BadChart(ValueError):
    """The mapping file cannot be used; the message names it and the account."""


def chart(path: Path | None) -> dict[str, str]:
    """The usual chart with what the file says otherwise: a JSON object of our accounts and theirs. Raises BadChart."""
    if path is None:
        return dict(CHART)
    try:
        said = msgspec.json.decode(path.read_bytes(), type=dict[str, str])
    except OSError as error:
        raise BadChart(f"{path}: {error.strerror}") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BadChart(f"{path}: {error}") from error
    for account, code in said.items():
        if account not in CHART:
            raise BadChart(f"{path}: {account}: no account of ours; there are {', '.join(CHART)}")
        if not _CODE.fullmatch(code):
            raise BadChart(f"{path}: {account}: {code!r} is no account's number")
    return {**CHART, **said}


def moved(on: date, entries: Iterable[Fact], late: Iterable[Late]) -> list[list[Value]]:
    """What a day keeps for its journal: kind, party, day that it belongs to, refund, account, amount."""
    return kept(sums_of(on, entries, late))


def sums_of(on: date, entries: Iterable[Fact], late: Iterable[Late]) -> Counter[Group]:
    """What the entries of a day come to."""
    at = {name: number for number, name in enumerate(names(ENTRY))}
    belongs = {each.key: each.belongs for each in late}
    sums = Counter[Group]()
    for _, line in entries:
        kind, key = line[at["kind"]], line[at["key"]]
        refund = key.partition(":")[2] if kind in REFUNDS else ""
        group = (kind, line[at["party"]], str(belongs.get(key, on)), refund)
        for _, account, amount in line[-1]:
            if account not in MEMO:
                sums[*group, account] += amount
    return sums


def kept(sums: Counter[Group]) -> list[list[Value]]:
    """Sums as a day keeps them: each group with its amount."""
    return [[*group, sums[group]] for group in sorted(sums) if sums[group]]


def lines(cover: Cover, on: date, kept: list[list[Value]], codes: Mapping[str, str]) -> Iterator[list[Value]]:
    """The day's lines under a chart of accounts."""
    vouchers: dict[tuple[str, str, str, str], Counter[str]] = defaultdict(Counter)
    for kind, party, belongs, refund, account, amount in kept:
        vouchers[str(kind), str(party), str(belongs), str(refund)][codes[str(account)]] += int(amount or 0)
    real = [each for each in sorted(vouchers.items()) if any(each[1].values())]  # the chart may put both sides in one
    for number, ((kind, party, belongs, refund), sums) in enumerate(real, 1):
        name = f"{cover.site}-{on:%Y%m%d}-{number:03d}"
        text = _text(cover, (kind, refund, party), on, belongs)
        for debit, credit, amount in _pairs(sums):
            yield [str(on), name, text, debit, credit, amount, belongs, party]


def _pairs(sums: Counter[str]) -> Iterator[tuple[str, str, int]]:
    """Debits against credits, each as far as it goes."""
    debits = [(code, amount) for code, amount in sorted(sums.items()) if amount > 0]
    credits_ = [(code, -amount) for code, amount in sorted(sums.items()) if amount < 0]
    while debits and credits_:
        (debit, owed), (credit, given) = debits.pop(0), credits_.pop(0)
        part = min(owed, given)
        yield debit, credit, part
        if owed > part:
            debits.insert(0, (debit, owed - part))
        if given > part:
            credits_.insert(0, (credit, given - part))


def _text(cover: Cover, about: tuple[str, str, str], on: date, belongs: str) -> str:
    kind, refund, party = about
    said = chosen(KINDS, cover.language).get(kind, kind)
    whose = chosen(PROVIDERS, cover.language).get(party, party)
    words = " ".join(filter(None, (said, refund, whose))) + f", {cover.name}, {on:%d/%m/%Y}"
    if belongs == str(on):
        return words
    day = f"{date.fromisoformat(belongs):%d/%m/%Y}"
    return words + (f", điều chỉnh ngày {day}" if cover.language is Language.VI else f", adjusts {day}")
