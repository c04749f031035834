"""The price editor: any list becomes a form and the same list again; what is wrong is told beside its field."""

from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from gate.tariff import Boundary, Rate, Step, Tariff, Turn, checked
from gate.vehicle import VehicleClass
from server import drafts
from server.console.once import fresh
from server.console.prices_form import Sheet, changed, sheet_of, sheet_sent
from server.console.prices_made import Made
from server.console.words import speaker
from server.db import reading
from server.drafts import Stage
from server.language import Language
from tests.console.conftest import Visitor
from tests.console.scene import Scene, tariff
from tests.console.test_access import csrf
from tests.console.test_prices import CAR, MOTO, stadium

VI = speaker(Language.VI)


def fields(sheet: Sheet) -> list[tuple[str, str]]:
    """What a browser would send of the form."""
    sent = list(sheet.plain.items())
    sent += [(f"turn-{kind}-{name}", value) for kind, row in sheet.turns.items() for name, value in row.items()]
    for n, block in enumerate(sheet.blocks):
        head = f"rate-{n}"
        sent += [(f"{head}-{name}", getattr(block, name)) for name in ("name", "start", "end", "first", "last")]
        sent += [(f"{head}-weekdays", day) for day in block.weekdays]
        sent += [(f"{head}-events", name) for name in block.events]
        sent += [(f"{head}-added", "1")] if block.added else []
        for m, step in enumerate(block.steps):
            sent += [(f"{head}-step-{m}-minutes", step.minutes), (f"{head}-step-{m}-every", step.every)]
            sent += [(f"{head}-step-{m}-{kind}", price) for kind, price in step.prices.items()]
    sent += [(f"event-{n}-{name}", value) for n, day in enumerate(sheet.days) for name, value in day.items()]
    for n, (since, rate) in enumerate(sheet.vat):
        sent += [(f"vat-{n}-since", since), (f"vat-{n}-rate_bp", rate)]
    return sent


def form(found: Tariff | None = None, /, **changes: str) -> dict[str, Any]:
    """The fields of a list with some of them typed anew; a field that many have is a list."""
    sent: dict[str, Any] = {}
    for name, value in fields(sheet_of(found or stadium())):
        sent[name] = [*sent[name], value] if name in sent else [value]
    return sent | {name: [value] for name, value in changes.items()}


def made(found: Tariff | None = None, /, **changes: str) -> Made:
    sent = form(found, **{name.replace("__", "-"): value for name, value in changes.items()})
    return Made(sheet_sent([(name, value) for name, values in sent.items() for value in values]), VI)


amounts = st.integers(0, 100).map(lambda n: n * 1_000)
ladders = st.lists(st.tuples(amounts, st.integers(1, 600), st.one_of(st.none(), st.integers(1, 90))), max_size=3)


def ladder(said: list[tuple[int, int, int | None]], last: int) -> tuple[Step, ...]:
    return (*(Step(price=price, minutes=minutes, every=every) for price, minutes, every in said), Step(price=last))


@given(st.lists(st.tuples(ladders, amounts), min_size=1, max_size=3), ladders)
@settings(max_examples=60, deadline=None)
def test_a_list_comes_back_from_its_form(cars: list[tuple[Any, int]], motos: Any) -> None:
    rows = [
        {CAR: ladder(said, last), **({MOTO: ladder(said, last)} if n else {})} for n, (said, last) in enumerate(cars)
    ]
    rates = tuple(Rate(name=f"r{n}", rows=row, weekdays=(n + 1,)) for n, row in enumerate(rows))
    top = {kind: Turn(price=5_000, ceiling=100_000, cap=100_000) for kind in (CAR, MOTO)}
    more = (Rate(name="more", rows={MOTO: ladder(motos, 1_000)}),)
    found = checked(stadium(rates=rates, surcharges=more, turns=top))
    assert made(found).tariff == found


def test_the_lists_that_people_wrote_come_back() -> None:
    for found in (tariff(), stadium()):
        assert made(found).tariff == found


def test_ladders_of_different_shape_become_two_blocks_that_price_alike() -> None:
    found = stadium(
        rates=(Rate(name="day", rows={CAR: (Step(price=9_000),), MOTO: (Step(price=1_000, every=60),)}),), events=()
    )
    again = made(found).tariff
    assert again is not None
    assert [(rate.name, list(rate.rows)) for rate in again.rates] == [("day", [CAR]), ("day-2", [MOTO])]


