"""A form does its work once, however often it is sent: twice clicked, reloaded, sent again by a phone that lost its
network. Its page gives it a token; the first sending takes the token in the transaction of the work itself.

    def waive(..., form: Annotated[Once, Depends(sent)]):
        with transaction(centre.engine) as session:
            if form.first(session):
                decide(session, ...)
        return seen(request, f"/visits/{visit}", "done")
"""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Annotated, NamedTuple

from fastapi import Form, Request
from sqlalchemy import Engine
from sqlmodel import Session, col, delete

from server.api.caller import PersonDep
from server.db import insert_once, transaction
from server.facts_forms import FormRow

Token = Annotated[str, Form(pattern=r"^[A-Za-z0-9_-]{16,64}$")]


def fresh() -> str:
    """A token for a form that is being written into a page."""
    return secrets.token_urlsafe(16)


class Once(NamedTuple):
    """A form that somebody sent."""

    by: str
    token: str
    path: str

    def first(self, session: Session) -> bool:
        """Whether this sending is the one that counts. The token is taken in this transaction: where the work fails it
        stays free, and the form may be sent again. Two at the same moment wait for each other."""
        row = FormRow(by=self.by, token=self.token, path=self.path, at=datetime.now(UTC))
        return insert_once(session, row)

    @contextmanager
    def taking(self, engine: Engine) -> Iterator[bool]:
        """The same for work with transactions of its own, such as an order to a box. Free again where that fails."""
        with transaction(engine) as session:
            first = self.first(session)
        try:
            yield first
        except BaseException:
            if first:
                self._give_back(engine)
            raise

    def _give_back(self, engine: Engine) -> None:
        mine = (col(FormRow.by) == self.by, col(FormRow.token) == self.token)
        with transaction(engine) as session:
            session.exec(delete(FormRow).where(*mine))


def sent(request: Request, person: PersonDep, once: Token) -> Once:
    """The form of this request, from its field `once`; 400 without one."""
    return Once(person.name, once, request.url.path)
