"""The lane table in virtual time against everything that loops, arms, lines, people and vehicles do.

A step is one thing that the lane is told: a reading, a decision, an order, that its time is over. Never is the arm
asked to come down on a zone that is occupied or not known to be clear, more than three times in vain, or after a hand
or fire has raised it; and when all is well again, the lane comes to rest.
"""

import time
from collections import Counter
from typing import Any, Final

from gate.devices.board import Reading, Relay
from gate.lane import Effect, Event, Lane, Phase, step
from gate.sensing import blinded, position, sensed
from tests.campaign.lane_day import FAULTS, LYING, WAYS, LaneDay
from tests.campaign.result import Figure, Result, Say, missing

STEPS: Final = 1_000_000
STEPS_A_DAY: Final = 2_000
FAILURES_MAX: Final = 20
ORDERS: Final = {
    "down": Event.ORDERED_DOWN,
    "shut": Event.ORDERED_SHUT,
    "normal": Event.ORDERED_NORMAL,
    "held": Event.ORDERED_HELD,
    "open": Event.GRANTED,
}
PULSES: Final = {Effect.RAISE_ARM: Relay.RAISE, Effect.LOWER_ARM: Relay.LOWER}
REST: Final = frozenset({Phase.IDLE, Phase.CLOSED})


class Table:
    """The table and as little around it as can be: a reader and a payer who take their time, a person who comes."""

    remembers = False

    def __init__(self, day: LaneDay) -> None:
        self._day = day
        self._new = Lane(directed=day.cars_only, by_line=day.rng.random() < 0.1)
        self.lane = self._new
        self.steps = 0
        self._visit = 0
        self.phases: Counter[str] = Counter()

    def said(self, reading: Reading) -> None:
        """An input."""
        self.steps += 1
        self.lane, events = sensed(self.lane, reading)
        for event in events:
            self._happen(event)

    def lost(self) -> None:
        """The board is away."""
        self.steps += 1
        self.lane = blinded(self.lane)

    def wake_at(self) -> float | None:
        """As the table says."""
        return self.lane.wake_at

    def wake(self) -> None:
        """Time is over."""
        self.steps += 1
        self._happen(Event.ELAPSED)

    def restart(self) -> None:
        """A new process."""
        self.steps += 1
        self.lane = self._new
        self._visit += 1

    def order(self, what: str) -> None:
        """A person's order."""
        self.steps += 1
        self._happen(ORDERS[what])

    def at_rest(self) -> bool:
        """In service, or shut by order."""
        return self.lane.phase in REST and position(self.lane) == "down"

    def describe(self) -> str:
        """The lane."""
        return str(self.lane)

    def _happen(self, event: Event) -> None:
        self.lane, effects = step(self.lane, event, self._day.time.now)
        self.phases[self.lane.phase] += 1
        for effect in effects:
            self._do(effect)

    def _do(self, effect: Effect) -> None:
        if effect in PULSES:
            self._day.line.pulse(PULSES[effect])
        elif effect is Effect.IDENTIFY:
            self._visit += 1
            self._answer(Event.GRANTED, Event.OWING, Event.PERSON_NEEDED)
        elif effect in {Effect.PATIENCE_OVER, Effect.CALL_PERSON}:
            self._answer(Event.GRANTED)

    def _answer(self, *answers: Event) -> None:
        """What reader, bank or attendant say after a while, unless the vehicle has gone or the box died."""
        visit, answer = self._visit, self._day.rng.choice(answers)

        def come() -> None:
            if visit == self._visit and self._day.alive:
                self.steps += 1
                if answer is Event.GRANTED:
                    self._day.oracle.granted()
                self._happen(answer)
                if answer is Event.OWING and self._day.rng.random() < 0.7:
                    self._answer(Event.GRANTED)

        self._day.time.after(self._day.rng.uniform(0.2, 8.0), come)


def run(seed: int, *, scale: float, say: Say) -> Result:
    """10⁶ steps at scale 1."""
    return lived("lanes", Table, seed, round(STEPS * scale), STEPS_A_DAY, say)


def lived(name: str, make: Any, seed: int, steps: int, a_day: int, say: Say) -> Result:
    """Days with one lane each until it was told `steps` things."""
    began, told, days, honest = time.perf_counter(), 0, 0, 0
    counts: Counter[str] = Counter()
    phases: Counter[str] = Counter()
    excused: Counter[str] = Counter()
    virtual_s = 0.0
    failures: list[str] = []
    while told < steps and len(failures) < FAILURES_MAX:
        days += 1
        day = LaneDay(f"{seed}/{name}/{days}", make)
        day.live(min(a_day, steps - told))
        told += day.subject.steps
        virtual_s += day.time.now
        counts += day.happened + day.line.faults + day.oracle.counts
        counts["presence time-out"] += day.ground.timed_out
        excused += day.oracle.excused
        phases += getattr(day.subject, "phases", Counter())
        failures += [f"day {days} {sorted(day.faults)}: {what}" for what in day.oracle.broken]
        if not day.faults & LYING:
            honest += day.subject.steps
            failures += [
                f"day {days} {sorted(day.faults)}: {what}" for what in set(day.oracle.excused) - HONEST_EXCUSES
            ]
        if days % 100 == 0:
            say(f"{told:,} steps")
    seconds = time.perf_counter() - began
    figures: dict[str, Figure] = {
        "steps": told,
        "days": days,
        "hours of lane time": round(virtual_s / 3600, 1),
        "steps on days when no word was false": honest,
        "steps a second": round(told / seconds),
        **dict(sorted(counts.items())),
        **{f"lowered over somebody: {cause}": count for cause, count in sorted(excused.items())},
    }
    must = [*(way for way, _ in WAYS), *HAPPENS, *(f"{relay} pulses" for relay in Relay)]
    failures += missing({what: counts[what] for what in must})
    failures += missing({f"phase {phase}": phases[phase] for phase in Phase}) if phases else []
    return Result(name, seed, figures, failures)


HONEST_EXCUSES: Final = frozenset({"the word was on its way"})
HAPPENS: Final = (
    "edges lost",
    "edges repeated",
    "edges out of order",
    "pulses lost",
    "detector deaf after power-up",
    "input stuck on",
    "input stuck off",
    *(fault for fault in FAULTS if not fault.startswith(("loss", "repetition", "reordering", "input"))),
    "ordered down",
    "ordered shut",
    "ordered normal",
    "ordered held",
    "ordered open",
)
