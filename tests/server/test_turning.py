"""Text that turns its direction is refused wherever people say who or why."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine

from gate.lease import Standing
from gate.messages import Direction
from server import claims, corrections, decisions, drafts, erasing, lists, plate_corrections, stay_changes, tills
from server.db import transaction
from server.list_files import checked
from server.lists import BadListing, Listing
from server.turning import turns

NOW = datetime(2026, 11, 23, tzinfo=UTC)
EVIL = "vé \u202etháng"


def _with(row: Listing, field: str) -> Listing:
    return row._replace(owner=EVIL) if field == "owner" else row._replace(reason=EVIL)


@pytest.mark.parametrize("code", [*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200E, 0x200F])
def test_every_character_that_turns_is_known(code: int) -> None:
    assert turns(f"a{chr(code)}b")


def test_vietnamese_and_emoji_turn_nothing() -> None:
    assert not turns("Nguyễn Thị Lan, Đường Hoàng Liên 12 \u2013 \u201cvé\u201d 👨\u200d👩\u200d👧")


@pytest.mark.parametrize("field", ["owner", "reason"])
def test_lists_take_none(engine: Engine, field: str) -> None:
    row = Listing(Standing.PASS, NOW, NOW + timedelta(days=9), "Lan", "vé tháng", "24A05678")
    with transaction(engine) as session:
        with pytest.raises(BadListing, match=f"{field}: .*turn"):
            lists.add(session, "SPS", _with(row, field), "manager", NOW)
        cells = {"owner": "Lan", "reason": "vé tháng", field: EVIL}
        data = "Loại,Biển số,Đến ngày,Chủ xe,Lý do\nVé tháng,24A05678,31/12/2099," + ",".join(cells.values())
        (fault,) = checked(session, "SPS", data.encode(), NOW).faults
        assert (fault.line, fault.column) == (2, field)


def test_notes_take_none(engine: Engine) -> None:
    anything: Any = None
    with transaction(engine) as session:
        name = lists.add(
            session, "SPS", Listing(Standing.PASS, NOW, NOW + timedelta(9), "L", "why", "24A05678"), "m", NOW
        )
        said: dict[str, Callable[[], object]] = {
            "end": lambda: lists.end(session, "SPS", name, EVIL, "m", NOW),
            "dismiss": lambda: corrections.dismiss(session, "p", "v", "m", EVIL, NOW),
            "plate": lambda: plate_corrections.save(
                session,
                "v",
                Direction.IN,
                "24A1",
                seen=0,
                waive=False,
                who=anything,
                rules=anything,
                note=EVIL,
                now=NOW,
            ),
            "void": lambda: stay_changes.make(session, anything, "v", "", by="m", note=EVIL, now=NOW),
            "erase": lambda: erasing.erase(session, "24A05678", "m", EVIL, NOW),
            "claim": lambda: claims.claim(session, "in-1", "v", "m", EVIL, anything, NOW),
            "agree": lambda: decisions.approve(session, "d", anything, anything, NOW, note=EVIL),
            "withdraw": lambda: drafts.withdraw(session, "SPS", "flat-1", "m", EVIL, NOW),
            "shift": lambda: tills.checked_text(EVIL),
        }
        for what, tried in said.items():
            with pytest.raises(ValueError, match="turn its direction"):
                tried()
            assert what
