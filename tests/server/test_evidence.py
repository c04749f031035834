"""Evidence is told in words and local times; what nobody named stays as it is."""

import pytest

from server.export.evidence import in_a_line, told
from server.language import Language


def test_evidence_is_told_in_words() -> None:
    facts = {
        "class": "CAR9",
        "entered": "2026-11-23T13:50:38.140649+00:00",
        "charged": "1324840000",
        "paid": "a lot",
        "left": "soon",
        "by": "rule",
        "unheard": "of",
        "why": "",
        "day": "2026-11-23",
        "anything": "2026-11-23T20:00:00+00:00",
    }
    assert told(facts, Language.VI) == (
        ("Loại xe", "Ô tô đến 9 chỗ"),
        ("Giờ vào", "23/11/2026 20:50"),
        ("Phải thu", "1.324.840.000\u00a0₫"),
        ("Đã thu", "a lot"),
        ("Giờ ra", "soon"),
        ("Người làm", "Hệ thống"),
        ("unheard", "of"),
        ("Ngày", "23/11/2026"),
        ("anything", "24/11/2026 03:00"),
    )


@pytest.mark.parametrize(
    ("kept", "vi", "en"),
    [
        ('{"shift":"c1","left":"200000"}', "Ca: c1; Để lại trong két: 200.000\u00a0₫",
         "Shift: c1; Left in the till: 200.000\u00a0₫"),
        ('{"box":"sps-1","heard":"2026-11-23T01:00:00+00:00"}', "Hộp biên: sps-1; Tín hiệu cuối: 23/11/2026 08:00",
         "Box: sps-1; Last heard: 23/11/2026 08:00"),
        ("charged=50000", "charged=50000", "charged=50000"),
        ('["a"]', '["a"]', '["a"]'),
        ('{"entered":"0001-01-01T00:00:00+14:00"}', "Giờ vào: 0001-01-01T00:00:00+14:00",
         "Entered: 0001-01-01T00:00:00+14:00"),
    ],
)  # fmt: skip
def test_in_a_line(kept: str, vi: str, en: str) -> None:
    assert (in_a_line(kept, Language.VI), in_a_line(kept, Language.EN)) == (vi, en)
