"""Refusals about money and price lists in both languages: the programs say them in English, people read Vietnamese
first. `{}` stands for what the program fills in."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Final

from server.turning import TURNS, TURNS_VI

MONEY: Final[dict[str, str]] = {
    "there is no decision {}": "không có quyết định {}",
    "there is nothing to {}: the amount is {}": "không có gì để {}: số tiền là {}",
    "{}: it was charged back or reversed: it would be given back twice": (
        "{}: đã bị đòi lại hoặc đảo: sẽ trả lại hai lần"
    ),
    "{}: its refund {} is on its way; undo it, or wait for its debit line": (
        "{}: khoản hoàn {} đang chuyển; hãy hủy nó hoặc chờ dòng ghi nợ"
    ),
    "{} names {}: credit it to {} instead": "{} nêu lượt {}: hãy ghi có (credit) cho {}",
    "{} names no other stay: settle it instead": "{} không nêu lượt khác: hãy khớp (settle)",
    "{}: {} is charged back, not {}": "{}: bị đòi lại {}, không phải {}",
    "{}: the chargeback was accepted already": "{}: đã chấp nhận trả lại rồi",
    "{}: nothing of it can be undone": "{}: không có gì để hủy",
    "{}: it was undone already": "{}: đã hủy rồi",
    "{}: only {} of it still settles {}": "{}: chỉ còn {} đang trả cho {}",
    "{}: it is undone as a whole, {}": "{}: chỉ hủy được toàn bộ, {}",
    "{}: its undoing {} waits for another person's word": "{}: việc hủy {} đang chờ lời người khác",
    "{}: {} is closed at {}; what it counted stays: decide anew": (
        "{}: ngày {} của {} đã chốt, số đã tính giữ nguyên: hãy ra quyết định mới"
    ),
    "{}: {} was voided on the strength of it": "{}: {} đã hủy lượt dựa trên quyết định này",
    "{}: the refund {} was decided on the strength of it; undo that first": (
        "{}: khoản hoàn {} đã quyết dựa trên quyết định này; hãy hủy khoản đó trước"
    ),
    TURNS: TURNS_VI,
    "{} was posted before": "{} đã ghi sổ rồi",
    "no chargeback of {} is known": "không biết yêu cầu đòi lại nào của {}",
    "{} {}: only {} waits of {}": "{} {}: {3} chỉ còn {2} chưa khớp",
    "{} {}: only {} is owed by {}": "{} {}: {3} chỉ còn nợ {2}",
    "{} {}: only {} of {} settles {}": "{} {}: {3} chỉ trả {2} cho {4}",
    "{} {}: only {} of {} waits": "{} {}: {3} chỉ còn {2} chưa khớp",
    "{} {}: only {} {}": "{} {}: chỉ có {} ({})",
    "there is no payment, visit, refund or decision {}": "không có giao dịch, lượt xe, khoản hoàn hay quyết định {}",
    "there is no payment {}": "không có giao dịch {}",
    "there is no visit {}": "không có lượt xe {}",
    "{} was voided: it owes nothing": "{} đã hủy: không nợ gì",
    "{} has no price yet": "{} chưa có giá",
    "note: say why in {} to {} characters": "note: nêu lý do từ {} đến {} ký tự",
    "note: say what was shown in 3 to {} characters": "note: nêu đã xem gì, từ 3 đến {} ký tự",
    "{}: it {} already": "{}: đã bị từ chối hoặc đã có hiệu lực rồi",
    "{}: {} has spoken already; another person must": "{}: {} đã nói rồi; phải là người khác",
    "{}: no free reference of a refund was found": "{}: không tìm được mã hoàn tiền còn trống",
    "there is no refund {}": "không có khoản hoàn {}",
    "{} was sent, taken back, or is in a file of transfers": "{} đã chuyển, đã hủy, hoặc nằm trong tệp chuyển khoản",
    "{}: the money is on its way already": "{}: tiền đang được chuyển",
    "{}: it has made no refund": "{}: chưa sinh khoản hoàn nào",
    "{}: the money has left": "{}: tiền đã đi",
    "{}: it is in the file of transfers {}": "{}: nằm trong tệp chuyển khoản {}",
    "{}: {} was asked to give it back": "{}: đã yêu cầu {} hoàn lại",
    "bank: six digits beginning with 97 are a bank's number": "bank: mã ngân hàng là sáu số bắt đầu bằng 97",
    "account: 4 to 19 letters and digits": "account: 4 đến 19 chữ và số",
    "name: 2 to {} letters and spaces": "name: 2 đến {} chữ cái và dấu cách",
    "this page does not exist": "trang này không có",
    "{}: another account waits for a second person's word already": "{}: đã có tài khoản khác chờ người thứ hai",
    "{}: no other account waits for a word": "{}: không có tài khoản khác nào chờ duyệt",
    "{}: {} asked for this account or printed its link; another person must agree": (
        "{}: {} đã xin đổi tài khoản này hoặc in liên kết; người khác phải duyệt"
    ),
    "{} has left": "{} đã ra",
    "{} owes nothing: it may go": "{} không nợ: được ra",
    "{}: it was claimed paid before": "{}: đã được báo là đã trả rồi",
    "{} has let out {} on their word in this shift, {} are allowed": (
        "{} đã cho ra {} xe theo lời khách trong ca, tối đa {}"
    ),
    "{} VND would be let out on a word in this shift, {} may be": "ca này sẽ cho ra {} ₫ theo lời khách, tối đa {}",
    "no refund waits for its transfer with its account known": "không có khoản hoàn nào chờ chuyển đã biết tài khoản",
    "there is no file of transfers {}": "không có tệp chuyển khoản {}",
    "{}: an account was erased or changed since; the file cannot be made again": (
        "{}: có tài khoản đã xóa hoặc đổi; không tạo lại được tệp"
    ),
    "there is no user {}": "không có người dùng {}",
    "{} ({}) may decide about {} VND at most, this is {}": "{} ({}) chỉ được quyết đến {} ₫, đây là {}",
    "{} ({}) may not {}": "{} ({}) không có quyền: {}",
    "--agree or --refuse, not both": "chọn một: --agree hoặc --refuse",
}
TARIFFS: Final[dict[str, str]] = {
    TURNS: TURNS_VI,
    "code: {} is published and never changes; take a new code": "code: {} đã ban hành, không đổi được; dùng mã mới",
    "code: {} was withdrawn; take a new code": "code: {} đã rút; dùng mã mới",
    "code: {} has other signs than letters, digits, full stop, plus, hyphen and underscore": (
        "code: {} có ký tự khác chữ, số, dấu chấm, dấu cộng, gạch nối và gạch dưới"
    ),
    "code: {} is published already": "code: {} đã ban hành rồi",
    "{} is {}, not a draft": "{} là {}, không phải bản thảo",
    "{} wrote {}; a second person decides": "{} soạn {}; người thứ hai quyết",
    "{} is {} and stays so; publish another that takes over from it": (
        "{} là {} và giữ nguyên; ban hành bản khác thay nó"
    ),
    "{} is used by charges and stays; publish another that takes over from it": (
        "{} đã dùng để tính tiền và giữ nguyên; ban hành bản khác thay nó"
    ),
    "{} has no tariff {}": "{} không có biểu giá {}",
    "since: {} is over; prices do not change for stays that have begun": (
        "since: {} đã qua; giá không đổi cho lượt đã bắt đầu"
    ),
    "since: {} would hold at the same time as {}": "since: {} sẽ có hiệu lực cùng lúc với {}",
    "there is no site {}": "không có bãi {}",
    "no site {}": "không có bãi {}",
    "note: 1 to {} characters say why": "note: nêu lý do, 1 đến {} ký tự",
    "{} is before {}": "{} trước {}",
    "which price list? Name one: --code or --tariff": "biểu giá nào? Nêu một: --code hoặc --tariff",
    "--by: {} is no login that may set tariffs": "--by: {} không có quyền đặt giá",
}

CHECKS: Final[dict[str, str]] = {
    "until: the tariff ends at {} before it begins at {}": "until: biểu giá hết hạn lúc {}, trước khi bắt đầu lúc {}",
    "vat: rates must follow one another in time, not {}": (
        "vat: các mức thuế phải nối tiếp theo thời gian, không phải {}"
    ),
    "vat: no rate holds when the tariff begins at {}": "vat: không có mức thuế khi biểu giá bắt đầu lúc {}",
    "both_from_minutes: it goes with boundary larger, not with {}": (
        "both_from_minutes: chỉ đi với boundary larger, không với {}"
    ),
    "falling: boundary {} can make a longer stay cheaper; say lower or keep": (
        "falling: boundary {} có thể làm lượt dài hơn rẻ hơn; ghi lower hoặc keep"
    ),
    "falling: with boundary {} nothing falls; leave it out": "falling: với boundary {} không có gì giảm; bỏ đi",
    "per: boundary {} compares the parts of 24h or of a date, not of a whole stay": (
        "per: boundary {} so các phần của 24h hoặc của ngày, không phải cả lượt"
    ),
    "{}: the name stands twice": "{}: tên có hai lần",
    "rates.turn: the name is that of the flat price": "rates.turn: tên này là của giá một lượt",
    "{}: it has neither dates nor a lunar day": "{}: không có ngày dương hay ngày âm",
    "{}.hours: it ends when it begins, at {}; leave it out for the whole day": (
        "{}.hours: kết thúc khi bắt đầu, lúc {}; cả ngày thì bỏ đi"
    ),
    "{}.events: there is no event {}": "{}.events: không có sự kiện {}",
    "{}: turns has no ceiling for {}": "{}: turns không có giá trần cho {}",
    "{}: a year with both days or with none, not {} to {}": (
        "{}: cả hai ngày có năm hoặc không ngày nào, không phải {} đến {}"
    ),
    "{}: it ends on {} before it begins on {}": "{}: kết thúc ngày {}, trước khi bắt đầu ngày {}",
    "{}: every step but the last has minutes; the last has none; here {}": (
        "{}: mọi bậc trừ bậc cuối có số phút, bậc cuối không có; ở đây {}"
    ),
    "{}: {} is above the listed ceiling {}": "{}: {} vượt giá trần niêm yết {}",
    "{}.lost: {} is above the cap {}": "{}.lost: {} vượt mức tối đa {}",
    "{}.cap: a price that climbs needs a cap within the listed ceiling {}": (
        "{}.cap: giá tăng dần cần mức tối đa trong giá trần niêm yết {}"
    ),
    "{}: {} is not whole when rounded to {}": "{}: {} không tròn theo {}",
    "{}: {} is no date": "{}: {} không phải ngày",
}


def in_both(words: str, known: dict[str, str]) -> str:
    """The refusal in Vietnamese and English; what is not known stays as it is. An option before it is kept."""
    option, colon, rest = words.partition(": ") if words.startswith("--") else ("", "", words)
    for text, told in ((words, ""), (rest, f"{option}{colon}")):
        for pattern, vietnamese in _compiled(tuple(known.items())):
            found = pattern.fullmatch(text)
            if found is not None:
                return f"{told}{vietnamese.format(*found.groups())} · {words}"
    return words


@contextmanager
def bilingual(known: dict[str, str], *kinds: type[Exception]) -> Iterator[None]:
    """What is refused within, as a ValueError in both languages."""
    try:
        yield
    except kinds as error:
        raise ValueError(in_both(str(error), known)) from error


@cache
def _compiled(known: tuple[tuple[str, str], ...]) -> list[tuple[re.Pattern[str], str]]:
    """Patterns, those with more words of their own first."""
    ordered = sorted(known, key=lambda pair: -len(pair[0].replace("{}", "")))
    return [
        (re.compile(re.escape(english).replace(r"\{\}", "(.*)"), re.DOTALL), _numbered(vi)) for english, vi in ordered
    ]


def _numbered(template: str) -> str:
    """`{}` by its place, where the template names no places itself: both kinds may stand in one."""
    places = iter(range(template.count("{}")))
    return re.sub(r"\{\}", lambda _: f"{{{next(places)}}}", template)
