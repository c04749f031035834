"""Amounts, dates and words as banks write them: read to the dong or refused."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate.workdays import Moved, after, holidays, works
from gate.written import AMOUNT_MAX, NotWritten, amount, day, folded, moment, sane

DONG = st.integers(min_value=0, max_value=AMOUNT_MAX)
STYLES = [
    "{:,}",
    "{:,}.00",
    "dots",
    "dots,00",
    "spaces",
    "no-break",
    "{}",
    "{}.00",
    "{}VND",
    "  {} đ ",
    "+{}",
    "quotes",
]


def styled(value: int, style: str) -> str:
    """The amount in a bank's style."""
    commas = f"{value:,}"
    ways = {"dots": ".", "dots,00": ".", "spaces": " ", "no-break": "\u00a0", "quotes": "'"}
    if style in ways:
        return commas.replace(",", ways[style]) + (",00" if style == "dots,00" else "")
    return style.format(value)


@given(DONG, st.sampled_from(STYLES))
def test_every_style_of_an_amount_reads_back(value: int, style: str) -> None:
    assert amount(styled(value, style)) == value
    for negative in (f"({styled(value, style)})", f"-{styled(value, style)}", f"{styled(value, style)}-"):
        if style not in {"+{}", "  {} đ "} and not style.endswith("VND"):
            assert amount(negative) == -value


@given(st.text(alphabet="0123456789., -()", max_size=12))
def test_what_is_read_has_the_same_digits_and_groups_of_three(text: str) -> None:
    try:
        value = amount(text)
    except NotWritten:
        return
    digits = "".join(each for each in text if each.isdigit())
    assert abs(value) in {int(digits), int(digits[:-2] or "0")}
    if abs(value) != int(digits):
        assert digits.endswith("00")


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            "-",
            "12a",
            "1.5",
            "1,50",
            "1.500,5",
            "1500.000",
            "1.500,000",
            "1,50,000",
            "1,500.000.00",
            "\u0663",
            "1e6",
        ),
        *("0x10", "1 5000", "--5", "((5))", "9" * 17, str(AMOUNT_MAX + 1), "nan", "=5", "1.500.000.00", "5,"),
    ],
)
def test_what_could_be_read_in_two_ways_is_refused(text: str) -> None:
    with pytest.raises(NotWritten):
        amount(text)


@given(st.dates(min_value=date(2020, 1, 1), max_value=date(2099, 12, 31)))
def test_every_style_of_a_date_reads_back(on: date) -> None:
    for text in (
        f"{on:%d/%m/%Y}",
        f"{on:%Y-%m-%d}",
        f"{on:%d-%m-%Y}",
        f"{on:%d.%m.%Y} 10:16:12",
        f"{on.day}/{on.month}/{on.year}",
    ):
        assert day(text) == on
    assert day(f"{on:%m/%d/%Y}", "mdy") == on
    assert moment(f"{on:%Y-%m-%d}T23:59:58Z").isoformat() == f"{on:%Y-%m-%d}T23:59:58+00:00"
    assert moment(f"{on:%d/%m/%Y} 23:59").utcoffset() == timedelta(hours=7)


@pytest.mark.parametrize("text", ["", "1/2", "31/02/2026", "23/11/26", "2026-11-23x", "23/11-2026", "23/11/2026 25:00"])
def test_what_is_no_date_is_refused(text: str) -> None:
    with pytest.raises(NotWritten):
        moment(text)


def test_dates_of_other_ages_are_refused() -> None:
    today = date(2026, 11, 23)
    assert sane(today + timedelta(days=1), today) == today + timedelta(days=1)
    for on in (date(1970, 1, 1), date(2019, 12, 31), date(2999, 1, 1), today + timedelta(days=2)):
        with pytest.raises(NotWritten, match="is not between"):
            sane(on, today)


def test_words_are_compared_without_marks_and_case() -> None:
    assert folded("  SỐ TIỀN\u00a0GHI  CÓ/CREDIT ") == "so tien ghi co/credit"
    assert folded("Đồng đ") == "dong d"


# --- working days ------------------------------------------------------------------------------------------------


def test_the_holidays_of_2026_are_those_that_were_announced() -> None:
    assert {day for day in holidays(2026) if day.month == 2} == {date(2026, 2, each) for each in range(16, 21)}
    assert date(2026, 4, 27) in holidays(2026)  # the kings' day fell on a Sunday
    assert {date(2026, 9, 1), date(2026, 9, 2)} <= holidays(2026)
    assert not works(date(2026, 8, 31))
    assert works(date(2026, 8, 22))
    assert works(date(2026, 8, 31), moved=())
    assert not works(date(2026, 8, 24), moved=(Moved(date(2026, 8, 24), works=False, why="storm"),))


def test_the_next_working_day_is_past_weekends_and_tet() -> None:
    assert after(date(2026, 11, 20), 1) == date(2026, 11, 23)
    assert after(date(2026, 11, 21), 0) == date(2026, 11, 23)
    assert after(date(2026, 11, 23), 0) == date(2026, 11, 23)
    assert after(date(2026, 2, 13), 1) == date(2026, 2, 23)


@given(st.dates(min_value=date(2021, 1, 1), max_value=date(2060, 12, 31)), st.integers(min_value=1, max_value=5))
def test_as_many_working_days_are_counted_as_were_asked_for(on: date, count: int) -> None:
    end = after(on, count)
    between = [on + timedelta(days=step) for step in range(1, (end - on).days + 1)]
    assert sum(works(each) for each in between) == count
    assert works(end)
