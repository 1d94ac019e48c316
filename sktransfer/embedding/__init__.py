"""Texts, sequences and other rows as dense vectors."""

from sktransfer._core.word_vectors.files import read_word_vectors
from sktransfer.embedding._encoder_features import EncoderFeatures
from sktransfer.embedding._vectorizer import EmbeddingVectorizer
from sktransfer.text.word_vectors import WordVectors

__all__ = ["EmbeddingVectorizer", "EncoderFeatures", "WordVectors", "read_word_vectors"]
