"""The audit's."""

from typing import Final

from server.auditing import Kind
from server.effects import Kind as Decided

FAMILIES: Final = {"audit.kind": Kind, "audit.decision": Decided}
