"""What a camera pushed, taken apart: documents as fields, and pictures. Nothing in it is believed.

XML, JSON and lines of `key=value` all become the same thing: paths of small letters and their texts, so that a maker's
case, order and nesting do not matter. XML with a document type is refused: entities are all that it is good for here.
"""

import re
from collections.abc import Iterator
from typing import Any, Final, NamedTuple
from xml.parsers import expat

import msgspec

BODY_MAX: Final = 8_000_000
PARTS_MAX: Final = 32
FIELDS_MAX: Final = 5_000
DEPTH_MAX: Final = 24
XML_MAX: Final = 1 << 20

_BOUNDARY: Final = re.compile(r"boundary\s*=\s*(?:\"([^\"]{1,200})\"|([^\s;\"]{1,200}))", re.IGNORECASE)
_NAME: Final = re.compile(rb"(?:file)?name\s*=\s*\"?([^\";\r\n]{0,200})", re.IGNORECASE)
_LINE: Final = re.compile(r"([A-Za-z][A-Za-z0-9_.\[\]]{0,200})=(.*)")
_EVENT: Final = re.compile(r"\s*code=(\w+);action=(\w+)(?:;index=\d+)?(?:;data=(.*))?\s*", re.IGNORECASE | re.DOTALL)
_PICTURES: Final = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n")


class BadPush(ValueError):
    """The body is not what a camera says; the message says why."""


class Picture(NamedTuple):
    """A picture, with the name that the camera gave it, in small letters."""

    name: str
    data: bytes


def is_picture(data: bytes) -> bool:
    """Whether it begins as a JPEG or PNG does."""
    return data.startswith(_PICTURES)


class Fields:
    """One document: texts by their path."""

    def __init__(self, items: list[tuple[tuple[str, ...], str]]) -> None:
        self._items = items

    def first(self, *names: str) -> str:
        """The first text that is not empty at the end of one of these paths (`plate.platenumber`), in their order."""
        for name in names:
            ending = tuple(name.split("."))
            for path, text in self._items:
                if path[-len(ending) :] == ending and text:
                    return text
        return ""

    def all(self, *names: str) -> tuple[str, ...]:
        """Every text at the end of one of these paths, in small letters."""
        endings = [tuple(name.split(".")) for name in names]
        return tuple(text.lower() for path, text in self._items for end in endings if path[-len(end) :] == end and text)

    def has(self, name: str) -> bool:
        """Whether any path leads through this name."""
        return any(name in path for path, _ in self._items)


class Body(NamedTuple):
    """Everything that came in one request."""

    documents: list[Fields]
    pictures: list[Picture]


def taken_apart(content_type: str, body: bytes) -> Body:
    """Documents and pictures of a request. Raises BadPush."""
    documents: list[Fields] = []
    pictures: list[Picture] = []
    for name, data in _parts(content_type, body):
        bare = data.removeprefix(b"\xef\xbb\xbf").strip()
        if is_picture(data):
            pictures.append(Picture(name, data))
        elif bare.startswith(b"<"):
            documents.append(_from_xml(bare))
        elif bare.startswith((b"{", b"[")):
            documents += _from_json(bare)
        elif bare:
            documents += _from_lines(bare)
    return Body(documents, pictures)


def _parts(content_type: str, body: bytes) -> Iterator[tuple[str, bytes]]:
    if not content_type.lower().lstrip().startswith("multipart/"):
        yield "", body
        return
    found = _BOUNDARY.search(content_type)
    if not found:
        raise BadPush("multipart without a boundary")
    pieces = body.split(b"--" + (found[1] or found[2]).encode())
    if len(pieces) < 2:
        raise BadPush("multipart without a part")
    if len(pieces) > PARTS_MAX + 2:
        raise BadPush(f"{len(pieces) - 2} parts, at most {PARTS_MAX}")
    for piece in pieces[1:]:
        if piece.startswith(b"--"):
            return
        head, data = _headed(piece)
        named = _NAME.findall(head)
        yield (named[-1].decode("utf-8", "replace").lower() if named else ""), data


