"""What transfer did: displays and reports."""

from sktransfer.inspection._gain_display import TransferGainDisplay

__all__ = ["TransferGainDisplay"]
