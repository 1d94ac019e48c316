"""Displays, reports and conclusions on the results of transfer.

The module ``html`` builds self-contained pages, also for other rooms.
"""

from sktransfer.inspection._conclusion import supervised_bound, transfer_conclusion
from sktransfer.inspection._gain_display import TransferGainDisplay
from sktransfer.inspection._report import TransferReport
from sktransfer.inspection._shift_display import DomainShiftDisplay
from sktransfer.inspection._weight_display import WeightDisplay

__all__ = [
    "DomainShiftDisplay",
    "TransferGainDisplay",
    "TransferReport",
    "WeightDisplay",
    "supervised_bound",
    "transfer_conclusion",
]
