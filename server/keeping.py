"""How long plates, pictures and the audit are kept, as the centre's file says. 0: for ever, which is the default.

Law 91/2025/QH15, article 32.4: recordings of public places are kept only as long as they are needed.
"""

from typing import Annotated, Final

from msgspec import Meta

from gate.wire import Contract

AUDIT_MIN: Final = 365
"""Days; Decree 333/2026, article 16: logs are kept for 12 months at least."""
Days = Annotated[int, Meta(ge=0, le=36_500)]


class Keeping(Contract):
    """Days after the last that happened about a stay; of the audit, after the record."""

    plates_days: Days = 0
    pictures_days: Days = 0
    audit_days: Days = 0

    @property
    def any(self) -> bool:
        """Whether anything is ever to go."""
        return bool(self.plates_days or self.pictures_days or self.audit_days)

    def wrong(self) -> str:
        """What cannot be, with its key; empty where all can."""
        if 0 < self.audit_days < AUDIT_MIN:
            return f"audit_days: {self.audit_days} is less than the {AUDIT_MIN} that the law asks for"
        if 0 < self.plates_days < self.pictures_days:
            return f"pictures_days: {self.pictures_days}, though plates go after {self.plates_days}"
        return ""
