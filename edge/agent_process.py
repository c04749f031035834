"""The agent as a process of its own, started by its supervisor: `python -m edge.agent_process FILE`."""

import signal
import sys
from pathlib import Path

from edge import log
from edge.agent import Agent
from edge.config import BadConfig, load
from edge.journal.owed import NoRoom
from edge.watch import handover
from edge.watch.handover import Handover
from edge.watch.heartbeat import Heartbeat
from edge.watch.lifeline import Lifeline
from edge.watch.signs import TOOK

AGAIN_S = 1.0


def run(path: Path) -> int:
    """Decide until told to stop, or until the supervisor is gone. Exit 2 for what cannot be used."""
    line = Lifeline.given()
    log.set_up()
    try:
        config = load(path)
        agent = Agent(config)
    except (BadConfig, OSError, ValueError) as error:
        sys.stderr.write(f"barie edge: {error}\n")
        return 2
    heartbeat = Heartbeat(Path(config.data), agent, line)

    def stop() -> None:
        agent.post(heartbeat.leave)
        agent.stop()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop())
    if line:
        line.watch(stop)
        _take(agent, handover.received(), line)
    agent.post(heartbeat.beat)
    try:
        agent.run()
    finally:
        heartbeat.end()
    return 0


def _take(agent: Agent, news: Handover, line: Lifeline) -> None:
    """Record what was handed over; again, as long as the disk has no room."""
    try:
        agent.take_over(news)
    except NoRoom:
        agent.later(AGAIN_S, lambda: _take(agent, news, line))
        return
    line.say(TOOK)


if __name__ == "__main__":
    sys.exit(run(Path(sys.argv[1])))
