"""What people read."""

from enum import StrEnum


class Language(StrEnum):
    """A language of console and exports; the first is the default."""

    VI = "vi"
    EN = "en"
