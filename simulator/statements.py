"""Statements and settlement files as banks and providers write them, for worlds and tests.

Written from the forms themselves (vietnam.md 4.2, 4.3), without a glance at how the centre reads them.
"""

import csv
import io
import unicodedata
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from html import escape
from typing import Final, NamedTuple

import xlsxwriter

HEADINGS: Final = {
    "vietcombank-web": ["Ngày giao dịch", "Số tham chiếu", "Số tiền ghi nợ", "Số tiền ghi có", "Mô tả"],
    "vietcombank-cashup": [
        "STT/NO",
        "NGÀY/TNX DATE \u2013 SỐ CT/DOC NO",
        "NGÀY HIỆU LỰC / EFFECTIVE DATE",
        "SỐ TIỀN GHI NỢ/DEBIT",
        "SỐ TIỀN GHI CÓ/CREDIT",
        "SỐ DƯ/BALANCE",
        "NỘI DUNG CHI TIẾT/TRANSACTIONS IN DETAIL",
    ],
    "bidv": ["STT", "NGÀY HIỆU LỰC", "SỐ CT", "GHI NỢ", "GHI CÓ", "SỐ DƯ", "MÔ TẢ"],
    "vietinbank-efast": [
        "STT/No.",
        "Ngày hạch toán/Accounting date",
        "Ngày phát sinh/Transaction date",
        "Mô tả giao dịch/Transaction description",
        "Nợ/Debit",
        "Có/Credit",
        "Số dư TK/Account balance",
        "Số giao dịch/Transaction number",
    ],
    "agribank": ["Ngày GD", "Số bút toán", "Phát sinh nợ", "Phát sinh có", "Số dư", "Diễn giải"],
}
CANONICAL: Final = (
    "provider",
    "settlement_id",
    "session_date",
    "txn_time",
    "merchant_ref",
    "provider_ref",
    "bank_ref",
    "kind",
    "gross_vnd",
    "fee_vnd",
    "fee_vat_vnd",
    "net_vnd",
    "status",
    "site_code",
    "terminal_code",
    "payer_instrument",
    "raw_line",
    "file_sha256",
    "line_no",
)
_MADE: Final = datetime(2026, 11, 23)  # noqa: DTZ001 - workbooks know no zones
_TONES: Final = "\u0300\u0301\u0303\u0309\u0323"
ENCODINGS: Final = ("utf-8", "utf-8-sig", "utf-16", "cp1258")


class Moved(NamedTuple):
    """Money that moved on an account: dong above zero came."""

    on: date
    amount: int
    reference: str
    text: str


class Taken(NamedTuple):
    """A line of a provider's settlement, as it counts it."""

    settlement_id: str
    session_date: date
    at: datetime
    merchant_ref: str
    provider_ref: str
    kind: str
    gross: int
    fee: int
    fee_vat: int
    site: str = ""
    terminal: str = ""
    instrument: str = ""


Table = list[list[str | int]]


def dotted(amount: int) -> str:
    """`1.500.000`."""
    return f"{amount:,}".replace(",", ".")


def bank_table(bank: str, account: str, opening: int, moves: Sequence[Moved]) -> Table:
    """The cells of a bank's statement, its heading, footer and oddities included."""
    tables = {
        "vietcombank-web": _vietcombank_web,
        "vietcombank-cashup": _cashup,
        "bidv": _bidv,
        "vietinbank-efast": _vietinbank,
        "agribank": _agribank,
    }
    return tables[bank](account, opening, moves)


def as_csv(table: Table, encoding: str = "utf-8", separator: str = ",") -> bytes:
    """The cells as text."""
    text = io.StringIO()
    csv.writer(text, delimiter=separator).writerows(table)
    return _encoded(text.getvalue(), encoding)


def as_page(table: Table, encoding: str = "utf-8") -> bytes:
    """The cells as a web page, which banks call `.xls`. Titles are merged over the whole width."""
    width = max(len(row) for row in table)
    lines = ["<html><head><meta charset='utf-8'><style>td{mso-number-format:'\\@'}</style></head><body><table>"]
    for row in table:
        whole = f" colspan='{width}'" if len(row) == 1 else ""
        cells = "".join(f"<td{whole}>{escape(str(cell)).replace(chr(10), '<br>')}</td>" for cell in row)
        lines.append(f"<tr>{cells}</tr>")
    return _encoded("\r\n".join([*lines, "</table></body></html>"]), encoding)


