"""Whose word a command is: `--by` names a user of the centre whose role may do it, never just anybody."""

import getpass
from datetime import datetime
from typing import Annotated, Final

import typer
from sqlmodel import Session

from server.auth import audit
from server.money_rules import NotYours, Speaker, speaker
from server.roles import POWERS, Power

TYPED: Final = ": at the command line"
"""How the audit's text of such a word ends, after the command's name."""
By = Annotated[str, typer.Option("--by", help="The user whose word it is: one whose role may do this.")]


def may(session: Session, name: str, *powers: Power, option: str = "--by") -> Speaker:
    """The user of this name, who has one of the powers. Raises ValueError naming the option."""
    try:
        who = speaker(session, name)
    except NotYours as error:
        raise ValueError(f"{option}: {error}") from error
    if POWERS[who.role].isdisjoint(powers):
        raise ValueError(f"{option}: {name} ({who.role}) may not {' or '.join(powers).replace('_', ' ')}")
    return who


def typed(session: Session, by: str, what: str, subject: str, now: datetime) -> None:
    """Record who sat at the keyboard when this user's word was given."""
    audit(session, by, f"{what}{TYPED}", subject, now, {"typed_by": getpass.getuser()})
