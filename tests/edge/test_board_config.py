"""A board's wiring in the box's file: what is wrong is named by lane and key, and an absent input must be said."""

import re
from typing import Any

import msgspec
import pytest

from edge.devices import board_config
from edge.devices.board_config import BoardConfig, ModbusBoard, TasmotaBoard
from gate.devices.board import Sensor

INPUTS = {sensor.value: number for number, sensor in enumerate(Sensor)}
RELAYS = {"raise": 0, "lower": 1}
MODBUS = {"driver": "modbus", "host": "10.0.0.9", "relays": RELAYS, "inputs": INPUTS}
GPIO = {"driver": "gpio", "relays": {"raise": 20, "lower": 21}, "inputs": INPUTS}
HTTP = {"driver": "http", "url": "http://10.0.0.9", "relays": RELAYS, "inputs": INPUTS}


def board(said: dict[str, Any]) -> BoardConfig:
    """The configuration, as a file has it."""
    made: BoardConfig = msgspec.convert(said, BoardConfig)
    return made


def without(*sensors: str) -> dict[str, int]:
    """The inputs but these."""
    return {name: number for name, number in INPUTS.items() if name not in sensors}


@pytest.mark.parametrize(
    "said",
    [
        {"driver": "tasmota"},
        {"driver": "esphome", "name": "kitchen", "absent": ["fire", "button"]},
        MODBUS,
        {**MODBUS, "pulse": {"registers": {"raise": 4, "lower": 5}}, "inverted": ["safety", "exit"]},
        {**MODBUS, "inputs": without("fire", "button"), "absent": ["fire", "button"]},
        {**MODBUS, "counter": {"register": 0, "words": 1, "table": "holding"}},
        {**HTTP, "counter": 7},
        GPIO,
        HTTP,
        {**HTTP, "style": "shelly1", "auth": "basic", "user": "admin", "password": "x"},
    ],
)
def test_a_board_that_is_wired_right_is_taken(said: dict[str, Any]) -> None:
    board_config.check({"in-1": board(said)})


@pytest.mark.parametrize(
    ("said", "why"),
    [
        *(({**MODBUS, "inputs": without(name)}, f"inputs: no `{name}`$") for name in without("fire", "button")),
        (
            {**MODBUS, "inputs": without("fire")},
            r'inputs: no `fire`; where the lane has none, say `"absent": \["fire"\]`',
        ),
        ({**MODBUS, "inputs": without("safety"), "absent": ["safety"]}, "absent: a lane cannot do without `safety`"),
        ({"driver": "tasmota", "absent": ["exit"]}, "absent: a lane cannot do without `exit`"),
        ({**MODBUS, "absent": ["fire"]}, "absent: `fire` is wired to input 5"),
        ({**MODBUS, "inputs": {**INPUTS, "exit": 1}}, "inputs: safety and exit are both 1"),
        ({**MODBUS, "relays": {"raise": 3, "lower": 3}}, "relays: raise and lower are both 3"),
        ({**MODBUS, "relays": {"raise": 3}}, "relays: no `lower`"),
        ({**MODBUS, "inputs": {**INPUTS, "exit": 5_000}}, "inputs: 0 to 5000 are more than the 2000 of one request"),
        ({**MODBUS, "inputs": without("fire"), "absent": ["fire"], "inverted": ["fire"]}, "inverted: `fire` is not"),
        ({**MODBUS, "pulse": {"registers": {"raise": 4}}}, "pulse: registers: no `lower`"),
        ({**MODBUS, "pulse": {"registers": {"raise": 4, "lower": 4}}}, "pulse: registers: raise and lower are both 4"),
        ({**MODBUS, "pulse_ms": 250, "pulse": {"registers": RELAYS}}, "pulse_ms: 250 is not a whole number of units"),
        ({**GPIO, "relays": {"raise": 2, "lower": 21}}, "relays and inputs: raise and exit are both 2"),
        ({**HTTP, "url": "http://admin:x@10.0.0.9"}, "url: only"),
        ({**HTTP, "url": "http://10.0.0.9/relay/0"}, "url: only"),
        ({**HTTP, "url": "http://"}, "url: has no host"),
        ({**HTTP, "counter": 2}, "counter: input 2 is `exit`, and an input that counts tells no level"),
        ({**HTTP, "counter": 7, "style": "shelly1"}, "counter: `shelly1` has no input that counts"),
        ({**HTTP, "auth": "digest"}, "auth: `digest` without a user"),
        ({**HTTP, "user": "admin"}, "auth: `none` with a user"),
    ],
)
def test_a_board_that_is_wired_wrong_is_refused_by_lane_and_key(said: dict[str, Any], why: str) -> None:
    with pytest.raises(ValueError, match=f"lanes: in-1: board: {why}"):
        board_config.check({"in-1": board(said)})


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"driver": "relay-o-mat"}, r"'relay-o-mat' - at `\$.driver`"),
        ({"driver": "modbus", "relays": RELAYS, "inputs": INPUTS}, "missing required field `host`"),
        ({**MODBUS, "inputs": {**INPUTS, "wings": 9}}, r"'wings' - at `key` in `\$.inputs`"),
        ({**MODBUS, "inputs": {**INPUTS, "exit": -1}}, r"`\$.inputs\[...\]`"),
        ({**MODBUS, "counter": {}}, "missing required field `register`"),
        ({**MODBUS, "counter": {"register": 3, "words": 4}}, r"`\$.counter.words`"),
        ({**HTTP, "counter": -1}, r"`\$.counter`"),
        ({**MODBUS, "poll_ms": 5}, r"`\$.poll_ms`"),
        ({**MODBUS, "nonsense": 1}, "unknown field `nonsense`"),
        ({**MODBUS, "pulse_ms": 60_000}, r"`\$.pulse_ms`"),
    ],
)
def test_what_no_board_has_is_refused_by_its_type(said: dict[str, Any], why: str) -> None:
    with pytest.raises(msgspec.ValidationError, match=why):
        board(said)


