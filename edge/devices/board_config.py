"""Which board a lane has, and how it is wired: the `board` of a lane in the box's file."""

from typing import Annotated

from msgspec import Meta

from gate.wire import Contract

BoardName = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-]{0,40}$(?!\n)")]


class TasmotaBoard(Contract, tag="tasmota", tag_field="driver"):
    """A Tasmota board on the site's broker. `name` empty: it has the lane's name."""

    name: BoardName = ""


BoardConfig = TasmotaBoard