def _headed(piece: bytes) -> tuple[bytes, bytes]:
    piece = piece.removeprefix(b"\r\n").removeprefix(b"\n")
    for gap in (b"\r\n\r\n", b"\n\n"):
        head, found, data = piece.partition(gap)
        if found and len(head) < 4_096:
            return head, data.removesuffix(gap[: len(gap) // 2])
    raise BadPush("a part without an end of its headers")


def _from_xml(data: bytes) -> Fields:
    if len(data) > XML_MAX:
        raise BadPush(f"XML of {len(data)} bytes, at most {XML_MAX}")
    items: list[tuple[tuple[str, ...], str]] = []
    path: list[str] = []
    texts: list[list[str]] = []

    def begin(tag: str, _attributes: dict[str, str]) -> None:
        if len(path) >= DEPTH_MAX or len(items) >= FIELDS_MAX:
            raise BadPush("XML too deep or of too many fields")
        path.append(tag.rpartition(":")[2].lower())
        texts.append([])

    def end(_tag: str) -> None:
        items.append((tuple(path), "".join(texts.pop()).strip()))
        path.pop()

    def refuse(*_: object) -> int:
        raise BadPush("XML with a document type or entities")

    parser = expat.ParserCreate()
    parser.StartElementHandler, parser.EndElementHandler = begin, end
    parser.CharacterDataHandler = lambda text: texts[-1].append(text) if texts else None
    parser.StartDoctypeDeclHandler = parser.EntityDeclHandler = parser.ExternalEntityRefHandler = refuse
    try:
        parser.Parse(data, True)  # noqa: FBT003 - the library's own
    except (expat.ExpatError, ValueError, LookupError) as error:
        raise BadPush(f"XML: {error}") from error
    return Fields(items)


def _from_json(data: bytes) -> list[Fields]:
    try:
        said = msgspec.json.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadPush(f"JSON: {error}") from error
    return [_flat(event) for event in _events(said)]


def _events(said: Any) -> list[Any]:
    """The events of a batch, each by itself."""
    if isinstance(said, list):
        return said[:PARTS_MAX]
    if isinstance(said, dict):
        for key, value in said.items():
            if key.lower() in {"events", "eventlist"} and isinstance(value, list):
                return value[:PARTS_MAX]
            if key.lower() == "params" and isinstance(value, dict):
                return _events(value)
    return [said]


def _flat(said: Any) -> Fields:
    items: list[tuple[tuple[str, ...], str]] = []
    waiting: list[tuple[tuple[str, ...], Any]] = [((), said)]
    while waiting:
        path, value = waiting.pop()
        if len(items) + len(waiting) > FIELDS_MAX or len(path) > DEPTH_MAX:
            raise BadPush("JSON too deep or of too many fields")
        if isinstance(value, dict):
            waiting += [((*path, str(key).lower()), inner) for key, inner in reversed(value.items())]
        elif isinstance(value, list):
            waiting += [(path, inner) for inner in reversed(value)]
        elif value is not None:
            items.append((path, str(value).strip()))
    return Fields(items)


def _from_lines(data: bytes) -> list[Fields]:
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        raise BadPush("neither a picture nor text") from error
    if event := _EVENT.fullmatch(text):
        inner = msgspec.Raw(event[3].encode()) if event[3] else msgspec.Raw(b"{}")
        try:
            return [_flat({"code": event[1], "action": event[2], "data": msgspec.json.decode(inner)})]
        except (msgspec.DecodeError, RecursionError) as error:
            raise BadPush(f"JSON: {error}") from error
    batches: dict[str, list[tuple[tuple[str, ...], str]]] = {}
    lines = text.splitlines()
    if len(lines) > FIELDS_MAX:
        raise BadPush("too many lines")
    for line in lines:
        if found := _LINE.fullmatch(line.strip()):
            names = re.split(r"[.\[\]]+", found[1].lower().rstrip("]"))
            batch = names[1] if names[0] == "events" and len(names) > 2 else ""
            path = tuple(name for name in names if name and not name.isdigit())
            batches.setdefault(batch, []).append((path, found[2].strip()))
    return [Fields(items) for items in batches.values()]
