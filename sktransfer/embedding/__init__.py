"""Texts, sequences, tables and other rows as vectors.

The module ``table_columns`` reads columns of frames, also for the rooms above.
"""

from sktransfer._core.word_vectors.files import read_word_vectors
from sktransfer.embedding._encoder_features import EncoderFeatures
from sktransfer.embedding._table_vectorizer import TableVectorizer
from sktransfer.embedding._vectorizer import EmbeddingVectorizer
from sktransfer.text.word_vectors import WordVectors

__all__ = [
    "EmbeddingVectorizer",
    "EncoderFeatures",
    "TableVectorizer",
    "WordVectors",
    "read_word_vectors",
]
