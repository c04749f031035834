"""An export as JSON for programs: each sheet a list of objects, keys in English, moments with their offset."""

import shutil
from collections.abc import Sequence
from contextlib import ExitStack
from datetime import datetime
from types import TracebackType
from typing import BinaryIO, Self

import msgspec

from server.export.as_csv import spooled
from server.export.cells import local
from server.export.sheets import Cover, Kind, Value


class JsonFile:
    """Keeps each sheet's rows in a file of its own, which memory holds while it is small, and joins them at the end."""

    def __init__(self, stream: BinaryIO, cover: Cover) -> None:
        self._stream, self._cover = stream, cover
        self._open = ExitStack()
        self._keys = {sheet.key: [column.key for column in sheet.columns] for sheet in cover.sheets}
        self._moments = {
            sheet.key: [number for number, column in enumerate(sheet.columns) if column.kind is Kind.MOMENT]
            for sheet in cover.sheets
        }
        self._evidence = {
            sheet.key: [number for number, column in enumerate(sheet.columns) if column.kind is Kind.EVIDENCE]
            for sheet in cover.sheets
        }
        self._files = {key: self._open.enter_context(spooled()) for key in self._keys}

    def row(self, sheet: str, values: Sequence[Value]) -> None:
        """The next row of a sheet."""
        file = self._files[sheet]
        file.write(b",\n" if file.tell() else b"\n")
        shown: list[Value | datetime | msgspec.Raw] = list(values)
        for number in self._moments[sheet]:
            at = values[number]
            shown[number] = None if at is None else local(int(at))
        for number in self._evidence[sheet]:
            shown[number] = msgspec.Raw(str(values[number]).encode())
        file.write(msgspec.json.encode(dict(zip(self._keys[sheet], shown, strict=True))))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        with self._open:
            if error is None:
                self._join()

    def _join(self) -> None:
        head = {"site": self._cover.site, "from": self._cover.start, "to": self._cover.end}
        self._stream.write(msgspec.json.encode(head)[:-1])
        for key, file in self._files.items():
            self._stream.write(b",\n" + msgspec.json.encode(key) + b": [")
            file.seek(0)
            shutil.copyfileobj(file, self._stream)
            self._stream.write(b"]")
        self._stream.write(b"}\n")
