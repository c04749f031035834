"""Seasons in their small form, with every fault; and that their judge is not blind."""

import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlmodel import Session
from structlog.testing import capture_logs

from gate.reference import is_sound
from simulator.season.days import festival, lunar, shared
from simulator.season.scenario import SEASONS, UnknownScenario, season
from simulator.season.stories import SHARES, Story
from simulator.season.truth import truth
from simulator.season.turns import happened, turns
from tests.campaign import season as campaign
from tests.campaign.season import failures, run_sapa
from tests.campaign.season_oracle import judged
from tests.campaign.season_run import SeasonRun

SMALL = 1 / 200
SHEET = {"SPS": (29_670, 792_840_000), "SPL": (21_000, 532_000_000), "BHT": (34_000, 800_000_000)}


def quiet(_: str) -> None:
    """Says nothing."""


@pytest.mark.slow
def test_a_season_of_two_lots_in_small_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(campaign, "LARGE", SMALL)  # with two desks, as in its whole
    assert run_sapa(1, scale=SMALL, say=quiet).failures == []


@pytest.mark.slow
def test_a_season_of_one_lot_in_small_holds(lived: SeasonRun) -> None:
    assert failures(lived.judged()) == []


def test_the_sheets_are_the_published_ones() -> None:
    lots = {lot.site: (lot.count, lot.gross) for each in SEASONS.values() for lot in each.lots}
    assert lots == SHEET
    assert [each.gross for each in SEASONS.values()] == [1_324_840_000, 800_000_000]
    assert [sum(lot.vat for lot in each.lots) for each in SEASONS.values()] == [98_135_338, 59_259_740]


@pytest.mark.parametrize("name", list(SEASONS))
def test_a_season_has_exactly_its_turns_and_every_story(name: str) -> None:
    small = season(name, 0.02)
    for lot in small.lots:
        found = turns(small, lot, 3)
        assert [turn.came for turn in found] == sorted(turn.came for turn in found)
        assert sum(turn.price for turn in found) == lot.gross
        assert {kind: sum(turn.kind is kind for turn in found) for kind in lot.turns} == lot.turns
        assert set(happened(found)) == {*SHARES, Story.PLAIN}
        assert len({turn.visit for turn in found}) == lot.count
        assert all(is_sound(turn.visit) and small.since <= turn.came.date() <= small.until for turn in found)


def test_the_same_seed_is_the_same_season_and_another_is_not() -> None:
    small = season("season-baoha", SMALL)
    first, again, other = (turns(small, small.lots[0], seed) for seed in (1, 1, 2))
    assert first == again != other


def test_the_festival_is_where_the_moon_puts_it() -> None:
    assert [lunar(17, 7, year) for year in (2026, 2027)] == [date(2026, 8, 29), date(2027, 8, 18)]
    days = SEASONS["season-baoha"].days
    assert max(days, key=festival) == date(2026, 8, 29)
    assert sum(shared(34_000, {day: festival(day) for day in days}).values()) == 34_000


def test_there_is_no_other_season() -> None:
    with pytest.raises(UnknownScenario, match="season-mars"):
        season("season-mars")


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SeasonRun]:
    """A season in small, with few facts together; whoever spoils its books takes that back."""
    with capture_logs():
        run = SeasonRun(season("season-baoha", SMALL), 1, Path(tmp_path_factory.mktemp("season")), together=12)
        for _ in run.days():
            pass
        yield run
        run.centre.engine.dispose()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("spoilt", "what"),
    [
        ("UPDATE charge SET total = total + 1000 WHERE visit = (SELECT min(visit) FROM charge)", "charged"),
        ("UPDATE charge SET vat = vat + 1 WHERE visit = (SELECT min(visit) FROM charge)", "VAT by ticket"),
        ("DELETE FROM passage WHERE passage = (SELECT min(passage) FROM passage)", "entries|exits"),
        ("UPDATE posting SET amount = amount - 5 WHERE account = 'revenue' AND line = 1", "revenue and VAT"),
        ("UPDATE posting SET account = 'suspense' WHERE account = 'clearing' AND amount = 30000", "suspense"),
    ],
)
def test_the_judge_sees_books_that_are_not_what_happened(lived: SeasonRun, spoilt: str, what: str) -> None:
    world = lived.lots[0]
    sheet = truth(world.lot.site, world.served)
    with Session(lived.centre.engine) as session:
        assert list(judged(session, world.lot, sheet)) == []
        session.connection().execute(text(spoilt))
        found = list(judged(session, world.lot, sheet))
        session.rollback()
    assert any(re.search(what, each) for each in found), found
