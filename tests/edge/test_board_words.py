"""The words of boards on MQTT: both ends understand each other, and nonsense says nothing."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate.devices import esphome, profiler, tasmota
from gate.devices.board import Level, Reading, Relay, Sensor
from gate.devices.words import COUNT_MAX, Words

WORDS: list[Words] = [tasmota, esphome]
NOT_UTF8 = [b'{"length_m\xc9":4500,"height_mm":1500}', b'{"Switch\xc9":{"Action":"ON"}}', b'{"armin\xc9":true}']


@pytest.mark.parametrize("words", WORDS)
@pytest.mark.parametrize("payload", [*NOT_UTF8, b"[" * 50_000, b'{"a":' * 5_000, b"", b"null", b"7"])
def test_nonsense_is_no_reading(words: Words, payload: bytes) -> None:
    assert all(words.readings("in-1", topic, payload) == () for topic in words.topics("in-1"))
    assert profiler.profile(payload) is None


@given(st.binary(max_size=60))
def test_noise_is_no_reading(payload: bytes) -> None:
    readings = [reading for topic in esphome.topics("in-1") for reading in esphome.readings("in-1", topic, payload)]
    assert payload in {b"ON", b"OFF"} or readings == []


@pytest.mark.parametrize("sensor", Sensor)
@pytest.mark.parametrize("level", [Level.ON, Level.OFF])
def test_esphomes_state_is_an_edge_and_its_levels_are_none(sensor: Sensor, level: Level) -> None:
    state = esphome.state_topic("in-1", sensor)
    assert esphome.readings("in-1", state, esphome.state_payload(level)) == (Reading(sensor, level, edge=True),)
    said = esphome.readings("in-1", esphome.levels_topic("in-1"), esphome.levels_payload({sensor: level}))
    assert said == (Reading(sensor, level, edge=False),)
    assert esphome.readings("out-1", state, esphome.state_payload(level)) == ()


@pytest.mark.parametrize("words", WORDS)
@pytest.mark.parametrize("relay", Relay)
def test_an_order_opens_the_other_relay_and_closes_this_one(words: Words, relay: Relay) -> None:
    off, on = words.order("in-1", relay)
    assert (off.payload, on.payload) == (b"OFF", b"ON")
    relay_of = tasmota.relay_of if words is tasmota else esphome.relay_of
    assert relay_of("in-1", on.topic) is relay
    assert relay_of("in-1", off.topic) not in {relay, None}


@pytest.mark.parametrize("words", WORDS)
def test_every_word_is_where_the_sites_broker_lets_it_be(words: Words) -> None:
    assert all(topic.startswith(("stat/in-1/", "tele/in-1/")) for topic in words.topics("in-1"))
    heard = [words.question("in-1"), *words.order("in-1", Relay.RAISE)]
    assert all(message.topic.startswith("cmnd/in-1/") for message in heard)


@pytest.mark.parametrize("words", [tasmota, esphome])
@pytest.mark.parametrize("count", [0, 7, COUNT_MAX])
def test_a_count_goes_with_the_levels_and_hides_none(words: Any, count: int) -> None:
    levels = dict.fromkeys(Sensor, Level.ON)
    payload = words.levels_payload(levels, count)
    assert words.counted("in-1", words.levels_topic("in-1"), payload) == count
    assert words.readings("in-1", words.levels_topic("in-1"), payload) == tuple(
        Reading(sensor, Level.ON, edge=False) for sensor in Sensor
    )
    assert words.counted("out-1", words.levels_topic("in-1"), payload) is None
    assert words.counted("in-1", words.will_topic("in-1"), payload) is None
    assert words.counted("in-1", words.levels_topic("in-1"), words.levels_payload(levels)) is None


NO_COUNTS = ["-1", '"7"', "7.0", "7.5", "1e3", "true", "null", "[7]", '{"C1":7}', str(COUNT_MAX + 1), "9" * 400]


@pytest.mark.parametrize("said", NO_COUNTS)
def test_what_is_no_count_is_none_and_the_levels_are_still_heard(said: str) -> None:
    tasmotas = f'{{"StatusSNS":{{"Switch1":"ON","COUNTER":{{"C1":{said}}}}}}}'.encode()
    esphomes = f'{{"arming":true,"exit_count":{said}}}'.encode()
    for words, payload in ((tasmota, tasmotas), (esphome, esphomes)):
        topic = words.levels_topic("in-1")
        assert words.counted("in-1", topic, payload) is None
        assert words.readings("in-1", topic, payload) == (Reading(Sensor.ARMING, Level.ON, edge=False),)


@pytest.mark.parametrize("words", WORDS)
@pytest.mark.parametrize(
    "payload", [*NOT_UTF8, b"[" * 50_000, b'{"a":' * 5_000, b"", b"null", b"7", b'{"StatusSNS":7}']
)
def test_nonsense_is_no_count(words: Words, payload: bytes) -> None:
    assert all(words.counted("in-1", topic, payload) is None for topic in words.topics("in-1"))


def test_what_else_tasmotas_sensors_say_hides_no_level() -> None:
    """As a firmware with a clock, a thermometer and two counters answers."""
    payload = (
        b'{"StatusSNS":{"Time":"2026-11-23T07:00:00","Switch1":"OFF","Switch3":"ON","COUNTER":{"C1":41,"C2":9},'
        b'"DS18B20":{"Id":"01","Temperature":31.5},"TempUnit":"C"}}'
    )
    topic = tasmota.levels_topic("in-1")
    assert tasmota.counted("in-1", topic, payload) == 41
    assert tasmota.readings("in-1", topic, payload) == (
        Reading(Sensor.ARMING, Level.OFF, edge=False),
        Reading(Sensor.EXIT, Level.ON, edge=False),
    )
