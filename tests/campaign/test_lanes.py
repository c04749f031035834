"""The small forms of `lanes` and `box-lanes`, and each safety rule broken once: the campaign sees it."""

from collections.abc import Callable
from typing import Any

import pytest

from gate import lane as table
from gate.devices.board import Level, Reading
from gate.lane import Event, Lane, Phase, Step
from gate.sensing import sensed
from tests.campaign import box_lanes, lanes

ON, OFF = Level.ON, Level.OFF
Break = Callable[[pytest.MonkeyPatch], None]


def silent(_line: str) -> None:
    """Nobody listens."""


def test_the_table_holds() -> None:
    result = lanes.run(4, scale=0.02, say=silent)
    assert result.failures == []
    assert int(result.figures["steps"]) >= 20_000
    assert int(result.figures["lower pulses"]) > 200


def test_the_boxs_whole_lane_holds() -> None:
    result = box_lanes.run(3, scale=0.1, say=silent)
    assert [failure for failure in result.failures if "never happened" not in failure] == []
    assert int(result.figures["openings told"]) > 50


def test_the_same_seed_is_the_same_day() -> None:
    first, again = (lanes.run(5, scale=0.004, say=silent).figures for _ in range(2))
    assert {**first, "steps a second": 0} == {**again, "steps a second": 0}


def guard(rule: Callable[[Lane], bool]) -> Break:
    """The guard of lowering replaced."""
    return lambda patch: patch.setitem(table.GUARDS, Phase.LOWERING, rule)


def row(phase: Phase, event: Event, target: Phase) -> Break:
    """A row of the table added."""
    return lambda patch: patch.setattr(table, "TRANSITIONS", {**table.TRANSITIONS, (phase, event): target})


def no_row(phase: Phase, event: Event) -> Break:
    """A row of the table dropped."""
    kept = {row: target for row, target in table.TRANSITIONS.items() if row != (phase, event)}
    return lambda patch: patch.setattr(table, "TRANSITIONS", kept)


def both(one: Break, other: Break) -> Break:
    """Two rules broken."""

    def broken(patch: pytest.MonkeyPatch) -> None:
        one(patch)
        other(patch)

    return broken


def believes_reports(lane: Lane, reading: Reading) -> tuple[Lane, tuple[Event, ...]]:
    """A mere report of OFF taken for a proof."""
    return sensed(lane, reading._replace(edge=True))


def forgets_fire(lane: Lane, event: Event, now: float) -> Step:
    """Fire changes nothing."""
    return Step(lane) if event is Event.FIRE_ON else table.step(lane, event, now)


BROKEN: dict[str, tuple[Break, str]] = {
    "lowers without looking": (guard(lambda _lane: True), "lowered while"),
    "takes unknown for clear": (guard(lambda lane: ON not in {lane.safety, lane.exit, lane.fire}), "is unknown"),
    "looks at the safety loop only": (guard(lambda lane: lane.safety is OFF and lane.fire is OFF), "exit is"),
    "looks at the exit loop only": (guard(lambda lane: lane.exit is OFF and lane.fire is OFF), "safety is"),
    "lowers into a fire": (guard(lambda lane: lane.safety is OFF and lane.exit is OFF), "fire is"),
    "pulses without end": (lambda patch: patch.setattr(table, "PULSES_MAX", 10**6), "pulsed 4 times"),
    "lowers what a hand raised": (row(Phase.BY_HAND, Event.ZONE_CLEARED, Phase.LOWERING), "a hand or fire"),
    "takes a stray arm for its own": (row(Phase.IDLE, Event.ARM_UP, Phase.OPEN), "a hand or fire"),
    "presses on over a follower": (no_row(Phase.LOWERING, Event.ZONE_ENTERED), "pressed on"),
    "believes reports": (lambda patch: patch.setattr(lanes, "sensed", believes_reports), "lowered while"),
    "forgets nothing when its board is lost": (lambda patch: patch.setattr(lanes, "blinded", _same), "is unknown"),
    "forgets fire": (lambda patch: patch.setattr(lanes, "step", forgets_fire), "a hand or fire"),
    "stays up for ever": (
        both(guard(lambda _lane: False), no_row(Phase.BY_HAND, Event.ARM_DOWN)),
        "never came to rest",
    ),
}


def _same(lane: Lane) -> Lane:
    return lane


@pytest.mark.parametrize("rule", list(BROKEN))
def test_a_broken_rule_is_found(rule: str, monkeypatch: pytest.MonkeyPatch) -> None:
    broken, words = BROKEN[rule]
    broken(monkeypatch)
    monkeypatch.setattr(lanes, "FAILURES_MAX", 1)
    failures: list[Any] = []
    for seed in range(1, 6):
        failures += lanes.lived("lanes", lanes.Table, seed, 20_000, lanes.STEPS_A_DAY, silent).failures
        if any(words in failure for failure in failures):
            return
    pytest.fail(f"nobody saw it: {[failure for failure in failures if 'never happened' not in failure][:5]}")
