"""Texts and word vectors of two languages in one feature space."""

from sktransfer._core.csls import csls_neighbors
from sktransfer.crosslingual._aligned_embeddings import AlignedEmbeddings
from sktransfer.crosslingual._dictionary_translation import DictionaryTranslation
from sktransfer.crosslingual._distributional import DistributionalCorrespondence
from sktransfer.crosslingual._kernel_alignment import KernelAlignment
from sktransfer.crosslingual._mapper import CrossLingualMapper
from sktransfer.crosslingual._procrustes import Procrustes
from sktransfer.crosslingual._relaxed_csls import RelaxedCSLSAlignment
from sktransfer.crosslingual._self_learning import SelfLearningAlignment
from sktransfer.crosslingual._whitened_alignment import WhitenedAlignment
from sktransfer.crosslingual._word_space_union import WordSpaceUnion

__all__ = [
    "AlignedEmbeddings",
    "CrossLingualMapper",
    "DictionaryTranslation",
    "DistributionalCorrespondence",
    "KernelAlignment",
    "Procrustes",
    "RelaxedCSLSAlignment",
    "SelfLearningAlignment",
    "WhitenedAlignment",
    "WordSpaceUnion",
    "csls_neighbors",
]
