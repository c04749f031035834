"""What people call banks that a number of six digits names (NAPAS). Those of which the number was seen in a source."""

from typing import Final

BANKS: Final = {
    "970403": "Sacombank",
    "970405": "Agribank",
    "970415": "VietinBank",
    "970416": "ACB",
    "970418": "BIDV",
    "970422": "MB Bank",
    "970423": "TPBank",
    "970425": "ABBank",
    "970427": "VietABank",
    "970436": "Vietcombank",
    "970438": "BaoViet Bank",
    "970441": "VIB",
    "970454": "BVBank",
}


def bank_named(number: str) -> str:
    """The bank's name; its number where we have none."""
    return BANKS.get(number, number)
