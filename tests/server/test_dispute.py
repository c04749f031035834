"""The dispute pack: all that speaks about a stay, hashes that hold, nothing of whom it is not shown to."""

import hashlib
import io
import json
import zipfile
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from gate.messages import Direction, PlateRead, VisitOpened
from gate.vehicle import VehicleClass
from server import dispute
from server.db import reading, transaction
from server.derived import VisitRow
from server.dispute import Packed
from server.facts_bank import BankLineRow, ProofRow
from server.money_rules import NoSuch
from server.proving.kinds import Proof
from server.uploads import path_of
from server.vault_plates import VaultPlateRow
from tests.server.box import MORNING, Box, book, notice, paid, reference

NOW = MORNING + timedelta(hours=4)
PICTURE = b"\xff\xd8\xff\xe0 a picture of the entry"
HASH = hashlib.sha256(PICTURE).hexdigest()
ASKED = '=HYPERLINK("sepay:8")'


@pytest.fixture
def stay(engine: Engine, tmp_path: Path) -> str:
    """A stay with a picture of its entry, paid by a transfer that the statement shows."""
    box, visit = Box(), reference(1)
    approach, left = box.id(), MORNING + timedelta(hours=1)
    read = PlateRead(
        lane="in-1",
        approach=approach,
        direction=Direction.IN,
        plate="24A12378",
        confidence=0.91,
        characters=tuple((sign, 0.9 + n / 100) for n, sign in enumerate("24A12378")),
        others=(("24A12376", 0.05),),
        picture=HASH,
    )
    opened = VisitOpened(lane="in-1", approach=approach, visit=visit, vehicle_class=VehicleClass.CAR9, read=True)
    _, _, *passed = box.arrives(visit, MORNING)  # its read and visit give way to those with a picture
    said, box.sequence = box.sequence, 0
    book(engine, box.fact(read, MORNING), box.fact(opened, MORNING), *passed)
    box.sequence = said
    book(engine, *box.is_priced(visit, MORNING, left), *box.leaves(visit, left, note=ASKED))
    paid(engine, notice(7, visit), left)
    path = path_of(tmp_path, HASH)
    path.parent.mkdir(parents=True)
    path.write_bytes(PICTURE)
    line = BankLineRow(
        digest="d" * 64,
        site="SPS",
        statement="s",
        line=3,
        account="1017595600",
        booked_on=date(2026, 11, 23),
        amount=30_000,
        bank_reference="MBVCB.7",
        text=f"GUI XE {visit}",
        recorded_at=NOW,
    )
    with transaction(engine) as session:
        session.add(line)
        session.add(ProofRow(kind=Proof.PAYMENT, subject="sepay:7", digest="d" * 64))
    return visit


def packed(engine: Engine, visit: str, vault: Path, *, plates: bool = True) -> tuple[Packed, bytes]:
    file = io.BytesIO()
    with reading(engine) as session:
        done = dispute.pack(session, visit, vault, file, by="lan", now=NOW, plates=plates)
    return done, file.getvalue()


def opened(raw: bytes) -> dict[str, Any]:
    """Its documents by their names; pictures as bytes."""
    with zipfile.ZipFile(io.BytesIO(raw)) as bundle:
        assert bundle.testzip() is None
        found = {name: bundle.read(name) for name in bundle.namelist()}
    return {name: json.loads(each) if name.endswith(".json") else each for name, each in found.items()}


def test_everything_about_a_stay_is_in_it_and_each_hash_holds(engine: Engine, stay: str, tmp_path: Path) -> None:
    done, raw = packed(engine, stay, tmp_path)
    found = opened(raw)
    assert set(found) == set(done.files)
    assert found["pictures/entry.jpg"] == PICTURE
    assert found["manifest.json"]["missing"] == {"pictures/exit": "no picture was taken"}
    with zipfile.ZipFile(io.BytesIO(raw)) as bundle:
        hashes = {name: hashlib.sha256(bundle.read(name)).hexdigest() for name in bundle.namelist()}
    assert found["manifest.json"]["sha256"] == {name: hashes[name] for name in hashes if name != "manifest.json"}
    read = found["reads.json"][0]["read"]
    assert (read["plate"], read["characters"][7], read["others"]) == ("24A12378", ["8", 0.97], [["24A12376", 0.05]])
    assert [(each["direction"], each["clock_offset_ms"]) for each in found["clock.json"]] == [("in", 0), ("out", 0)]
    assert found["price.json"]["bill"]["lines"][0]["amount"] == found["price.json"]["bill"]["total"] == 30_000
    assert found["price.json"]["tariff"]["code"] == "flat-1"
    assert [each["provider_id"] for each in found["money.json"]["payments"]] == ["7"]
    assert (found["bank.json"]["bank"][0]["bank_reference"], found["bank.json"]["awaited"]) == ("MBVCB.7", [])
    assert any(step["note"] == ASKED for step in found["story.json"])


def test_the_same_books_give_the_same_bytes(engine: Engine, stay: str, tmp_path: Path) -> None:
    assert packed(engine, stay, tmp_path) == packed(engine, stay, tmp_path)


def test_without_the_right_to_plates_there_is_none_in_it(engine: Engine, stay: str, tmp_path: Path) -> None:
    with transaction(engine) as session:
        approach = session.get_one(VisitRow, stay).entry_approach
        said = {"number": 1, "site": "SPS", "by": "lan", "note": "seen", "at": NOW}
        session.add(VaultPlateRow(approach=approach, plate="24A12376", was="24A12378", **said))  # type: ignore[arg-type]
    assert "24A12378 → 24A12376" in str(opened(packed(engine, stay, tmp_path)[1])["story.json"])
    done, raw = packed(engine, stay, tmp_path, plates=False)
    assert not any(name.startswith(("pictures/", "reads")) for name in done.files)
    with zipfile.ZipFile(io.BytesIO(raw)) as bundle:
        text = b"".join(bundle.read(name) for name in bundle.namelist())
    assert b"12378" not in text
    assert b"12376" not in text
    assert set(done.missing) == {"pictures/entry", "pictures/exit"}


def test_a_picture_that_is_not_what_it_says_is_left_out(engine: Engine, stay: str, tmp_path: Path) -> None:
    path_of(tmp_path, HASH).write_bytes(b"\xff\xd8\xff another")
    assert "not what its name says" in packed(engine, stay, tmp_path)[0].missing["pictures/entry"]
    path_of(tmp_path, HASH).unlink()
    assert "not in the vault" in packed(engine, stay, tmp_path)[0].missing["pictures/entry"]


def test_there_is_no_pack_of_a_visit_that_is_none(engine: Engine, tmp_path: Path) -> None:
    with pytest.raises(NoSuch, match="no visit"):
        packed(engine, reference(9), tmp_path)