def as_workbook(table: Table, sheet: str = "Sheet1") -> bytes:
    """The cells as a workbook: figures as figures, texts as texts, titles merged."""
    file = io.BytesIO()
    with xlsxwriter.Workbook(file, {"in_memory": True, "strings_to_numbers": False}) as book:
        book.set_properties({"created": _MADE})  # the same cells are the same bytes
        page = book.add_worksheet(sheet)
        for at, row in enumerate(table):
            if len(row) == 1 and row[0]:
                page.merge_range(at, 0, at, 4, str(row[0]))
                continue
            for column, cell in enumerate(row):
                _ = (
                    page.write_number(at, column, cell)
                    if isinstance(cell, int)
                    else page.write_string(at, column, cell)
                )
    return file.getvalue()


def as_camt(account: str, opening: int, moves: Sequence[Moved], number: str = "1") -> bytes:
    """A camt.053 message with one statement."""
    closing = opening + sum(move.amount for move in moves)
    entries = "".join(_entry(move) for move in moves)
    first, last = (moves[0].on, moves[-1].on) if moves else (date(2026, 11, 23), date(2026, 11, 23))
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt>'
        f"<GrpHdr><MsgId>{number}</MsgId><CreDtTm>{last}T23:00:00</CreDtTm></GrpHdr>"
        f"<Stmt><Id>{number}</Id><CreDtTm>{last}T23:00:00</CreDtTm>"
        f"<Acct><Id><Othr><Id>{account}</Id></Othr></Id><Ccy>VND</Ccy></Acct>"
        f"{_balance('OPBD', opening, first)}{_balance('CLBD', closing, last)}{entries}"
        "</Stmt></BkToCstmrStmt></Document>\n"
    ).encode()


def settlement_table(provider: str, lines: Sequence[Taken]) -> Table:
    """The canonical layout of vietnam.md 4.2."""
    table: Table = [[*CANONICAL]]
    for number, line in enumerate(lines, 2):
        row: list[str | int] = [
            provider,
            line.settlement_id,
            line.session_date.isoformat(),
            line.at.isoformat(),
            line.merchant_ref,
            line.provider_ref,
            "",
            line.kind,
            line.gross,
            line.fee,
            line.fee_vat,
            line.gross - line.fee - line.fee_vat,
            "SUCCESS",
            line.site,
            line.terminal,
            line.instrument,
            "",
            "",
            number,
        ]
        table.append(row)
    return table


def _vietcombank_web(account: str, _: int, moves: Sequence[Moved]) -> Table:
    table: Table = [["SAO KÊ TÀI KHOẢN"], ["Số tài khoản", account], ["Loại tiền", "VND"], []]
    table.append([*HEADINGS["vietcombank-web"]])
    table += [
        [move.on.isoformat(), move.reference, _comma(-move.amount), _comma(move.amount), move.text] for move in moves
    ]
    out = sum(-move.amount for move in moves if move.amount < 0)
    came = sum(move.amount for move in moves if move.amount > 0)
    printed = max((move.on for move in moves), default=date(2026, 1, 1)) + timedelta(days=1)
    foot = f"In ngày {printed:%d/%m/%Y}"
    return [*table, ["Tổng số", "", f"{out:,}", f"{came:,}", ""], [foot, "", "9", "9", ""]]


def _cashup(account: str, opening: int, moves: Sequence[Moved]) -> Table:
    table: Table = [
        ["SAO KÊ TÀI KHOẢN / STATEMENT OF ACCOUNT"],
        [f"Số tài khoản/Account No: {account}"],
        ["Loại tiền/Currency: VND"],
        [*HEADINGS["vietcombank-cashup"]],
        ["Số dư đầu kỳ/Opening balance", "", "", "", "", opening, ""],
    ]
    stands = opening
    for number, move in enumerate(moves, 1):
        stands += move.amount
        day = f"{move.on:%d/%m/%Y}"
        cells = [f"{day}\n{move.reference}", day, _side(-move.amount), _side(move.amount), stands, move.text]
        table.append([str(number), *cells])
    return [*table, ["Số dư cuối kỳ/Closing balance", "", "", "", "", stands, ""]]


