"""The day of a site on paper: letterhead, three witnesses, money, charts, findings, and places to sign.

A closed day is printed with the figures of its close beside those of now where they differ, and with its hash.
"""

from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime
from io import BytesIO
from typing import Any, Final, NamedTuple
from xml.sax.saxutils import escape

from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.platypus import BaseDocTemplate, Frame, KeepTogether, PageTemplate, Paragraph, Spacer, Table

from gate.findings import WORDS
from gate.money import dong, grouped
from gate.reconcile import Report
from gate.vehicle import VehicleClass
from server.day_shown import FIGURES
from server.facts_day import CloseRow
from server.language import Language
from server.local_dates import moment_shown
from server.months import Share, State, closed_line, open_line
from server.printed.charts import bars
from server.printed.fonts import Fonts, fonts
from server.printed.words import say
from server.register import SiteRow

MARGIN: Final = 15 * mm
MONEY: Final = (
    *("charged", "paid", "waived", "outstanding", "received", "returned", "unapplied", "awaiting_bank"),
    *("settled", "fees", "fee_vat", "on_statement", "unknown_on_statement", "in_transit"),
)
ACCENT, RIM, SOFT = HexColor("#0f5f6b"), HexColor("#dbe2e5"), HexColor("#506169")
KINDS: Final[dict[VehicleClass, tuple[str, str]]] = {
    VehicleClass.MOTO: ("Xe máy", "Motorbike"),
    VehicleClass.CAR9: ("Đến 9 chỗ", "Up to 9 seats"),
    VehicleClass.VAN16: ("10\u201316 chỗ", "10\u201316 seats"),
    VehicleClass.MINI29: ("17\u201329 chỗ", "17\u201329 seats"),
    VehicleClass.BUS30: ("Từ 30 chỗ", "30 seats and more"),
}


class Known(NamedTuple):
    """What is printed. `now`: the moment of the report; of a closed day the moment of its close is printed instead."""

    site: SiteRow
    on: date
    report: Report
    close: CloseRow | None
    share: Share
    came: dict[VehicleClass, list[int]]
    now: datetime
    language: Language
    state: State = State.OPEN


class Styles(NamedTuple):
    """How texts look."""

    plain: ParagraphStyle
    head: ParagraphStyle
    title: ParagraphStyle
    fonts: Fonts


def day_pdf(known: Known) -> bytes:
    """The report as a PDF of A4 pages. The same facts give the same bytes. Raises OSError without its fonts."""
    stream, look = BytesIO(), styles()
    title = f"{say('title', known.language)} {known.on:%d/%m/%Y} {known.site.site}"
    document = BaseDocTemplate(
        stream, pagesize=A4, invariant=1, title=title, author="barie", leftMargin=MARGIN, rightMargin=MARGIN
    )
    width, height = A4
    frame = Frame(MARGIN, 16 * mm, width - 2 * MARGIN, height - 52 * mm, 0, 0, 0, 0)

    def letterhead(canvas: Any, page: Any) -> None:
        _letterhead(canvas, page.page, known, look)

    document.addPageTemplates([PageTemplate("day", [frame], onPage=letterhead)])
    document.build(list(story(known, look)))
    return stream.getvalue()


def styles() -> Styles:
    """Registers the fonts. Raises OSError without them."""
    found = fonts()
    plain = ParagraphStyle("plain", fontName=found.plain, fontSize=8.5, leading=11.5)
    head = ParagraphStyle(
        "head", parent=plain, fontName=found.bold, fontSize=10, leading=13, spaceBefore=7, spaceAfter=3
    )
    return Styles(plain, head, ParagraphStyle("title", parent=head, fontSize=14, leading=18), found)


def _letterhead(canvas: Any, page: int, known: Known, styles: Styles) -> None:
    """The mark, whose account it is, the site; below a line, and the page's number at the foot."""
    width, height = A4
    top = height - 12 * mm
    name = known.site.name_vi if known.language is Language.VI else known.site.name_en
    canvas.setFillColor(ACCENT)
    canvas.roundRect(MARGIN, top - 13 * mm, 13 * mm, 13 * mm, 2 * mm, stroke=0, fill=1)
    canvas.setStrokeColor(HexColor("#ffffff"))
    canvas.setLineWidth(2.4)
    canvas.line(MARGIN + 3 * mm, top - 9 * mm, MARGIN + 11 * mm, top - 4.5 * mm)
    canvas.line(MARGIN + 3.5 * mm, top - 11 * mm, MARGIN + 3.5 * mm, top - 6.5 * mm)
    canvas.setFillColor(SOFT)
    canvas.setFont(styles.fonts.plain, 8)
    canvas.drawString(MARGIN + 16 * mm, top - 4 * mm, known.site.account_name)
    canvas.setFont(styles.fonts.bold, 11)
    canvas.drawString(MARGIN + 16 * mm, top - 9 * mm, name)
    canvas.setFont(styles.fonts.plain, 8)
    canvas.drawRightString(width - MARGIN, top - 4 * mm, f"{known.site.site} · {known.on:%d/%m/%Y}")
    canvas.drawRightString(width - MARGIN, 9 * mm, say("page", known.language, page=page))
    canvas.setStrokeColor(RIM)
    canvas.setLineWidth(0.8)
    canvas.line(MARGIN, top - 16 * mm, width - MARGIN, top - 16 * mm)


