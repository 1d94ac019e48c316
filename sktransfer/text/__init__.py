"""Words of any language: normal forms, tokens, negation, n-grams, and their weights.

What belongs here knows words but no dictionary, no domains and no model: it takes texts
or words of one language, whichever it is. What knows two languages at once lives in
:mod:`sktransfer.crosslingual`; what makes dense rows of texts in
:mod:`sktransfer.embedding`.

Modules without an underscore serve the other rooms: ``checks`` validates texts and
tokens; ``forms`` has plain words, normal forms and n-grams; ``characters`` tokens of
scripts without blanks, ``segmentation`` their words; ``stems``, ``negation`` and
``splitting`` the steps from a text to the words of a dictionary; ``word_tokenizer`` and
``word_vectors`` what their names say.
"""

from sktransfer.text._log_count_ratio import LogCountRatioScaler
from sktransfer.text._longest_match import LongestMatchTokenizer, split_words
from sktransfer.text._script_ngrams import ScriptNgramCounter
from sktransfer.text.characters import split_characters
from sktransfer.text.segmentation import WordSegmenter
from sktransfer.text.word_tokenizer import WordTokenizer

__all__ = [
    "LogCountRatioScaler",
    "LongestMatchTokenizer",
    "ScriptNgramCounter",
    "WordSegmenter",
    "WordTokenizer",
    "split_characters",
    "split_words",
]
