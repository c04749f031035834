"""Who may say and hear what on a broker: the text of mosquitto's acl_file, for the centre and for a site.

A box may touch its own topics and nothing else; its user name is its box name. Names that a pattern would
misread (`+`, `#`) cannot occur: topics refuse them (CVE-2017-7650 was one such).
"""

from collections.abc import Iterable

from gate.topics import FROM_BOX, ROOT, TO_BOX, Topic

CENTRE_USER = "centre"
CONTROL = "$CONTROL/dynamic-security/v1"
"""Where mosquitto's dynamic security takes accounts, and answers below; nobody listens where it is not loaded."""
ANSWERS = f"{CONTROL}/response"
DEVICES_USER = "devices"


def centre_rules(boxes: Iterable[tuple[str, str]]) -> str:
    """Rules of the centre's broker for these (site, box); the centre may make accounts for more."""
    lines = [f"user {CENTRE_USER}"]
    lines += [f"topic read {ROOT}/+/+/{channel}" for channel in sorted(FROM_BOX)]
    lines += [f"topic write {ROOT}/+/+/{channel}" for channel in sorted(TO_BOX)]
    lines += [f"topic write {CONTROL}", f"topic read {ANSWERS}"]
    for site, box in boxes:
        lines += ["", f"user {box}"]
        lines += [f"topic write {Topic(site, box, channel)}" for channel in sorted(FROM_BOX)]
        lines += [f"topic read {Topic(site, box, channel)}" for channel in sorted(TO_BOX)]
    return "\n".join(lines) + "\n"


def site_rules(box: str) -> str:
    """Rules of a site's own broker: the box commands, devices answer, nobody else is there."""
    orders, answers = ("cmnd/#",), ("stat/#", "tele/#")
    lines = [f"user {box}"]
    lines += [f"topic write {topic}" for topic in orders] + [f"topic read {topic}" for topic in answers]
    lines += ["", f"user {DEVICES_USER}"]
    lines += [f"topic read {topic}" for topic in orders] + [f"topic write {topic}" for topic in answers]
    return "\n".join(lines) + "\n"