@pytest.mark.parametrize("said", ["30000", "30.000", "30,000", "30k", "30 000", "30.000 ₫"])
def test_amounts_are_read_as_operators_type_them(said: str) -> None:
    found = made(turn__CAR9__price=said).tariff
    assert found is not None
    assert found.turns[VehicleClass.CAR9].price == 30_000


@pytest.mark.parametrize(("said", "basis"), [("8", 800), ("8,5", 850), ("10%", 1_000), ("5.25", 525)])
def test_vat_is_per_cent(said: str, basis: int) -> None:
    found = made(vat__0__rate_bp=said).tariff
    assert found is not None
    assert found.vat[0].rate_bp == basis


@pytest.mark.parametrize(
    ("changes", "field", "why"),
    [
        ({"turn__CAR9__price": "abc"}, "turn-CAR9-price", "“abc” không phải số"),
        ({"turn__CAR9__price": "3.0000"}, "turn-CAR9-price", "“3.0000” không phải số"),
        ({"turn__CAR9__price": "٣٠"}, "turn-CAR9-price", "không phải số"),
        ({"turn__CAR9__price": "200.000"}, "turn-CAR9-price", "200000 vượt giá trần niêm yết 100000"),
        ({"turn__CAR9__cap": "150k"}, "turn-CAR9-cap", "150000 vượt giá trần niêm yết 100000"),
        ({"turn__CAR9__cap": ""}, "turn-CAR9-cap", "giá tăng dần cần mức tối đa"),
        ({"turn__MOTO__ceiling": ""}, "turn-MOTO-ceiling", "chưa ghi"),
        ({"rate__1__step__0__CAR9": "200.000"}, "rate-1-step-0-CAR9", "200000 vượt giá trần"),
        ({"rate__1__step__1__MOTO": ""}, "rate-1-step-1-MOTO", "chưa ghi"),
        ({"rate__1__step__0__minutes": ""}, "rate-1-step-0-MOTO", "mọi bậc trừ bậc cuối có số phút"),
        ({"rate__1__step__0__minutes": "99.999"}, "rate-1-step-0-minutes", "thiếu hoặc không hợp lệ"),
        ({"rate__1__start": "25:00"}, "rate-1-start", "không hợp lệ"),
        ({"rate__1__name": "Ngày"}, "rate-1-name", "không hợp lệ"),
        ({"rate__1__name": "night"}, "rate-2-name", "tên có hai lần"),
        ({"rate__1__first": "31/02", "rate__1__last": "01/06"}, "rate-1-first", "không phải ngày"),
        ({"event__0__dates": "30/04/2027 bad"}, "event-0-dates", "“bad” không phải ngày"),
        ({"event__0__day": "31"}, "event-0-day", "31 không hợp lệ"),
        ({"since": "tomorrow"}, "since", "“tomorrow” không phải ngày giờ"),
        ({"until": "2020-01-01T00:00"}, "until", "hết hạn"),
        ({"code": ""}, "code", "chưa ghi"),
        ({"code": "a/b"}, "code", "“a/b”: chỉ dùng chữ"),
        ({"falling": ""}, "falling", "ghi lower hoặc keep"),
        ({"per": "turn"}, "per", "so các phần"),
        ({"vat__0__rate_bp": "x"}, "vat-0-rate_bp", "không phải số"),
        ({"vat__0__since": "2030-01-01T00:00"}, "vat-0-since", "không có mức thuế"),
        ({"basis_number": "12/QĐ"}, "basis_document", "không hợp lệ"),
    ],
)
def test_what_is_wrong_is_told_with_its_field(changes: dict[str, str], field: str, why: str) -> None:
    (first, *_) = made(**changes).wrongs
    assert (first.field, why in first.why) == (field, True), first


def test_every_field_that_cannot_be_read_is_told_at_once() -> None:
    found = made(code="", turn__CAR9__price="x", since="y")
    assert {each.field for each in found.wrongs} == {"code", "turn-CAR9-price", "since"}


@pytest.mark.parametrize(
    ("do", "names"),
    [
        ("rate+", ["match", "day", "night", ""]),
        ("rate-0", ["day", "night"]),
        ("rate^1", ["day", "match", "night"]),
        ("rate^0", ["match", "day", "night"]),
        ("rate-99", ["match", "day", "night"]),
        ("drop table", ["match", "day", "night"]),
    ],
)
def test_blocks_come_go_and_move(do: str, names: list[str]) -> None:
    assert [block.name for block in changed(sheet_of(stadium()), do).blocks] == names


