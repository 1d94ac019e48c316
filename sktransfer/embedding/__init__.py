"""Texts and sequences as dense vectors."""

from sktransfer._core.word_vectors.files import read_word_vectors
from sktransfer.embedding._vectorizer import EmbeddingVectorizer

__all__ = ["EmbeddingVectorizer", "read_word_vectors"]
