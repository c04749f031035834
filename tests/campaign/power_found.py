"""What a box finds when the power comes back, judged by what the world knows."""

import sqlite3
from pathlib import Path

from edge.journal.outbox import Outbox, after
from edge.journal.store import Store, Unusable
from tests.campaign.power_box import FILE, KEPT_MAX, Truth
from tests.campaign.power_disk import Image
from tests.edge.fakes import DeskClock


def found(folder: Path, image: Image, truth: Truth) -> list[str]:
    """What is wrong with it. The box's own code looks, over plain SQLite; the folder is empty again afterwards."""
    for name, data in image.items():
        (folder / name).write_bytes(data)
    try:
        store = Store(folder / FILE)
        try:
            return _wrong(store, truth)
        finally:
            store.close()
    except (Unusable, sqlite3.Error) as error:
        return [f"corrupt: {error}"]
    finally:
        for file in folder.iterdir():
            file.unlink()


def _wrong(store: Store, truth: Truth) -> list[str]:
    whole = store.run("PRAGMA integrity_check").fetchone()[0]
    outbox = Outbox(store, DeskClock(), "SPS", "sps-1")
    there = {entry.sequence: entry.payload for entry in after(store, 0, KEPT_MAX)}
    first = min(there, default=outbox.last + 1)
    tail = [fact for number, fact in there.items() if number > truth.last]
    beside = {int(row[0]) for row in store.run("SELECT visit FROM visit")}
    lost = [number for number, fact in truth.sure.items() if number > truth.dropping and there.get(number) != fact]
    checks = {
        f"corrupt: {whole}": whole == "ok",
        f"another journal, {outbox.journal}": truth.journal in {"", outbox.journal},
        f"lost: {len(lost)} acknowledged facts of {len(truth.sure)}": not lost,
        f"gaps between {first} and {outbox.last}": list(there) == list(range(first, outbox.last + 1)),
        f"the newest is {outbox.last}, not {truth.last}": outbox.last == truth.last + len(tail),
        f"dropped to {first - 1}, not {truth.dropped}": first - 1 in {truth.dropped, truth.dropping},
        f"mark {outbox.acknowledged}, not one of {truth.marks}": outbox.acknowledged in truth.marks,
        f"{len(tail)} facts that nobody wrote together": not tail or tail in truth.tried,
        "half a transaction": beside >= set(there) and max(beside, default=0) == outbox.last,
    }
    return [what for what, well in checks.items() if not well]
