"""`barie expire`: what is older than the centre's file keeps goes now; the centre does the same every few hours."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from server import expiring
from server.cli import AsJson, Config, _books, _config, _reasons, _say_json
from server.config import BadConfig, load
from server.expiring import Gone


def expire(
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would go.")] = False,
    json: AsJson = False,
    config: Config = None,
) -> None:
    """Erase plates, pictures and records of the audit that are older than `keeping` of the centre's file allows.

    Days that are not closed, stays that owe, have money waiting or an open case, and vehicles inside keep everything.
    Books stay as they are.

    Such as: barie expire --config centre.json --dry-run
    """
    with _reasons("expire"):
        path = _config(config)
        read = load(path)
        if not read.keeping.any:
            raise BadConfig(f"{path}: keeping: plates_days, pictures_days and audit_days are 0: everything is kept")
        now = datetime.now(UTC)
        with _books(config, None) as engine:
            if dry_run:
                gone = expiring.due(engine, read.keeping, now)
            else:
                gone = expiring.expire(engine, Path(read.vault), read.keeping, now)
        if json:
            _say_json({**gone._asdict(), "done": not dry_run})
        else:
            _told(gone, done=not dry_run)


def _told(gone: Gone, *, done: bool) -> None:
    typer.echo("đã xóa · erased" if done else "sẽ xóa · would be erased")
    typer.echo(f"lần đọc biển số · reads of plates: {gone.reads}")
    typer.echo(f"xe trong danh sách đã hết hạn · vehicles of ended rows of lists: {gone.listed}")
    typer.echo(f"lần đọc mất ảnh · reads that lose their picture: {gone.unpictured}")
    typer.echo(f"tệp ảnh không còn ai dùng · files of pictures nobody uses: {gone.pictures}")
    typer.echo(f"dòng nhật ký · records of the audit: {gone.records}")