def story(known: Known, styles: Styles) -> Iterator[Any]:
    """All that stands below the letterhead, in order."""
    spoken = known.language
    yield Paragraph(f"{say('title', spoken)} {known.on:%d/%m/%Y}", styles.title)
    yield Paragraph(_state(known), styles.plain)
    yield Paragraph(say("witnesses", spoken), styles.head)
    yield _witnesses(known, styles)
    yield Paragraph(say("money", spoken), styles.head)
    yield _money(known, styles)
    revenue = {name: [getattr(each, field) / 1_000 for each in known.report.hours] for name, field in _revenue(spoken)}
    yield KeepTogether([Paragraph(say("revenue", spoken), styles.head), bars(revenue, styles.fonts.plain)])
    came = {KINDS[kind][spoken is Language.EN]: counts for kind, counts in known.came.items()}
    vehicles = bars(came, styles.fonts.plain, stacked=True)
    yield KeepTogether([Paragraph(say("vehicles", spoken), styles.head), vehicles])
    yield Paragraph(say("findings", spoken), styles.head)
    yield _findings(known, styles)
    yield Spacer(1, 4 * mm)
    yield _measures(known, styles)
    yield Spacer(1, 8 * mm)
    yield _signatures(known, styles)


def _state(known: Known) -> str:
    if known.close is None:
        how = {State.BEFORE: "before", State.RUNNING: "running", State.TO_COME: "to_come"}.get(known.state, "open")
        return escape(say(how, known.language, at=moment_shown(known.now)))
    closed = say("closed", known.language, at=moment_shown(known.close.closed_at), by=known.close.by)
    return f"{escape(closed)}<br/>{escape(say('hash', known.language, hash=known.close.sha256))}"


def _revenue(spoken: Language) -> tuple[tuple[str, str], ...]:
    names = [FIGURES[name][spoken is Language.EN] for name in ("charged", "received")]
    return (names[0], "charged"), (names[1], "paid")


def _witnesses(known: Known, styles: Styles) -> Table:
    counts, spoken = known.report.counts, known.language
    head = [say(key, spoken) for key in ("way", "passages", "visits", "charges")]
    rows = [
        [say("in", spoken), grouped(counts["entries"]), grouped(counts["visits_in"]), "\u2013"],
        [say("out", spoken), *(grouped(counts[key]) for key in ("exits", "visits_out", "visits_out_charged"))],
    ]
    return _table([head, *rows], styles, (45 * mm, 45 * mm, 45 * mm, 45 * mm))


def _money(known: Known, styles: Styles) -> Table:
    """Each figure now; where a close says otherwise, as closed too."""
    spoken, money = known.language, known.report.money
    closed = closed_line(known.close).money if known.close else {}
    differ = {name for name in MONEY if name in closed and closed[name] != money[name]}
    head = ["", say("now", spoken), *([say("at_close", spoken)] if differ else [])]
    rows = [
        [FIGURES[name][spoken is Language.EN], dong(money[name]), *([dong(closed[name])] if differ else [])]
        for name in MONEY
    ]
    return _table([head, *rows], styles, (90 * mm, 45 * mm, 45 * mm)[: len(head)])


def _findings(known: Known, styles: Styles) -> Any:
    """How many of each code, and what they come to; the costliest first."""
    if not known.report.findings:
        return Paragraph(say("none", known.language), styles.plain)
    count, amount = Counter[Any](), Counter[Any]()
    for each in known.report.findings:
        count[each.code] += 1
        amount[each.code] += each.amount
    head = [say(key, known.language) for key in ("findings", "count", "amount")]
    ordered = sorted(count, key=lambda code: (-amount[code], code))
    rows = [[_named(code, known.language), grouped(count[code]), dong(amount[code])] for code in ordered]
    return _table([head, *rows], styles, (110 * mm, 30 * mm, 40 * mm))


def _named(code: Any, spoken: Language) -> str:
    return WORDS[code].vi if spoken is Language.VI else WORDS[code].en


def _measures(known: Known, styles: Styles) -> Table:
    spoken, leak, found = known.language, known.report.leakage, known.report
    share = known.share.cashless
    line = open_line(known.on, found)
    rows = [
        [say("unexplained", spoken), f"{dong(found.variance.amount)} · {grouped(found.variance.count)}"],
        [say("cashless", spoken), "\u2013" if share is None else f"{share * 100:.1f} %".replace(".", ",")],
        [say("per_thousand", spoken), f"{line.per_thousand:.1f}".replace(".", ",")],
        [say("leakage", spoken), f"{dong(leak.expected)} ({dong(leak.low)} \u2013 {dong(leak.high)})"],
    ]
    return _table([["", ""], *rows][1:], styles, (90 * mm, 90 * mm), heads=0)


def _signatures(known: Known, styles: Styles) -> Table:
    words = [say(key, known.language) for key in ("made_by", "checked_by", "approved_by")]
    table = Table([words, ["", "", ""]], (60 * mm,) * 3, (6 * mm, 22 * mm))
    table.setStyle([("FONT", (0, 0), (-1, 0), styles.fonts.bold, 8.5), ("ALIGN", (0, 0), (-1, -1), "CENTER")])
    return table


def _table(rows: list[list[str]], styles: Styles, widths: tuple[float, ...], *, heads: int = 1) -> Table:
    """Cells are drawn as plain strings: what a stranger wrote is no markup here."""
    table = Table(rows, widths, repeatRows=heads, hAlign="LEFT")
    look: list[Any] = [
        ("FONT", (0, 0), (-1, -1), styles.fonts.plain, 8.5),
        ("ALIGN", (1, 0), (-1, -1), "RIGHT"),
        ("LINEBELOW", (0, 0), (-1, -1), 0.4, RIM),
        ("TOPPADDING", (0, 0), (-1, -1), 1.6),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 2.4),
        ("LEFTPADDING", (0, 0), (0, -1), 0),
    ]
    if heads:
        look += [("FONT", (0, 0), (-1, 0), styles.fonts.bold, 8), ("TEXTCOLOR", (0, 0), (-1, 0), SOFT)]
    table.setStyle(look)
    return table
