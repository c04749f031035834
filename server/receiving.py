"""What becomes of a proven notice: the account's site, the reference, the payment and its entries."""

from datetime import datetime

from sqlmodel import Session, select

from gate.findings import Code
from gate.reference import found_in
from server import ledger
from server.anomalies import anomaly
from server.facts import PaymentRow
from server.ingest import Settled
from server.providers.notice import Notice
from server.register import SiteRow


def receive(session: Session, notice: Notice, now: datetime) -> Settled | None:
    """Book the money of a notice. Says which visit owes nothing now."""
    sites = {row.site: row for row in session.exec(select(SiteRow))}
    of_account = sorted(site for site, row in sites.items() if row.account == notice.account)
    if not of_account:
        evidence = {"why": "the account is none of ours", "amount": str(notice.amount)}
        subject = f"{notice.provider}:{notice.provider_id}"
        anomaly(session, Code.NOTICE_REFUSED, subject, "", now, evidence, amount=min(notice.amount, 2**31 - 1))
        return None
    found = (found_in(text, frozenset(of_account)) for text in notice.texts)
    references = tuple(dict.fromkeys(name for names in found for name in names))
    reference = references[0] if len(references) == 1 else None  # two references are nobody's
    payment = PaymentRow(
        provider=notice.provider,
        provider_id=notice.provider_id,
        site=reference[:3] if reference else of_account[0],
        account=notice.account,
        amount=notice.amount,
        reference=reference,
        bank_reference=notice.bank_reference,
        happened_at=notice.happened_at,
        received_at=now,
    )
    session.add(payment)
    session.flush()
    if ledger.receive(session, payment, now) and reference:
        return Settled(payment.site, reference)
    return None
