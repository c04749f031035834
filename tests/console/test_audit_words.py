"""Every text that the audit keeps of what somebody did has a word in both languages."""

import ast
from datetime import datetime
from pathlib import Path

import pytest

from server.console import audit, audit_words
from server.console.words import WORDS, speaker
from server.language import Language
from server.typed_by import TYPED
from tests.console import deeds
from tests.console.conftest import Visitor
from tests.console.deeds import Untold
from tests.console.scene import Scene


def test_every_deed_has_a_word_and_no_word_is_left_over() -> None:
    found = deeds.deeds()
    assert len(found) > 80
    assert {"login", "money: write_off", "mode open", "finding: take", f"money{TYPED}", TYPED} <= found
    kept = {text for text in found if not text.endswith(TYPED)}
    assert {f"deed.{text}" for text in kept} | {"deed.COMMAND"} == {key for key in WORDS if key.startswith("deed.")}


def test_every_detail_has_a_word_and_no_word_is_left_over() -> None:
    found = deeds.details()
    assert {"note", "sessions ended", "revision", "amount", "difference", "typed_by"} <= found
    assert found - {audit_words.VISITS} == {key.removeprefix("detail.") for key in WORDS if key.startswith("detail.")}


def test_details_are_said_in_the_readers_language() -> None:
    said = {"role": "manager > attendant", "limit": "None", "amount": "30000", "sessions ended": "2", "new": "<b>"}
    told = audit_words.detail(speaker(Language.VI), said | {audit_words.VISITS: "SPS22222222"})
    sum_, ended = "số tiền: 30.000\u00a0₫", "số phiên bị kết thúc: 2"
    assert told.split(" · ") == ["vai trò: Quản lý bãi > Nhân viên vận hành", sum_, ended, "new: <b>"]
    assert audit_words.detail(speaker(Language.EN), {"amount": "-5", "role": "x"}) == "amount: -5\u00a0₫ · role: x"


def test_what_was_typed_names_its_command() -> None:
    assert audit.deed(speaker(Language.VI), f"findings show{TYPED}") == "Lệnh trên máy chủ: findings show"
    assert audit.deed(speaker(Language.EN), "something <new>") == "something <new>"


def test_a_text_that_cannot_be_found_out_is_refused() -> None:
    (function,) = ast.parse("def f(row):\n    audit(1, 2, row.anything)").body
    assert isinstance(function, ast.FunctionDef)
    with pytest.raises(Untold, match=r"some\.py:2: row\.anything"):
        deeds.texts(deeds.Place(ast.parse("\nrow.anything", mode="eval").body, function, Path("some.py")))


def test_a_look_at_many_visits_is_one_row_that_opens(scene: Scene, visitor: Visitor, now: datetime) -> None:
    visits = [scene.admits("SPS", "in-1", scene.read("SPS", "in-1", f"30A1234{each}", now), now) for each in range(5)]
    assert visitor("manager").get("/visits?site=SPS").status_code == 200
    page = visitor("auditor").get("/audit").text
    assert "<td>Xem các lượt xe</td>" in page
    shown = page.split("<summary>5 lượt xe</summary>")[1].split("</details>")[0]
    assert all(visit in shown for visit in visits)
    assert "visits:" not in page
