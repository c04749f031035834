"""Words of who else has a page open."""

from typing import Final

WORDS: Final[dict[str, tuple[str, str]]] = {
    "watching.others": ("Đang cùng xem: {names}", "Also looking at this: {names}"),
}
