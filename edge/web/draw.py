"""A page of a lane screen as HTML, and its VietQR as SVG. Every word of it is escaped."""

import re
from functools import lru_cache
from string import Template
from typing import Final

import segno
import structlog

from edge.web.html import Html, fill, joined
from gate.devices.screen import Face, Page
from gate.money import dong
from gate.plate import pretty

LINES_MAX: Final = 5
QUIET_MODULES: Final = 4
log = structlog.get_logger()

_FACE: Final = Template("""<section class="face $face$has" data-face="$face">
<header class="say">$icon<h1 lang="vi">$vi</h1><p lang="en">$en</p></header>$vehicle$bill$why$qr</section>""")
_SENTENCE: Final = Template("<span>$said</span>")
_ENDED: Final = re.compile(r"(?<=[.!?]) ")
_LINE: Final = Template("<li><span>$what</span><span>$amount</span></li>")
_TOTAL: Final = Template('<p class="total">$total</p>')
_WHY: Final = Template('<div class="why"><p lang="vi">$vi</p><p lang="en">$en</p></div>')
_PLATE: Final = Template('<b class="plate">$plate</b>')
_PHOTO: Final = Template('<img class="photo" src="/screen/$lane/photo/$photo" alt="">')
_QR: Final = Template(
    '<figure class="qr">$svg<figcaption><span lang="vi">Barie tự mở khi ngân hàng xác nhận</span>'
    '<span lang="en">The arm opens once the bank confirms</span></figcaption></figure>'
)
_ICON: Final = Template('<svg class="icon" viewBox="0 0 48 48" aria-hidden="true">$shape</svg>')
_SHAPES: Final = {
    Face.WELCOME: '<path d="M8 42V14a4 4 0 0 1 8 0v28M4 42h18M16 16l28-8M16 22l28-8M24 13.700v5.800M32 11.400v5.800"/>',
    Face.READING: '<path d="M4 14V6h8M36 6h8v8M44 34v8h-8M12 42H4v-8M11 18h26v12H11zM17 24h14"/>',
    Face.GO: '<path d="M24 44V8M9 22 24 6l15 16"/>',
    Face.PAY: "",
    Face.WAIT: '<circle cx="24" cy="13" r="8"/><path d="M7 44c0-11 7-17 17-17s17 6 17 17"/>',
    Face.CLOSED: '<circle cx="24" cy="24" r="19"/><path d="M13 24h22"/>',
}

AWAY: Final = Html("""<section class="face away" data-face="away"><header class="say">
<svg class="icon" viewBox="0 0 48 48" aria-hidden="true"><path d="M24 5 45 42H3zM24 19v11M24 35v2"/></svg>
<h1 lang="vi">Màn hình mất kết nối</h1><p lang="en">This screen has lost its connection</p></header>
<div class="why"><p lang="vi">Vui lòng chờ nhân viên hỗ trợ</p><p lang="en">Please wait for an attendant</p></div>
</section>""")


@lru_cache(maxsize=64)
def draw(page: Page) -> Html:
    """The page as one element."""
    qr = _qr(page.payload) if page.face is Face.PAY else Html()
    has = " with-photo" if page.photo else ""
    shape = _SHAPES[page.face]
    return fill(
        _FACE,
        face=page.face.value,
        has=has,
        icon=fill(_ICON, shape=Html(shape)) if shape else Html(),
        vi=_sentences(page.vi),
        en=page.en,
        vehicle=_vehicle(page),
        bill=_bill(page),
        why=fill(_WHY, vi=page.why_vi, en=page.why_en) if page.why_vi or page.why_en else Html(),
        qr=qr,
    )


def _sentences(text: str) -> Html:
    """Each on a line of its own."""
    return joined((fill(_SENTENCE, said=said) for said in _ENDED.split(text)), " ")


def _vehicle(page: Page) -> Html:
    plate = fill(_PLATE, plate=pretty(page.plate, motorbike=page.motorbike)) if page.plate else Html()
    photo = fill(_PHOTO, lane=page.lane, photo=page.photo) if page.photo else Html()
    return Html('<div class="vehicle">') + plate + photo + Html("</div>") if plate or photo else Html()


def _bill(page: Page) -> Html:
    """Lines and total while there is something to pay; once it is paid the words say so."""
    if page.face is not Face.PAY:
        return Html()
    shown = [*page.lines[:LINES_MAX]]
    if len(page.lines) > LINES_MAX:
        shown.append(f"… +{len(page.lines) - LINES_MAX}")
    rows = joined(map(_line, shown))
    total = fill(_TOTAL, total=dong(page.total))
    return Html(f'<div class="bill"><ul>{rows}</ul>') + total + Html("</div>")


def _line(line: str) -> Html:
    what, _, amount = line.rpartition(": ")
    return fill(_LINE, what=what or amount, amount=amount if what else "")


def _qr(payload: str) -> Html:
    """The code with its quiet zone (vietnam.md 2.6); nothing for a payload that no code can hold."""
    if not payload:
        return Html()
    try:
        code = segno.make_qr(payload, error="m", boost_error=False)
    except ValueError:  # segno's DataOverflowError is one
        log.exception("payload cannot be drawn", length=len(payload))
        return Html()
    svg = code.svg_inline(border=QUIET_MODULES, omitsize=True, svgclass=None, lineclass=None, light="#fff")
    return fill(_QR, svg=Html(svg))
