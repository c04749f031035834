"""Grace to pay and grace to leave: how long a quote and a payment are good for."""

from datetime import datetime, timedelta

from gate.tariff.model import Tariff


def quoted_until(tariff: Tariff, quoted_at: datetime) -> datetime:
    """Up to and with this moment the quote stays as it is."""
    return quoted_at + timedelta(minutes=tariff.grace_to_pay_minutes)


def leave_until(tariff: Tariff, paid_at: datetime) -> datetime:
    """Up to and with this moment a stay that owed nothing at `paid_at` owes nothing more."""
    return paid_at + timedelta(minutes=tariff.grace_to_leave_minutes)


def still_owed(tariff: Tariff, total: int, paid: int, paid_at: datetime, now: datetime) -> int:
    """What a stay that costs `total` if it ends now still owes, of which `paid` was paid by `paid_at`."""
    return 0 if now <= leave_until(tariff, paid_at) else max(0, total - paid)
