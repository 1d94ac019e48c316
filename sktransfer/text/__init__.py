"""Words of any language: forms, splitting, negation, n-grams, and their weights."""

from sktransfer.text._log_count_ratio import LogCountRatioScaler
from sktransfer.text._script_ngrams import ScriptNgramCounter
from sktransfer.text._segmentation import LongestMatchTokenizer, split_words
from sktransfer.text.word_tokenizer import WordTokenizer

__all__ = [
    "LogCountRatioScaler",
    "LongestMatchTokenizer",
    "ScriptNgramCounter",
    "WordTokenizer",
    "split_words",
]
