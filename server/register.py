"""Tables of what the centre was told by its people: sites, boxes, tariffs, users, sessions, job runs."""

from datetime import datetime

from sqlalchemy import BigInteger
from sqlmodel import Field, SQLModel

from server.facts import moment
from server.types import UtcDateTime


class SiteRow(SQLModel, table=True):
    """A car park. `capacity` 0: nobody counts its places.

    A day closes while what nobody explained is at most `tolerance_vnd`, by itself after midnight with `auto_close`.
    """

    __tablename__ = "site"

    site: str = Field(primary_key=True)
    name_vi: str
    name_en: str
    bank: str
    account: str
    account_name: str
    capacity: int
    unpaid: str
    patience_s: int
    pass_when_full: bool = True
    expired: str = "continue"
    tolerance_vnd: int = Field(default=0, sa_type=BigInteger)
    auto_close: bool = False


class BoxRow(SQLModel, table=True):
    """An edge box that may speak for a site. Its picture token is kept as a hash."""

    __tablename__ = "box"

    box: str = Field(primary_key=True)
    site: str = Field(index=True)
    token_sha256: str


class TariffRow(SQLModel, table=True):
    """A version of a site's price list, as its JSON. Never changed once stored."""

    __tablename__ = "tariff"

    site: str = Field(primary_key=True)
    code: str = Field(primary_key=True)
    since: datetime = moment()
    until: datetime | None = Field(default=None, sa_type=UtcDateTime)
    body: str


class LeaseRow(SQLModel, table=True):
    """The last snapshot given to a box, how many changes followed it, and what the box was told with both.

    `terms`: a digest of settings and price lists; `capacity`, and `listed`: the last change of the lists.
    """

    __tablename__ = "lease"

    box: str = Field(primary_key=True)
    number: int
    delta: int
    expires_at: datetime = moment()
    terms: str = ""
    capacity: int = 0
    listed: int = 0


class UserRow(SQLModel, table=True):
    """A person with a role. `one_time_until`: the password is one that an administrator handed over; until then it
    signs in, and does nothing but choose another. `limit_vnd`: the most one word of theirs may be about, where that is
    less than their role's limit.
    """

    __tablename__ = "user_account"

    name: str = Field(primary_key=True)
    role: str
    password: str
    created_at: datetime = moment()
    disabled: bool = False
    one_time_until: datetime | None = Field(default=None, sa_type=UtcDateTime)
    limit_vnd: int | None = Field(default=None, sa_type=BigInteger)


class SessionRow(SQLModel, table=True):
    """A login. Only the token's hash is kept."""

    __tablename__ = "session"

    token_sha256: str = Field(primary_key=True)
    name: str = Field(index=True)
    csrf: str
    created_at: datetime = moment()
    expires_at: datetime = moment()


class JobRunRow(SQLModel, table=True):
    """That a job ran for a period: a second run is harmless."""

    __tablename__ = "job_run"

    job: str = Field(primary_key=True)
    period: str = Field(primary_key=True)
    ran_at: datetime = moment()


class JobLeaseRow(SQLModel, table=True):
    """Who runs the jobs, where no advisory lock is to be had (SQLite)."""

    __tablename__ = "job_lease"

    name: str = Field(primary_key=True)
    holder: str
    until: datetime = moment()


class PayAccountRow(SQLModel, table=True):
    """Which sites an account at a provider is for: a bank account of a feed, a terminal or partner of a gateway."""

    __tablename__ = "pay_account"

    provider: str = Field(primary_key=True)
    account: str = Field(primary_key=True)
    site: str = Field(primary_key=True)
