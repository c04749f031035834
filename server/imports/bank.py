"""Bank statements: any table that a mapping knows, and camt.053."""

import re
from collections.abc import Iterable, Iterator
from datetime import date
from itertools import chain
from typing import Final, NamedTuple

from gate.statements import BankLine, BankStatement, Unsound, balanced, in_order
from gate.written import NotWritten, folded, spaced
from server.imports import cells, kinds
from server.imports.cells import Row
from server.imports.fields import Fields, Sheet, sheet
from server.imports.flaws import Flaws, name_of
from server.imports.mapping import Mapping, is_in, shipped

CURRENCY: Final = "VND"
_ACCOUNT: Final = re.compile(
    r"(?:so tai khoan|tai khoan so|so tk|account (?:no|number))[^0-9]{0,40}([0-9][0-9 ]{4,24}[0-9])"
)
_CURRENCY: Final = re.compile(r"(?:loai tien|tien te|currency|\bccy\b)[^a-z]{0,40}([a-z]{3})\b")


class Read(NamedTuple):
    """A statement and the mapping by which it was read."""

    statement: BankStatement
    mapping: str


def read(path: str, raw: bytes, account: str, today: date, mapping: Mapping | None = None) -> Read:
    """The statement of an account in a file; without a mapping, the shipped one that fits. Raises BadFile, and then
    with all that is wrong."""
    flaws = Flaws(name_of(path))
    kind = kinds.kind_of(raw, flaws)
    if kind is kinds.FileKind.CAMT:
        from server.imports import as_camt  # noqa: PLC0415 - the library loads for a second

        return Read(_whole(as_camt.read(raw, account, today, flaws), flaws), kind.value)
    known = [mapping] if mapping else [each for each in shipped().values() if each.kind == "bank"]
    rows = kinds.rows(raw, kind, mapping.sheet if mapping else "", flaws)
    table = sheet(rows, known, flaws)
    return Read(_whole(_statement(table, account, today, flaws), flaws), table.mapping.name)


def _whole(statement: BankStatement, flaws: Flaws) -> BankStatement:
    """The statement as it was booked, if it agrees with itself. Raises BadFile."""
    flaws.check()
    if not statement.lines and None in (statement.opening, statement.closing):
        raise flaws.refuse("has no lines")
    try:
        lines = in_order(statement.lines)
        opening, closing = statement.opening, statement.closing
        if lines and lines[0].balance is not None and lines[-1].balance is not None:
            opening = lines[0].balance - lines[0].amount if opening is None else opening
            closing = lines[-1].balance if closing is None else closing
        return balanced(BankStatement(statement.account, lines, opening, closing))
    except Unsound as error:
        raise flaws.refuse(str(error), error.line) from error


def _statement(table: Sheet, account: str, today: date, flaws: Flaws) -> BankStatement:
    _check_head(table.above, account, flaws)
    fields, mapping = Fields(table, today, flaws), table.mapping
    lines: list[BankLine] = []
    opening = closing = None
    ended = not mapping.end
    for row in fields.data():
        if fields.starts(mapping.opening):
            opening = _balance(row, fields)
        elif fields.starts(mapping.closing):
            closing, ended = _balance(row, fields), True
            break
        elif fields.starts(mapping.end):
            ended = True
            _check_totals(mapping, fields, lines)
            break
        else:
            lines.append(_line(fields, mapping, account))
    if not ended:
        raise flaws.refuse(f"ends without a row {mapping.end[0]!r}: the file is cut off", fields.row.number)
    return BankStatement(account, tuple(lines), opening, closing)


def _line(fields: Fields, mapping: Mapping, account: str) -> BankLine:
    words = fields.text("text")
    balance = fields.money("balance") if fields.has("balance") else None
    line = BankLine(
        line=fields.row.number,
        booked_on=fields.date("date"),
        amount=_amount(fields, mapping),
        bank_reference=fields.text("reference"),
        text=words,
        balance=balance,
        fee=is_in(mapping.fees, words),
    )
    if fields.has("account") and _digits(fields.text("account")) != _digits(account):
        fields.flaw("account", f"{fields.text('account')!r} is another account than {account}")
    if fields.has("currency") and fields.text("currency").upper() != CURRENCY:
        fields.flaw("currency", f"{fields.text('currency')!r} is not {CURRENCY}")
    return line


def _amount(fields: Fields, mapping: Mapping) -> int:
    """What came less what went; each column holds figures of its own sign, one of them in each row."""
    if "amount" in mapping.columns:
        if not fields.has("amount"):
            fields.flaw("amount", "has no amount")
        return fields.money("amount")
    debit, credit = fields.money("debit"), fields.money("credit")
    for key, amount in (("debit", debit), ("credit", credit)):
        if amount < 0:
            fields.flaw(key, f"{amount} is below zero in a column that has its own sign")
    if debit and credit:
        fields.flaw("credit", f"{credit} came and {debit} went in one line")
    if not debit and not credit and not (_unread(fields, "debit") or _unread(fields, "credit")):
        fields.flaw("credit", "neither money that came nor money that went")
    return credit - debit


def _unread(fields: Fields, key: str) -> bool:
    """Whether something else than a nought stands there: that is a flaw of its own already."""
    return fields.has(key) and fields.plain(key) not in {"0", "0.0", "0,00", "0.00", "-"}


def _balance(row: Row, fields: Fields) -> int | None:
    """The figure of a row of balances: in its column, else the row's last figure."""
    if fields.has("balance"):
        return fields.money("balance")
    for cell in reversed(row.cells):
        if not cells.is_blank(cell):
            try:
                return cells.money(cell)
            except NotWritten:
                continue
    return None


def _check_totals(mapping: Mapping, fields: Fields, lines: Iterable[BankLine]) -> None:
    if not mapping.totals:
        return
    amounts = [line.amount for line in lines]
    sums = {"debit": -sum(each for each in amounts if each < 0), "credit": sum(each for each in amounts if each > 0)}
    for key, summed in sums.items():
        if fields.has(key) and (said := fields.money(key)) != summed:
            fields.flaw(key, f"the total is {said}, the lines come to {summed}")


def _check_head(above: Iterable[Row], account: str, flaws: Flaws) -> None:
    """Whose account and which money the file is of, where the rows above its headings say so."""
    for row in above:
        said = folded(" ".join(_words(row)))
        for found in _ACCOUNT.finditer(said):
            if _digits(found[1]) != _digits(account):
                flaws.add(row.number, "", f"is of account {_digits(found[1])}, not of {account}")
        for found in _CURRENCY.finditer(said):
            if found[1].upper() != CURRENCY:
                flaws.add(row.number, "", f"is in {found[1].upper()}, not in {CURRENCY}")


def _words(row: Row) -> Iterator[str]:
    texts = (cell if isinstance(cell, str) else cells.text(cell) for cell in row.cells if not cells.is_blank(cell))
    return chain(spaced(text)[:200] for text in texts)


def _digits(text: str) -> str:
    return re.sub(r"[^0-9]", "", text)
