"""A request of a program does its work once under its id, and the same sent again is answered as before.

The id is the person's own and is taken in the transaction of the work: where the work fails it is free again. It is
remembered for as long as a page's token, a day at least.
"""

import hashlib
import re
from collections.abc import Callable, Collection
from datetime import datetime
from typing import Any, Final, NamedTuple

import msgspec
from sqlmodel import Session

from server.db import insert_once
from server.facts_forms import FormRow

PATTERN: Final = r"^[A-Za-z0-9_-]{8,64}$"
Answer = dict[str, Any]


class UsedBefore(ValueError):
    """Another request had this id."""


class Asked(NamedTuple):
    """A request: who sent it under which id (empty: none), what it is for, and what it says."""

    by: str
    request: str
    what: str
    said: Any = None


def once(
    session: Session, asked: Asked, now: datetime, work: Callable[[], Answer], secret: Collection[str] = ()
) -> Answer:
    """What the work answers, or what it answered when the same was asked before; `again` says which.

    `secret` names values that are told once and never kept: they are null the second time. Raises UsedBefore for an id
    that another request had, ValueError for one that is none, and whatever the work raises.
    """
    if not asked.request:
        return {**work(), "again": False}
    if not re.fullmatch(PATTERN, asked.request, re.ASCII):
        raise ValueError(f"request: an id is 8 to 64 of A-Z, a-z, 0-9, _ and -, not {asked.request[:64]!r}")
    row = FormRow(by=asked.by, token=asked.request, path=asked.what, content=_digest(asked), at=now)
    if not insert_once(session, row):
        return _before(session, asked)
    answer = work()
    kept = {name: None if name in secret else value for name, value in answer.items()}
    taken = session.get_one(FormRow, (asked.by, asked.request), populate_existing=True)
    taken.answer = msgspec.json.encode(kept).decode()
    session.add(taken)
    session.flush()
    return {**answer, "again": False}


def _before(session: Session, asked: Asked) -> Answer:
    row = session.get_one(FormRow, (asked.by, asked.request), populate_existing=True)
    if (row.path, row.content) != (asked.what, _digest(asked)) or not row.answer:
        raise UsedBefore(f"request: {asked.request} was the id of another request")
    return {**msgspec.json.decode(row.answer), "again": True}


def _digest(asked: Asked) -> str:
    return hashlib.sha256(msgspec.json.encode(asked.said, order="deterministic")).hexdigest()
