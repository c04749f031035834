"""The driver's page's."""

from typing import Final

from server.console.bill_words import PLAIN, RATES

FAMILIES: Final = {"priceline": PLAIN, "priceline.rate": RATES}