@pytest.mark.parametrize(
    ("other", "why"),
    [
        (MODBUS, "lanes: out-1: board: coil 0 of 10.0.0.9:502 unit 1 is taken by lanes: in-1: board"),
        ({**MODBUS, "relays": {"raise": 8, "lower": 9}}, "input 0 of 10.0.0.9:502 unit 1 is taken"),
    ],
)
def test_two_lanes_cannot_have_the_same_terminal(other: dict[str, Any], why: str) -> None:
    with pytest.raises(ValueError, match=re.escape(why)):
        board_config.check({"in-1": board(MODBUS), "out-1": board(other)})


def test_two_lanes_cannot_have_the_same_counter() -> None:
    apart = {"relays": {"raise": 8, "lower": 9}, "inputs": {sensor.value: n for n, sensor in enumerate(Sensor, 8)}}
    for one, why in (
        ({**MODBUS, "counter": {"register": 4}}, "counter 4 (input) of 10.0.0.9:502 unit 1 is taken"),
        ({**HTTP, "counter": 90}, "input 90 of http://10.0.0.9 is taken"),
    ):
        with pytest.raises(ValueError, match=re.escape(why)):
            board_config.check({"in-1": board(one), "out-1": board({**one, **apart})})


APART = {"relays": {"raise": 18, "lower": 19}, "inputs": {sensor.value: n for n, sensor in enumerate(Sensor, 20)}}
PULSE = {"pulse": {"registers": {"raise": 4, "lower": 5}}}


@pytest.mark.parametrize(
    ("one", "other", "why"),
    [
        ({**MODBUS, **PULSE}, {**MODBUS, **APART, **PULSE}, "pulse register 4 of 10.0.0.9:502 unit 1 is taken"),
        ({**MODBUS, "host": "board-a"}, {**MODBUS, "host": "Board-A"}, "coil 0 of board-a:502 unit 1 is taken"),
        (HTTP, {**HTTP, "url": "http://10.0.0.9/"}, "relay 0 of http://10.0.0.9 is taken"),
        (HTTP, {**HTTP, "url": "http://10.0.0.9:80"}, "relay 0 of http://10.0.0.9 is taken"),
    ],
)
def test_one_relay_by_two_names_is_one_relay(one: dict[str, Any], other: dict[str, Any], why: str) -> None:
    with pytest.raises(ValueError, match=re.escape(why)):
        board_config.check({"in-1": board(one), "out-1": board(other)})


def test_two_lanes_may_share_a_board() -> None:
    inputs = {sensor.value: number for number, sensor in enumerate(Sensor, 8)}
    board_config.check(
        {"in-1": board(MODBUS), "out-1": board({**MODBUS, "relays": {"raise": 8, "lower": 9}, "inputs": inputs})}
    )


def test_a_boards_name_on_the_broker_is_its_own() -> None:
    with pytest.raises(ValueError, match="lanes: out-1: board: the name in-1 is taken by lanes: in-1: board"):
        board_config.check({"in-1": TasmotaBoard(), "out-1": TasmotaBoard(name="in-1")})


def test_a_carriers_file_names_its_own_key() -> None:
    with pytest.raises(ValueError, match="boards: in-1: board: relays: no `raise`"):
        board_config.check({"in-1": ModbusBoard(host="x", relays={}, inputs={})}, "boards")
