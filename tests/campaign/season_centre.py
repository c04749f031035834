"""The product's side of a season: the centre's own functions on a database, at the world's time."""

import json
from collections.abc import Sequence
from pathlib import Path

from sqlalchemy import Engine

from gate.tariff import load
from gate.topics import Channel, Topic
from gate.wire import encode
from server.db import connect, migrate, transaction
from server.ingest import BATCH_MAX, Arrival, ingest
from server.notices import Kept, keep
from server.providers import sepay
from server.register import BoxRow, SiteRow, TariffRow
from server.tariffs import Tariffs
from simulator.season.journal import BANK, Said
from simulator.season.scenario import Lot, Season
from tests.campaign.season_world import SECRET, Told


class Centre:
    """A centre's books of one season, in a file of their own."""

    def __init__(self, path: Path, season: Season) -> None:
        self.engine = _books(path, season)
        self._tariffs = Tariffs(self.engine)

    def hears(self, lot: Lot, said: Sequence[Said], together: int = BATCH_MAX) -> None:
        """Facts of the lot's box, `together` in a transaction. Raises RuntimeError unless all are acknowledged."""
        topic = Topic(lot.site, lot.box, Channel.EVENT)
        ack = Topic(lot.site, lot.box, Channel.ACK)
        for start in range(0, len(said), together):
            part = said[start : start + together]
            taken = ingest(self.engine, self._tariffs, [Arrival(topic, each.payload) for each in part], part[-1].at)
            if len(taken.fresh) != len(part):
                raise RuntimeError(f"{lot.box}: {len(taken.fresh)} of {len(part)} facts taken, {taken.acks.get(ack)}")

    def is_told(self, told: Told) -> Kept:
        """A notice of the feed, as the endpoint takes it: proved, kept once, its effects in the same transaction."""
        sepay.verify(told.raw, told.headers, SECRET, told.at)
        name, news = sepay.identity(told.raw), sepay.parse(told.raw)
        with transaction(self.engine) as session:
            return keep(session, sepay.PROVIDER, name, told.raw, told.headers, news, told.at)


def _books(path: Path, season: Season) -> Engine:
    engine = connect(f"sqlite:///{path}")
    migrate(engine)
    with transaction(engine) as session:
        for lot in season.lots:
            tariff = load(json.dumps(lot.tariff()).encode())
            session.add(
                SiteRow(
                    site=lot.site,
                    name_vi=lot.name_vi,
                    name_en=lot.name_en,
                    bank=BANK,
                    account=lot.account,
                    account_name="BAN QUAN LY BEN BAI",
                    capacity=0,
                    unpaid="bill",
                    patience_s=60,
                )
            )
            session.add(BoxRow(box=lot.box, site=lot.site, token_sha256="0" * 64))
            row = TariffRow(site=lot.site, code=tariff.code, since=tariff.since, body=encode(tariff).decode())
            session.add(row)
    return engine
