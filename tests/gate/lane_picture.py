"""The lane's table as a picture in docs/lane.md: `python -m tests.gate.lane_picture` draws it again."""

from collections import defaultdict
from pathlib import Path
from typing import Final

from gate.lane import GUARDS, LIMITS, ON_ENTRY, ON_WAY, PULSES_MAX, TRANSITIONS, Event, Lane, Phase

FILE: Final = Path(__file__).resolve().parents[2] / "docs" / "lane.md"
BEGIN: Final = "<!-- drawn from the table: python -m tests.gate.lane_picture -->"
END: Final = "<!-- end of what is drawn -->"


def drawn() -> str:
    """The picture and the tables of limits and effects, as they follow from `gate.lane`."""
    return "\n".join([BEGIN, "", *_diagram(), "", *_limits(), "", *_effects(), "", END])


def page(text: str) -> str:
    """The page with what is drawn brought up to date."""
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return before + drawn() + after


def _diagram() -> list[str]:
    edges = defaultdict[tuple[Phase, Phase], list[str]](list)
    for (phase, event), target in TRANSITIONS.items():
        if event is not Event.FIRE_ON:  # from everywhere: said once, below
            edges[phase, target].append(event.value)
    for phase, limit in LIMITS.items():
        if limit.target is not phase:
            edges[phase, limit.target].append(f"after {limit.seconds:g} s")
        elif limit.effect in {effects[0] for effects in ON_ENTRY.values()}:  # an arm that does not move
            edges[phase, Phase.FAULT].append(f"{PULSES_MAX} pulses in vain")
    lines = [f"    {phase} --> {target}: {', '.join(labels)}" for (phase, target), labels in edges.items()]
    everywhere = "    note right of by_hand: fire_on leads here from every phase"
    return ["```mermaid", "stateDiagram-v2", f"    [*] --> {Lane().phase}", *lines, everywhere, "```"]


def _limits() -> list[str]:
    rows = [
        f"| {phase} | {limit.seconds:g} s | {limit.effect or limit.target} | {_guarded(limit.target)} |"
        for phase, limit in LIMITS.items()
    ]
    return ["| Phase | Limit | Then | Guarded |", "|---|---|---|---|", *rows]


def _guarded(phase: Phase) -> str:
    return "yes" if phase in GUARDS else "no"


def _effects() -> list[str]:
    entry = [f"| into {phase} | {', '.join(effects)} |" for phase, effects in ON_ENTRY.items()]
    way = [f"| {phase} to {target} | {', '.join(effects)} |" for (phase, target), effects in ON_WAY.items()]
    return ["| Change | Effects |", "|---|---|", *entry, *way]


if __name__ == "__main__":
    FILE.write_text(page(FILE.read_text(encoding="utf-8")), encoding="utf-8")
