"""The refunds' pages'."""

from typing import Final

from server.refund_steps import Step
from server.transfers import Form

FAMILIES: Final = {"refund_step": Step, "transfer_form": Form}
