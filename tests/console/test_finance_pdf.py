"""The day's report as a file: for those who may export, recorded, in the reader's language, without a plate."""

from sqlmodel import select

from server.db import reading
from server.facts import AuditRow
from tests.console.conftest import Visitor
from tests.console.scene import Scene, busy_day
from tests.server.box import MORNING

DAY = "/finance/SPS/2026-11-23"


def test_the_report_is_taken_along_by_those_who_may(scene: Scene, visitor: Visitor) -> None:
    busy_day(scene, "SPS", MORNING, 12)
    browser = visitor("finance")
    assert f'href="{DAY}/report.pdf"' in browser.get(DAY).text
    answer = browser.get(f"{DAY}/report.pdf")
    assert answer.status_code == 200
    assert answer.headers["content-disposition"] == 'attachment; filename="barie-SPS-2026-11-23.pdf"'
    assert answer.content.startswith(b"%PDF-")
    browser.cookies.set("lang", "en")
    assert browser.get(f"{DAY}/report.pdf").content != answer.content
    before = browser.get("/finance/SPS/2026-03-05/report.pdf")
    assert (before.status_code, before.content[:5]) == (200, b"%PDF-")
    assert visitor("attendant").get(f"{DAY}/report.pdf").status_code == 403
    assert browser.get("/finance/SPS/2026-02-30/report.pdf").status_code == 404
    with reading(scene.centre.engine) as session:
        assert len(session.exec(select(AuditRow).where(AuditRow.what == "exported a day")).all()) == 3
