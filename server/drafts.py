"""Price lists from draft to published: written by one person, approved by another, never changed once they are used.

An approval is about one revision, by its hash; with it the version is published in the same transaction.
"""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, NamedTuple

from msgspec import to_builtins
from sqlmodel import Session, col, select

from gate.tariff import BadTariff, Tariff, load
from gate.wire import encode
from server.auth import audit
from server.db import hold, insert_once
from server.facts import ChargeRow, SupplementRow
from server.facts_money import ApprovalRow
from server.register import SiteRow, TariffRow
from server.register_tariffs import TariffDraftRow, TariffWithdrawalRow
from server.tariffs import clash
from server.turning import TURNS, turns

KIND: Final = "tariff"
NOTE_MAX: Final = 400


class BadDraft(ValueError):
    """What is asked for goes against the rules; the message says which."""


class Revised(BadDraft):
    """The draft was written anew since it was looked at."""


class NoSuchTariff(ValueError):
    """There is no draft or version of this name."""


class Stage(StrEnum):
    """How far a price list has come."""

    DRAFT = "draft"
    REFUSED = "refused"  # by the second person; a new revision may be written
    COMING = "coming"  # published, holds later
    BEGUN = "begun"
    OVER = "over"
    WITHDRAWN = "withdrawn"


class Version(NamedTuple):
    """A price list with its stage, its last revision (0: entered with the installation), authors and second person."""

    tariff: Tariff
    stage: Stage
    revision: int
    sha256: str
    authors: tuple[str, ...]
    approved_by: str
    note: str

    def as_json(self) -> dict[str, Any]:
        """As commands and programs show it."""
        values = {"code": self.tariff.code, **self._asdict(), "tariff": to_builtins(self.tariff)}
        return values | {"since": self.tariff.since, "until": self.tariff.until}


def save(session: Session, site: str, data: bytes, by: str, now: datetime) -> Version:
    """Keep a price list as a draft, or as the next revision of one. Raises BadTariff, BadDraft, NoSuchTariff."""
    _site(session, site)
    tariff = load(data)
    _plain(tariff.code)
    hold(session, _lock(site))
    if session.get(TariffRow, (site, tariff.code)):
        raise BadDraft(f"code: {tariff.code} is published and never changes; take a new code")
    if session.get(TariffWithdrawalRow, (site, tariff.code)):
        raise BadDraft(f"code: {tariff.code} was withdrawn; take a new code")
    _may_begin(session, site, tariff, now)
    body = encode(tariff).decode()
    revision = len(_revisions(session, site, tariff.code)) + 1
    values: dict[str, Any] = {"site": site, "code": tariff.code, "revision": revision, "body": body}
    session.add(TariffDraftRow(**values, sha256=_sha256(body), by=by, made_at=now))
    session.flush()
    _audit(session, by, "wrote a tariff", site, tariff.code, now, {"revision": str(revision)})
    return version(session, site, tariff.code, now)


def _plain(code: str) -> None:
    """A code is a name in addresses, files and commands. Raises BadDraft for signs that mean something there."""
    if not code[:1].isalnum() or not all(char.isalnum() or char in "._+-" for char in code):
        raise BadDraft(f"code: {code!r} has other signs than letters, digits, full stop, plus, hyphen and underscore")


def decide(
    session: Session, site: str, code: str, by: str, note: str, now: datetime, *, agrees: bool = True, seen: str = ""
) -> Version:
    """The second person's word on the last revision; with a yes it is published. Raises BadDraft, NoSuchTariff.

    seen: the hash of the revision that this person looked at. Revised where another is the last by now.
    """
    _short(note)
    hold(session, _lock(site))
    found = version(session, site, code, now)
    if seen and found.sha256 != seen:
        raise Revised(f"{code} was written anew: look at revision {found.revision}")
    if found.stage is not Stage.DRAFT:
        raise BadDraft(f"{code} is {found.stage}, not a draft")
    if by in found.authors:
        raise BadDraft(f"{by} wrote {code}; a second person decides")
    values = {"kind": KIND, "subject": _subject(site, code, found.revision, found.sha256)}
    insert_once(session, ApprovalRow(**values, by=by, agrees=agrees, note=note, at=now))
    if agrees:
        _may_begin(session, site, found.tariff, now)
        _publish(session, site, found.tariff)
    _audit(session, by, "approved a tariff" if agrees else "refused a tariff", site, code, now, {"note": note})
    return version(session, site, code, now)