def _bidv(account: str, opening: int, moves: Sequence[Moved]) -> Table:
    table: Table = [
        ["BÁO CÁO CHI TIẾT SỐ DƯ TÀI KHOẢN"],
        [f"Số tài khoản: {account}   Loại tiền: VND"],
        [*HEADINGS["bidv"]],
        ["DƯ ĐẦU", "", "", "", "", dotted(opening), ""],
    ]
    stands = opening
    for number, move in enumerate(moves, 1):
        stands += move.amount
        sides = [dotted(max(0, -move.amount)), dotted(max(0, move.amount))]
        row = [str(number), f"{move.on:%d/%m/%Y}", move.reference, *sides, dotted(stands), move.text]
        table.append([*row])
    return [*table, ["DƯ CUỐI", "", "", "", "", dotted(stands), ""]]


def _vietinbank(account: str, opening: int, moves: Sequence[Moved]) -> Table:
    """The newest line first; a date stands once for all lines of its day."""
    rows: Table = []
    stands = opening
    for number, move in enumerate(moves, 1):
        stands += move.amount
        spent, came = _comma(-move.amount), _comma(move.amount)
        rows.append([str(number), f"{move.on:%d/%m/%Y}", "", move.text, spent, came, f"{stands:,}", move.reference])
    rows.reverse()
    for at in range(len(rows) - 1, 0, -1):
        if rows[at][1] == rows[at - 1][1]:
            rows[at][1] = ""
    title: Table = [["LỊCH SỬ GIAO DỊCH - TRANSACTION HISTORY"], ["Số tài khoản/Account number", account]]
    return [*title, [*HEADINGS["vietinbank-efast"]], *rows]


def _agribank(account: str, opening: int, moves: Sequence[Moved]) -> Table:
    table: Table = [["AGRIBANK"], [f"Số tài khoản: {account}"], [*HEADINGS["agribank"]]]
    stands = opening
    for move in moves:
        stands += move.amount
        sides = [_dots(-move.amount), _dots(move.amount)]
        table.append([f"{move.on:%d/%m/%Y}", move.reference, *sides, dotted(stands), move.text])
    out = sum(-move.amount for move in moves if move.amount < 0)
    came = sum(move.amount for move in moves if move.amount > 0)
    return [*table, ["Cộng phát sinh", "", dotted(out), dotted(came), "", ""]]


def _comma(amount: int) -> str:
    return f"{amount:,}" if amount > 0 else ""


def _dots(amount: int) -> str:
    return dotted(amount) if amount > 0 else ""


def _side(amount: int) -> str | int:
    return amount if amount > 0 else ""


def _encoded(text: str, encoding: str) -> bytes:
    """Windows-1258 writes the mark of a tone after its letter."""
    return _windows(text) if encoding == "cp1258" else text.encode(encoding)


def _windows(text: str) -> bytes:
    made = bytearray()
    for letter in text:
        try:
            made += letter.encode("cp1258")
        except UnicodeEncodeError:
            parts = unicodedata.normalize("NFD", letter)
            tones = "".join(part for part in parts if part in _TONES)
            bare = unicodedata.normalize("NFC", "".join(part for part in parts if part not in _TONES))
            made += (bare + tones).encode("cp1258")
    return bytes(made)


def _entry(move: Moved) -> str:
    side = "CRDT" if move.amount > 0 else "DBIT"
    return (
        f"<Ntry><NtryRef>{escape(move.reference)}</NtryRef><Amt Ccy='VND'>{abs(move.amount)}.00</Amt>"
        f"<CdtDbtInd>{side}</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts><BookgDt><Dt>{move.on}</Dt></BookgDt>"
        f"<ValDt><Dt>{move.on}</Dt></ValDt><AcctSvcrRef>{escape(move.reference)}</AcctSvcrRef>"
        f"<NtryDtls><TxDtls><Refs><EndToEndId>NOTPROVIDED</EndToEndId></Refs>"
        f"<RmtInf><Ustrd>{escape(move.text)}</Ustrd></RmtInf></TxDtls></NtryDtls></Ntry>"
    )


def _balance(code: str, amount: int, on: date) -> str:
    side = "DBIT" if amount < 0 else "CRDT"
    return (
        f"<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp><Amt Ccy='VND'>{abs(amount)}</Amt>"
        f"<CdtDbtInd>{side}</CdtDbtInd><Dt><Dt>{on}</Dt></Dt></Bal>"
    )
