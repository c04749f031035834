"""A driver for a board that has a line of its own: Modbus, pins, HTTP."""

from edge.devices.board_config import GpioBoard, HttpBoard, ModbusBoard, WiredBoard
from edge.devices.gpio import gpio_board
from edge.devices.http_board import http_board
from edge.devices.modbus import modbus_board
from gate.devices.board import Board


def wired_board(name: str, config: WiredBoard) -> Board:
    """The board of this configuration; `name` is for threads and messages."""
    match config:
        case ModbusBoard():
            return modbus_board(name, config)
        case GpioBoard():
            return gpio_board(name, config)
        case HttpBoard():
            return http_board(name, config)
