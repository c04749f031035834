"""A reader of UHF tags on windscreens: one more credential beside the plate."""

from typing import Protocol


class TagListener(Protocol):
    """Who hears a tag reader. Called on any thread; it must only hand over."""

    def tag_read(self, tag: str) -> None:
        """A tag is before the reader: its EPC in capital hexadecimal, said once while it stays there."""
