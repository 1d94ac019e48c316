"""Which features carry over from the source to the target."""

from sktransfer.selection._gensim_lda import GensimLDA
from sktransfer.selection._gibbs_lda import GibbsLDA
from sktransfer.selection._plsa import PLSA
from sktransfer.selection._topic_selector import TopicFeatureSelector
from sktransfer.selection._transfer_selector import TransferFeatureSelector

__all__ = [
    "PLSA",
    "GensimLDA",
    "GibbsLDA",
    "TopicFeatureSelector",
    "TransferFeatureSelector",
]
