"""The sites of whoever asks."""

from sqlmodel import Session, col, select

from server.auth import Person
from server.reconcile import NoSuchSite
from server.register import SiteRow


def sites_of(session: Session, person: Person | None = None) -> list[SiteRow]:
    """The sites that a person may see, by their codes; without a person all of them."""
    rows = session.exec(select(SiteRow).order_by(col(SiteRow.site)))
    return [row for row in rows if person is None or person.sees(row.site)]


def names_of(session: Session, person: Person | None = None) -> list[str]:
    """Their codes."""
    return [row.site for row in sites_of(session, person)]


def known(session: Session, person: Person, site: str) -> str:
    """The site, where there is one of this code that is theirs. Raises NoSuchSite."""
    if not person.sees(site) or session.get(SiteRow, site) is None:
        raise NoSuchSite(f"there is no site {site}")
    return site