def test_steps_come_and_go_and_one_stays() -> None:
    sheet = sheet_of(stadium())
    assert [len(block.steps) for block in changed(sheet, "step+1").blocks] == [1, 3, 1]
    assert [len(block.steps) for block in changed(sheet, "step-1-0").blocks] == [1, 1, 1]
    assert [len(block.steps) for block in changed(sheet, "step-0-0").blocks] == [1, 2, 1]
    assert changed(sheet, "step+77") == sheet


def posted(browser: httpx.Client, path: str, data: dict[str, Any]) -> httpx.Response:
    headers = {"x-csrf-token": csrf(browser.get("/account").text), "hx-request": "true"}
    return browser.post(f"/prices/SPS/{path}", data=data, headers=headers)


def test_a_form_becomes_a_draft_once_and_its_next_revision(scene: Scene, visitor: Visitor) -> None:
    browser = visitor("manager")
    page = browser.get("/prices/SPS/edit").text
    assert 'name="turn-CAR9-price" value="30000"' in page
    sent = form() | {"once": fresh()}
    for _ in range(2):
        assert posted(browser, "edit", sent).headers["hx-redirect"] == "/prices/SPS/list/sps-2027?said=drafted"
    assert 'name="rate-1-step-1-CAR9" value="10000"' in browser.get("/prices/SPS/edit?base=sps-2027&again=1").text
    posted(browser, "edit", form(free_minutes="15") | {"once": fresh()})
    with reading(scene.centre.engine) as session:
        found = drafts.version(session, "SPS", "sps-2027", datetime.now(UTC))
    assert (found.stage, found.revision, found.tariff.free_minutes) == (Stage.DRAFT, 2, 15)
    assert found.tariff == replace(stadium(), free_minutes=15)


def test_a_refusal_stands_on_the_page_with_class_and_value_and_keeps_nothing(scene: Scene, visitor: Visitor) -> None:
    browser = visitor("manager")
    token = fresh()
    for changes, label, why in (
        ({"turn-CAR9-price": "<b>9</b>"}, "Ô tô đến 9 chỗ · Giá một lượt", "&lt;b&gt;9&lt;/b&gt;"),
        ({"rate-1-step-0-CAR9": "200000"}, "day · bậc 1 · Ô tô đến 9 chỗ", "200000 vượt giá trần niêm yết 100000"),
        ({"code": "flat-1"}, "Mã bảng giá", "flat-1 đã ban hành"),
        ({"since": "2020-01-01T00:00"}, "Thuế 1", "không có mức thuế"),
        ({"since": "2026-02-01T00:00"}, "Áp dụng từ", "đã qua"),
    ):
        answer = posted(browser, "edit", form(**changes) | {"once": token})
        assert answer.status_code == 200
        assert (label in answer.text, why in answer.text, "<b>9" in answer.text) == (True, True, False), answer.text
    with reading(scene.centre.engine) as session:
        assert [each.tariff.code for each in drafts.versions(session, "SPS", datetime.now(UTC))] == ["flat-1"]
    assert posted(browser, "edit", form() | {"once": token}).status_code == 204


def test_the_preview_is_what_the_list_would_ask(visitor: Visitor) -> None:
    browser = visitor("manager")
    shown = posted(browser, "edit/preview", form()).text
    assert 'id="sound"' in shown
    assert "260.000\u00a0₫" in shown
    flat = posted(browser, "edit/preview", form(tariff(), code="flat-2", **{"turn-CAR9-price": "25k"})).text
    assert "25.000\u00a0₫ <small" in flat
    assert "-5.000" in flat
    assert posted(browser, "edit/form?do=rate%2B", form()).text.count("-name") > 3


def test_only_who_sets_prices_writes_lists(visitor: Visitor) -> None:
    browser = visitor("attendant")
    assert browser.get("/prices/SPS/edit").status_code == 403
    for path in ("edit", "edit/form", "edit/preview"):
        assert posted(browser, path, form() | {"once": fresh()}).status_code == 403
    assert visitor("manager").post("/prices/SPS/edit", data=form() | {"once": fresh()}).status_code == 403
    assert visitor("manager").get("/prices/SPS/edit?base=none").status_code == 404


def test_a_boundary_needs_its_words() -> None:
    assert made(boundary=Boundary.FOLLOW.value, falling="").tariff is not None
