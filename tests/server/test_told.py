"""What `show` prints: local times, grouped dong, no codes of Python's."""

from datetime import UTC, datetime

from server.told import lines

AT = datetime(2026, 11, 23, 13, 50, 38, tzinfo=UTC)


def test_it_is_for_people() -> None:
    found = {
        "visit": {"owes": 30_000, "left_at": AT, "payments": ["sepay:1", "sepay:2"], "note": ""},
        "decisions": [{"amount": 1_500_000, "made_at": AT, "words": [{"by": "lan", "at": AT}]}],
        "entry": {"lane": "in-1", "at": "2026-11-23T20:00:00+00:00"},
        "evidence": {"charged": "50000"},
        "refunds": [],
    }
    assert list(lines(found)) == [
        "Lượt xe · visit:",
        "  Còn nợ · owes: 30.000\u00a0₫",
        "  left at: 23/11/2026 20:50:38",
        "  Giao dịch · payments: sepay:1, sepay:2",
        "Quyết định · decisions:",
        (
            "  - Số tiền · amount: 1.500.000\u00a0₫; made at: 23/11/2026 20:50:38; "
            "words: Người làm · by: lan; Lúc · at: 23/11/2026 20:50:38"
        ),
        "Vào · entry:",
        "  Làn · lane: in-1",
        "  Lúc · at: 24/11/2026 03:00:00",
        "Bằng chứng · evidence: Phải thu: 50.000\u00a0₫",
    ]
