"""A line of a bill in the reader's words, one way on every page."""

import pytest

from server.console.bill_words import line_words
from server.console.words import speaker
from server.language import Language


@pytest.mark.parametrize(
    ("what", "vietnamese", "english"),
    [
        ("free", "Thời gian miễn phí", "Free time"),
        ("turn", "Lượt", "Turn"),
        ("turn CAR9", "Lượt: Ô tô đến 9 chỗ", "Turn: Car, up to 9 seats"),
        ("night CAR9 2x60m", "Ban đêm: Ô tô đến 9 chỗ, 2 x 60 phút", "Night: Car, up to 9 seats, 2 x 60 min"),
        (
            "night CAR9 2x60m cap",
            "Ban đêm: Ô tô đến 9 chỗ, 2 x 60 phút, đến mức tối đa",
            "Night: Car, up to 9 seats, 2 x 60 min, up to the cap",
        ),
        ("tet CAR9 cap", "tet: Ô tô đến 9 chỗ, đến mức tối đa", "tet: Car, up to 9 seats, up to the cap"),
        ("day 3", "Ngày thứ 3", "Day 3"),
        ("days 1-39", "Ngày thứ 1-39", "Day 1-39"),
        ("pass", "Vé tháng", "Pass"),
        ("not less", "Không thấp hơn giá đã tính", "Not less than before"),
        ("<b>x</b> y", "<b>x</b> y", "<b>x</b> y"),
    ],
)
def test_a_line_is_told(what: str, vietnamese: str, english: str) -> None:
    told = [line_words(what, speaker(language)) for language in (Language.VI, Language.EN)]
    assert told == [vietnamese, english]
