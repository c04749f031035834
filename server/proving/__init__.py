"""Which bank line proves which money: one matcher for notices and statements, the second proves the first."""

from server.proving.already import already_on_statement

__all__ = ["already_on_statement"]
