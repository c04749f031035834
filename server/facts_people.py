"""Tables of what people may see."""

from sqlmodel import Field, SQLModel


class UserSiteRow(SQLModel, table=True):
    """A person sees this site. Whoever has no row sees every site."""

    __tablename__ = "user_site"

    name: str = Field(primary_key=True)
    site: str = Field(primary_key=True)
