"""A day's report as people read it on a terminal, and as programs do."""

from datetime import date
from typing import Any, Final

from rich.console import Console
from rich.table import Table
from rich.text import Text

from gate.findings import WORDS, Finding
from gate.messages import OpeningReason
from gate.money import dong
from gate.reconcile import Report
from server.days.spans import ZONE
from server.export.words import REASONS
from server.language import Language

Words = tuple[str, str]
FIGURES: Final[dict[str, Words]] = {
    "openings": ("Lượt mở barie", "openings"),
    "passages": ("Lượt xe qua", "passages"),
    "entries": ("Vào", "entries"),
    "exits": ("Ra", "exits"),
    "visits": ("Lượt gửi mới", "visits opened"),
    "inside": ("Còn trong bãi lúc hết ngày", "inside at the end"),
    "charges": ("Lượt tính tiền", "charges"),
    "payments": ("Lượt thanh toán", "payments"),
    "unread": ("Không đọc được biển", "unread"),
    "voided": ("Huỷ", "voided"),
    "visits_in": ("Lượt gửi vào", "visits that came in"),
    "visits_out": ("Lượt gửi ra", "visits that left"),
    "visits_out_charged": ("Lượt gửi ra đã tính tiền", "of them charged"),
    "charged": ("Phải thu", "charged"),
    "paid": ("Đã thu", "paid"),
    "outstanding": ("Còn nợ", "outstanding"),
    "received": ("Tiền đến", "received"),
    "unapplied": ("Chưa gắn với lượt nào", "unapplied"),
    "awaiting_bank": ("Chờ đối soát, sao kê", "awaiting bank"),
    "waived": ("Miễn, xoá nợ", "waived"),
    "returned": ("Hoàn lại", "returned"),
    "settled": ("Cổng đã đối soát", "settled"),
    "fees": ("Phí", "fees"),
    "fee_vat": ("Thuế GTGT của phí", "VAT on fees"),
    "on_statement": ("Trên sao kê", "on statement"),
    "unknown_on_statement": ("Trên sao kê, không rõ", "unknown on statement"),
    "in_transit": ("Đang chờ đến hạn", "in transit"),
}
_HEADS: Final[dict[str, Words]] = {
    "findings": ("Phát hiện", "Findings"),
    "in_transit": ("Đang chờ", "In transit"),
    "explained": ("Đã giải trình", "Explained"),
    "visit": ("Lượt", "Visit"),
    "due": ("Đến hạn", "Due"),
    "next": ("Việc cần làm", "Next step"),
    "none": ("Không có phát hiện nào.", "Nothing is due and missing."),
    "leakage": ("Ước tính thất thoát", "Leakage estimate"),
    "variance": ("Chênh lệch chưa giải trình", "Unexplained"),
    "within": ("trong mức cho phép", "within tolerance"),
    "above": ("VƯỢT mức cho phép", "ABOVE tolerance"),
}


def as_json(found: Report) -> dict[str, Any]:
    """The documented form; fields are only ever added."""
    return {
        "counts": found.counts,
        "money": found.money,
        "in_transit": [_finding(each) for each in found.in_transit],
        "findings": [_finding(each) for each in found.findings],
        "explained": [_finding(each) for each in found.explained],
        "hours": found.hours,
        "leakage": found.leakage,
        "variance": found.variance,
    }


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "code": finding.code,
        "visit": finding.visit,
        "amount": finding.amount,
        "due": finding.due,
        "evidence": finding.evidence,
        "subject": finding.subject,
        "owner": WORDS[finding.code].owner,
    }


def show(site: str, on: date, found: Report, language: Language) -> None:
    """Tables on the terminal."""
    console = Console()
    console.print(_figures(f"{site} · {on:%d/%m/%Y}", found, language))
    for name in ("findings", "in_transit", "explained"):
        listed: tuple[Finding, ...] = getattr(found, name)
        if listed:
            console.print(_findings(_say(_HEADS[name], language), listed, language))
    if not found.findings:
        console.print(_say(_HEADS["none"], language))


def _figures(title: str, found: Report, language: Language) -> Table:
    table = Table("", "", title=title, show_header=False)
    for name, count in found.counts.items():
        if count or not name.startswith("openings_"):
            table.add_row(_name(name, language), str(count))
    table.add_section()
    for name, amount in found.money.items():
        table.add_row(_name(name, language), dong(amount))
    table.add_section()
    leak, off = found.leakage, found.variance
    spread = f"{dong(leak.expected)} ({dong(leak.low)} … {dong(leak.high)})"
    table.add_row(_say(_HEADS["leakage"], language), spread)
    verdict = _say(_HEADS["within" if off.within else "above"], language)
    table.add_row(_say(_HEADS["variance"], language), f"{dong(off.amount)} · {off.count} · {verdict}")
    table.columns[1].justify = "right"
    return table


def _name(name: str, language: Language) -> str:
    if name in FIGURES:
        return _say(FIGURES[name], language)
    reason = REASONS[OpeningReason(name.removeprefix("openings_"))]
    return f"· {_say(reason, language)}"


def _findings(heading: str, findings: tuple[Finding, ...], language: Language) -> Table:
    columns = (
        heading,
        _say(_HEADS["visit"], language),
        "₫",
        _say(_HEADS["due"], language),
        _say(_HEADS["next"], language),
    )
    table = Table(*columns, title=heading)
    for finding in findings:
        words = WORDS[finding.code]
        due = f"{finding.due.astimezone(ZONE):%H:%M %d/%m}"
        subject = Text(finding.visit or finding.subject)  # what strangers wrote is never markup
        step = _say((words.next_vi, words.next_en), language)
        table.add_row(_say((words.vi, words.en), language), subject, dong(finding.amount), due, step)
    return table


def _say(words: Words, language: Language) -> str:
    return words[language is Language.EN]
