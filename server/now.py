"""Derived rows as ingest holds them while it books a batch: plain values, cheap to change.

The fields are those of the tables in `server.derived`, and a test keeps them so.
"""

from datetime import datetime

import msgspec


class VisitNow(msgspec.Struct):
    """A row of `visit`."""

    visit: str
    site: str
    vehicle_class: str
    read: bool
    entry_lane: str
    entry_approach: str
    opened_at: datetime
    entered_at: datetime | None = None
    entry_passage: str | None = None
    exit_lane: str | None = None
    exit_approach: str | None = None
    matched_by: str | None = None
    match_probability: float | None = None
    quoted: int | None = None
    quoted_vat: int | None = None
    quoted_tariff: str | None = None
    quoted_lines: str | None = None
    recomputed: int | None = None
    payload: str | None = None
    left_at: datetime | None = None
    exit_passage: str | None = None
    voided: bool = False


class LaneNow(msgspec.Struct):
    """A row of `lane_now`."""

    site: str
    lane: str
    box: str
    direction: str
    updated_at: datetime
    phase: str = "unknown"
    arm: str = "unknown"
    mode: str = "unknown"
    sensors: str = "{}"
    approach: str | None = None
    visit: str | None = None
    wants: str | None = None
    wants_approach: str | None = None
    wants_since: datetime | None = None
    candidates: str = "[]"
    decided_by: str | None = None
    decided_reason: str | None = None
    price: int | None = None
