"""`barie devices`: a site's boxes, lanes and cameras as they are now."""

import typer

from server import asked_devices
from server.cli import AsJson, Config, Database, Site
from server.cli_desk import Books, desk, say
from server.typed_by import By

app = typer.Typer(no_args_is_help=True, help="A site's boxes with their faults, its lanes, and how its cameras read.")


@app.command("list")
def listed(site: Site, *, by: By, json: AsJson = False, config: Config = None, database: Database = None) -> None:
    """Boxes (heard, clock, what waits, faults) and lanes (arm, mode, unknown inputs).

    Such as: barie devices list --site SPS --by minh --json
    """
    books = Books(by, config, database, json)
    with desk("devices list", books, site) as at:
        answer = asked_devices.of_site(at, site)
    say(books, answer)


@app.command("cameras")
def cameras(site: Site, *, by: By, json: AsJson = False, config: Config = None, database: Database = None) -> None:
    """How each lane's camera reads, as a control chart: the share that was not read well, group by group.

    Such as: barie devices cameras --site SPS --by minh --json
    """
    books = Books(by, config, database, json)
    with desk("devices cameras", books, site) as at:
        answer = asked_devices.cameras(at, site)
    say(books, answer)
