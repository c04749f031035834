"""Trouble that was noticed and is no fact of a box: kept once, by its code and subject."""

from datetime import datetime

import msgspec
from sqlmodel import Session

from gate.findings import Code
from server.db import insert_once
from server.facts import AnomalyRow


def anomaly(
    session: Session, code: Code, subject: str, site: str, now: datetime, evidence: dict[str, str], amount: int = 0
) -> None:
    """Record trouble once."""
    row = AnomalyRow(
        code=code,
        subject=subject,
        site=site,
        amount=amount,
        happened_at=now,
        evidence=msgspec.json.encode(evidence).decode(),
    )
    insert_once(session, row)
