"""What a board counted by itself against what was heard of it: passages that nobody was there to hear are not lost."""


class Tally:
    """Trailing edges of one lane's exit input. `known`: accounted for; None until the board's counter was heard."""

    def __init__(self, known: int | None) -> None:
        self.known = known

    def edge(self) -> None:
        """One was heard."""
        if self.known is not None:
            self.known += 1

    def missing(self, count: int) -> int:
        """How many the board has beyond what was heard; below zero: its counter began anew."""
        return 0 if self.known is None else count - self.known

    def accept(self, count: int) -> None:
        """The board's word is taken."""
        self.known = count
