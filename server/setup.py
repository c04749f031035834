"""What the configuration puts into the registers at the start: sites, boxes, tariffs, accounts, first users."""

from datetime import UTC, datetime

from gate.tariff import checked
from gate.wire import encode
from server import plate_parts
from server.auth import add_user
from server.config import CentreConfig
from server.db import connect, insert_once, migrate, transaction
from server.providers.registry import every
from server.register import BoxRow, PayAccountRow, SiteRow, TariffRow


def prepare(config: CentreConfig) -> None:
    """Bring the schema up to date and enter what is new. What is there already stays as people left it."""
    engine = connect(config.database)
    migrate(engine)
    plate_parts.fill(engine)
    now = datetime.now(UTC)
    with transaction(engine) as session:
        for site in config.sites:
            tariff = checked(site.tariff)
            fields = site.__struct_fields__
            values = {name: getattr(site, name) for name in fields if name != "tariff"}
            insert_once(session, SiteRow(**values))
            version = TariffRow(
                site=site.site,
                code=tariff.code,
                since=tariff.since,
                until=tariff.until,
                body=encode(tariff).decode(),
            )
            insert_once(session, version)
        for box in config.boxes:
            insert_once(session, BoxRow(box=box.box, site=box.site, token_sha256=box.token_sha256))
        for provider in every(config):
            for account, sites in provider.accounts.items():
                for name in sites:
                    insert_once(session, PayAccountRow(provider=provider.name, account=account, site=name))
        for user in config.users:
            add_user(session, user.name, user.role, user.password, now)
    engine.dispose()
