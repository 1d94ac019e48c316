"""What transfer did: displays and reports."""

from sktransfer.inspection._gain_display import TransferGainDisplay
from sktransfer.inspection._report import TransferReport
from sktransfer.inspection._shift_display import DomainShiftDisplay

__all__ = ["DomainShiftDisplay", "TransferGainDisplay", "TransferReport"]