def withdraw(session: Session, site: str, code: str, by: str, note: str, now: datetime) -> Version:
    """Give up a draft, or a version that has not begun. Raises BadDraft for one that has, NoSuchTariff."""
    _short(note)
    hold(session, _lock(site))
    found = version(session, site, code, now)
    if found.stage in {Stage.BEGUN, Stage.OVER, Stage.WITHDRAWN}:
        raise BadDraft(f"{code} is {found.stage} and stays so; publish another that takes over from it")
    if _used(session, site, code):
        raise BadDraft(f"{code} is used by charges and stays; publish another that takes over from it")
    insert_once(session, TariffWithdrawalRow(site=site, code=code, by=by, note=note, at=now))
    _audit(session, by, "withdrew a tariff", site, code, now, {"note": note})
    return version(session, site, code, now)


def versions(session: Session, site: str, now: datetime) -> list[Version]:
    """Everything published or proposed for a site, by its beginning. Raises NoSuchTariff."""
    _site(session, site)
    published = session.exec(select(TariffRow.code).where(TariffRow.site == site)).all()
    drafts = session.exec(select(TariffDraftRow.code).where(TariffDraftRow.site == site)).all()
    found = [version(session, site, code, now) for code in {*published, *drafts}]
    return sorted(found, key=lambda each: (each.tariff.since, each.tariff.code))


def version(session: Session, site: str, code: str, now: datetime) -> Version:
    """One of them. Raises NoSuchTariff."""
    row = session.get(TariffRow, (site, code))
    revisions = _revisions(session, site, code)
    body = row.body if row else revisions[-1].body if revisions else None
    if body is None:
        raise NoSuchTariff(f"{site} has no tariff {code}")
    sha256, number = _sha256(body), len(revisions)
    word = session.get(ApprovalRow, (KIND, _subject(site, code, number, sha256)))
    gone = session.get(TariffWithdrawalRow, (site, code))
    return Version(
        tariff=load(body.encode()),
        stage=_stage(row, word, now, withdrawn=gone is not None),
        revision=number,
        sha256=sha256,
        authors=tuple(dict.fromkeys(each.by for each in revisions)),
        approved_by=word.by if word and word.agrees else "",
        note=gone.note if gone else word.note if word else "",
    )


def _stage(row: TariffRow | None, word: ApprovalRow | None, now: datetime, *, withdrawn: bool) -> Stage:
    if withdrawn:
        return Stage.WITHDRAWN
    if row is None:
        return Stage.REFUSED if word else Stage.DRAFT
    if row.until is not None and row.until <= now:
        return Stage.OVER
    return Stage.BEGUN if row.since <= now else Stage.COMING


def _may_begin(session: Session, site: str, tariff: Tariff, now: datetime) -> None:
    if tariff.since <= now:
        raise BadDraft(f"since: {tariff.since.isoformat()} is over; prices do not change for stays that have begun")
    other = clash(session, site, tariff, now)
    if other:
        raise BadDraft(f"since: {tariff.code} would hold at the same time as {other}")


def _publish(session: Session, site: str, tariff: Tariff) -> None:
    values: dict[str, Any] = {"site": site, "code": tariff.code, "since": tariff.since, "until": tariff.until}
    if not insert_once(session, TariffRow(**values, body=encode(tariff).decode())):
        raise BadDraft(f"code: {tariff.code} is published already")


def _used(session: Session, site: str, code: str) -> bool:
    tables = (ChargeRow, SupplementRow)
    found = (session.exec(select(each.visit).where(each.site == site, each.tariff == code)).first() for each in tables)
    return any(found)


def _revisions(session: Session, site: str, code: str) -> Sequence[TariffDraftRow]:
    rows = select(TariffDraftRow).where(TariffDraftRow.site == site, TariffDraftRow.code == code)
    return session.exec(rows.order_by(col(TariffDraftRow.revision))).all()


def _site(session: Session, site: str) -> None:
    if session.get(SiteRow, site) is None:
        raise NoSuchTariff(f"there is no site {site}")


def _short(note: str) -> None:
    if turns(note):
        raise BadDraft(TURNS)
    if not note.strip() or len(note) > NOTE_MAX:
        raise BadDraft(f"note: 1 to {NOTE_MAX} characters say why")


def _subject(site: str, code: str, revision: int, sha256: str) -> str:
    return f"{site}:{code}:{revision}:{sha256}"


def _sha256(body: str) -> str:
    return hashlib.sha256(body.encode()).hexdigest()


def _lock(site: str) -> str:
    return f"tariffs of {site}"


def _audit(session: Session, who: str, what: str, site: str, code: str, now: datetime, more: dict[str, str]) -> None:
    audit(session, who, what, site, now, {"tariff": code, **more})


__all__ = [
    "BadDraft",
    "BadTariff",
    "NoSuchTariff",
    "Revised",
    "Stage",
    "Version",
    "decide",
    "save",
    "version",
    "versions",
    "withdraw",
]
