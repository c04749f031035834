import re

from gate.lane import TRANSITIONS, Event, Phase
from tests.edge import test_lane_vanished as at_a_box
from tests.gate import test_lane, test_lane_vanished, test_lane_ways
from tests.gate.lane_picture import FILE, drawn, page

TEXT = FILE.read_text(encoding="utf-8")


def test_the_picture_is_what_the_table_says() -> None:
    assert page(TEXT) == TEXT, "docs/lane.md is out of date: run python -m tests.gate.lane_picture"


def test_every_phase_and_every_row_is_drawn() -> None:
    arrows = {match[:2]: match[2].split(", ") for match in re.findall(r"(\w+) --> (\w+): (.+)", drawn())}
    assert {phase for arrow in arrows for phase in arrow} == {phase.value for phase in Phase}
    for (phase, event), target in TRANSITIONS.items():
        assert event is Event.FIRE_ON or event in arrows[phase.value, target.value]


def test_every_test_that_the_page_names_exists() -> None:
    named = set(re.findall(r"`(test_\w+)`", TEXT))
    assert named
    files = (test_lane, test_lane_ways, test_lane_vanished, at_a_box)
    assert [name for name in named if not any(hasattr(file, name) for file in files)] == []
