"""The words of boards, profilers and screens: both ends understand each other, and nonsense says nothing."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate.devices import profiler, tasmota
from gate.devices.board import Level, Reading, Relay, Sensor
from gate.devices.screen import Face, Page
from gate.vehicle import Profile
from gate.wire import decode, encode

BOARD = "in-1"
RESULT, LEVELS = tasmota.result_topic(BOARD), tasmota.levels_topic(BOARD)


@pytest.mark.parametrize("sensor", Sensor)
@pytest.mark.parametrize("level", [Level.ON, Level.OFF])
def test_an_edge_is_understood_as_an_edge(sensor: Sensor, level: Level) -> None:
    assert tasmota.readings(BOARD, RESULT, tasmota.edge_payload(sensor, level)) == (Reading(sensor, level, edge=True),)


def test_levels_are_understood_as_mere_reports() -> None:
    levels = {sensor: Level.ON if sensor is Sensor.LIMIT_DOWN else Level.OFF for sensor in Sensor}
    said = tasmota.readings(BOARD, LEVELS, tasmota.levels_payload(levels))
    assert said == tuple(Reading(sensor, level, edge=False) for sensor, level in levels.items())


def test_what_the_firmware_says_besides_is_passed_over() -> None:
    status = {"StatusSNS": {"Time": "2026-11-23T10:00:00", "Switch1": "ON", "Switch9": "ON", "Switch2": "HOLD"}}
    said = tasmota.readings(BOARD, LEVELS, json.dumps(status).encode())
    assert said == (Reading(Sensor.ARMING, Level.ON, edge=False),)
    assert tasmota.readings(BOARD, RESULT, b'{"POWER1":"ON"}') == ()


def test_another_boards_words_are_not_ours() -> None:
    edge = tasmota.edge_payload(Sensor.SAFETY, Level.OFF)
    assert tasmota.readings("out-1", RESULT, edge) == ()
    assert tasmota.readings(BOARD, tasmota.will_topic(BOARD), edge) == ()


@given(st.binary(max_size=80) | st.text(max_size=40).map(str.encode))
def test_nonsense_is_no_reading(payload: bytes) -> None:
    assert tasmota.readings(BOARD, RESULT, payload) == ()
    assert tasmota.readings(BOARD, LEVELS, payload) == ()
    assert profiler.profile(payload) is None


@pytest.mark.parametrize(
    "payload",
    [
        b"[" * 50_000,
        b'{"Switch1":' * 5_000,
        b'{"Switch1":{"Action":1}}',
        b'{"Switch1":{"Action":null}}',
        b'{"Switch1":{}}',
        b'{"StatusSNS":[]}',
        b'{"length_mm":1.5,"height_mm":2}',
        b'{"length_mm":4500}',
        b'{"length_mm":"\xff"}',
    ],
)
def test_broken_words_are_no_reading(payload: bytes) -> None:
    assert tasmota.readings(BOARD, RESULT, payload) == ()
    assert tasmota.readings(BOARD, LEVELS, payload) == ()
    assert profiler.profile(payload) is None


def test_each_relay_has_its_own_topic() -> None:
    for relay in Relay:
        assert tasmota.relay_of(BOARD, tasmota.pulse_topic(BOARD, relay)) is relay
        assert tasmota.relay_of("out-1", tasmota.pulse_topic(BOARD, relay)) is None
    assert tasmota.relay_of(BOARD, tasmota.status_topic(BOARD)) is None


@given(st.integers(-(2**40), 2**40), st.integers(-(2**40), 2**40))
def test_a_profile_goes_there_and_back(length: int, height: int) -> None:
    assert profiler.profile(profiler.profile_payload(Profile(length, height))) == Profile(length, height)


def test_a_page_goes_there_and_back() -> None:
    page = Page(lane="out-1", face=Face.PAY, vi="Mời trả 30.000 ₫", en="Please pay", total=30_000, lines=("turn CAR9",))
    assert decode(encode(page), Page) == page
