"""A month of a simulated bank account and a gateway's settlements, with the truth of what each dong is."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy import Engine

from gate.findings import Code, Expectation
from gate.written import VIETNAM
from server.db import reading, transaction
from server.facts_bank import ContractRow
from server.imports import keeping
from server.imports.keeping import File, Imported
from server.providers.notice import Notice
from server.proving import already_on_statement, expected
from server.receiving import receive
from server.register import PayAccountRow
from simulator.statements import Moved, Taken, as_camt, as_csv, as_workbook, bank_table, settlement_table
from tests.server.box import ACCOUNT, reference

SPS = ACCOUNT["SPS"]
FIRST = date(2026, 10, 30)
END = datetime(2026, 12, 20, 12, tzinfo=UTC)
TERMINAL = "SPSVNPAY"


def at(on: date, hour: int = 10, minute: int = 0) -> datetime:
    """A moment of a day in Vietnam."""
    return datetime.combine(on, time(hour, minute), VIETNAM)


def feed(number: int, amount: int, when: datetime, visit: str = "") -> Notice:
    """What the bank's feed says of a transfer."""
    text = f"MBVCB.{7_000_000 + number}.{visit or 'chuyen tien'}.CT tu 0123456789"
    return Notice("sepay", str(number), SPS, amount, (text,), f"MBVCB.{7_000_000 + number}", when)


def line(number: int, amount: int, on: date, visit: str = "") -> Moved:
    """The statement's line of the same transfer."""
    text = f"MBVCB.{7_000_000 + number}.{visit or 'chuyen tien'}.CT tu 0123456789 NGUYEN VAN A"
    return Moved(on, amount, f"5243.{number:06}", text)


def told(engine: Engine, notice: Notice, now: datetime | None = None) -> None:
    """A notice comes, as the centre books it: not if a statement's line has shown its money before."""
    now = now or notice.happened_at + timedelta(seconds=5)
    with transaction(engine) as session:
        if already_on_statement(session, notice, now) is None:
            receive(session, notice, now)


def statement(
    engine: Engine, moves: Sequence[Moved], now: datetime, opening: int = 0, form: str = "cashup", account: str = SPS
) -> Imported:
    """Finance imports a statement of these lines."""
    raw = {
        "cashup": lambda: as_workbook(bank_table("vietcombank-cashup", account, opening, moves)),
        "web": lambda: as_csv(bank_table("vietcombank-web", account, opening, moves)),
        "camt": lambda: as_camt(account, opening, moves, f"{now:%H%M%S%f}"),
    }[form]()
    with transaction(engine) as session:
        return keeping.bank_statement(session, File(f"{form}.xlsx", raw, "finance"), account, now)


def settle(engine: Engine, lines: Sequence[Taken], now: datetime) -> Imported:
    """Finance imports a settlement of the gateway's."""
    raw = as_csv(settlement_table("vnpay", lines))
    with transaction(engine) as session:
        return keeping.settlement_file(session, File("vnpay.csv", raw, "finance"), "vnpay", now)


def contract(engine: Engine) -> None:
    """0.8 % and 10 % VAT on it, paid to the site's account."""
    with transaction(engine) as session:
        session.add(PayAccountRow(provider="vnpay", account=TERMINAL, site="SPS"))
        session.add(
            ContractRow(
                provider="vnpay",
                instrument="",
                since=date(2026, 1, 1),
                rate_bp=80,
                fixed=0,
                vat_bp=1_000,
                rounding="half_up",
                payout_account=SPS,
                words="VNPAY",
                by="finance",
                entered_at=at(FIRST),
            )
        )


def gateway(number: int, amount: int, when: datetime, visit: str) -> Notice:
    """What the gateway says of a payment."""
    return Notice("vnpay", f"1422{number:04}", TERMINAL, amount, (visit,), f"VNP{number}", when)


def taken(number: int, gross: int, when: datetime, session: date, kind: str = "PAY", off: int = 0) -> Taken:
    """The settlement's line of it; `off` is what its fee is over the contract's."""
    fee = (gross * 80 + 5_000) // 10_000
    vat = (fee + 5) // 10
    name, order = f"VN{session:%Y%m%d}", f"ORD{number}"
    return Taken(name, session, when, order, f"1422{number:04}", kind, gross, fee + off, vat, "SPS", TERMINAL)


def open_cases(engine: Engine, site: str = "SPS", now: datetime = END) -> dict[Code, list[Expectation]]:
    """What is due and has not come, by code."""
    found: dict[Code, list[Expectation]] = {}
    with reading(engine) as session:
        for each in expected(session, site, now):
            if each.due <= now:
                found.setdefault(each.code, []).append(each)
    return found


@dataclass
class Month:
    """What the bank and the gateway did; `expected` is which cases must be open at the end, by code."""

    moves: list[Moved] = field(default_factory=list)
    settlements: dict[date, list[Taken]] = field(default_factory=dict)
    notices: list[tuple[datetime, Notice]] = field(default_factory=list)
    expected: dict[Code, set[str]] = field(default_factory=dict)

    def case(self, code: Code, subject: str) -> None:
        """This must be found."""
        self.expected.setdefault(code, set()).add(subject)


def visit(number: int) -> str:
    """A visit's reference."""
    return reference(number)
