"""Which bank line proves which money: one matcher for notices and statements, the second proves the first."""

from server.proving.already import already_on_statement  # first: receiving asks for it while it is imported itself

from server.proving.again import again, history  # isort: skip
from server.proving.awaited import expected  # isort: skip
from server.proving.explain import NotSo, explain  # isort: skip
from server.proving.matcher import Proven, prove, prove_all  # isort: skip

__all__ = [
    "NotSo",
    "Proven",
    "again",
    "already_on_statement",
    "expected",
    "explain",
    "history",
    "prove",
    "prove_all",
]
