"""The sites of whoever looks."""

from fastapi import HTTPException
from sqlmodel import Session

from server.auth import Person
from server.register import SiteRow
from server.sites import sites_of

__all__ = ["known_site", "site_or_first", "sites_of"]


def known_site(session: Session, site: str) -> SiteRow:
    """The site. 404 when nobody registered it."""
    row = session.get(SiteRow, site)
    if row is None:
        raise HTTPException(404, "error.no_site")
    return row


def site_or_first(session: Session, person: Person, asked: str = "") -> str:
    """The site that was asked for, where it is one of theirs; else their first. 404 when they have none."""
    known = [row.site for row in sites_of(session, person)]
    if not known:
        raise HTTPException(404, "error.no_site")
    return asked if asked in known else known[0]
