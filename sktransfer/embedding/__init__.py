"""Texts and sequences as dense vectors."""

from sktransfer._core.word_vectors.files import read_word_vectors
from sktransfer.embedding._vectorizer import EmbeddingVectorizer
from sktransfer.text.word_vectors import WordVectors

__all__ = ["EmbeddingVectorizer", "WordVectors", "read_word_vectors"]
