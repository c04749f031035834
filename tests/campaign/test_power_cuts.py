"""The power goes at any write: what the box was told is on disk is there; a broken rule is seen at once."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from edge.journal.store import Store
from tests.campaign.power_cuts import cuts


def test_no_power_cut_takes_what_was_acknowledged() -> None:
    result = cuts(7, 500, lambda _line: None)
    assert result.failures == []
    assert result.figures["cuts"] == 500


def test_the_same_seed_cuts_at_the_same_places() -> None:
    assert cuts(3, 60, lambda _line: None).figures == cuts(3, 60, lambda _line: None).figures


@pytest.mark.parametrize("rule", ["NORMAL", "OFF"])
def test_a_disk_that_is_synced_less_loses_facts(rule: str) -> None:
    def said(statement: str) -> str:
        return statement.replace("synchronous=FULL", f"synchronous={rule}")

    lost = [failure for failure in cuts(7, 100, lambda _line: None, said).failures if "lost" in failure]
    assert len(lost) > 5


def test_facts_that_are_acknowledged_before_their_commit_are_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    """A rule of the store broken on purpose, to see that the campaign would find it."""

    @contextmanager
    def hasty(store: Store) -> Iterator[None]:
        if store._connection.in_transaction:  # noqa: SLF001
            yield
            return
        store.run("BEGIN IMMEDIATE")
        yield
        store._ended(done=True)  # noqa: SLF001
        store.run("COMMIT")

    monkeypatch.setattr(Store, "transaction", hasty)
    assert [failure for failure in cuts(7, 200, lambda _line: None).failures if "lost" in failure]
