"""The words of boards on MQTT: both ends understand each other, and nonsense says nothing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate.devices import esphome, profiler, tasmota
from gate.devices.board import Level, Reading, Relay, Sensor
from gate.devices.words import Words

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
