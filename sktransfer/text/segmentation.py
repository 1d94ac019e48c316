"""WordSegmenter: words of scripts without spaces, learned from the texts themselves."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from itertools import chain, islice
from typing import Any, Self

import numpy as np
from sklearn.exceptions import NotFittedError

from sktransfer.text._ngrams import (
    HIRAGANA,
    KATAKANA,
    LONGEST_GIVEN,
    OTHER,
    UNSEEN,
    Ngrams,
)
from sktransfer.text.checks import check_texts
from sktransfer.text.forms import word_form, word_forms
from sktransfer.text.word_tokenizer import PHRASE_ENDS, words_and_marks
from sktransfer.text.writing import find_writing

# letters and marks of Thai, Lao, Burmese, Khmer; kana, Han
_LETTERS = (
    "\u0e01-\u0e3a\u0e40-\u0e4e\u0e81-\u0ebd\u0ec0-\u0ece\u0edc-\u0edf"
    "\u1000-\u103f\u1050-\u108f\u109a-\u109d\ua9e0-\ua9ef\ua9fa-\ua9fe\uaa60-\uaa7f"
    "\u1780-\u17d3\u17d7\u17dc\u17dd"
    "\u3005-\u3007\u3031-\u3035\u303b\u303c\u3041-\u3096\u3099\u309a\u309d-\u309f"
    "\u30a1-\u30fa\u30fc-\u30ff\u31f0-\u31ff"
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
)
SPACELESS = re.compile(f"[{_LETTERS}]+")
# before they are in normal form: radicals and half-width kana, too
_WRITTEN = re.compile(f"[{_LETTERS}\u2e80-\u2fdf\uff66-\uff9f]")
# Thai and Lao vowels that stand before their consonant
_BEFORE = "\u0e40-\u0e44\u0ec0-\u0ec4"
# what no word begins with: vowels and marks that follow their consonant, small kana,
# the long-vowel mark, marks of repetition
_AFTER = (
    "\u0e30-\u0e3a\u0e45-\u0e4e\u0eb0-\u0ebc\u0ec6-\u0ece\u102b-\u103e\u1056-\u1059"
    "\u105e-\u1060\u1062-\u1064\u1067-\u106d\u1071-\u1074\u1082-\u108d\u109a-\u109d"
    "\u17b4-\u17d3\u17d7\u17dd\u3005\u3099\u309a\u309d\u309e"
    "ぁぃぅぇぉっゃゅょゎゕゖァィゥェォッャュョヮヵヶー\u30fd\u30fe\u31f0-\u31ff"
)
_STACKERS = "\u1039\u17d2"  # the next letter stands below
# the consonant that ends a syllable: after vowels that need one, or before a mark of it
_CODA = (
    "[\u0e31\u0e47\u0eb1\u0ebb][\u0e48-\u0e4b\u0ec8-\u0ecb]*[\u0e01-\u0e2e\u0e81-\u0eae]"
    "|[\u0e01-\u0e2e\u0e81-\u0eae][\u0e34-\u0e39\u0eb4-\u0eb9]?[\u0e4c\u0ecc]"
    "|[\u1000-\u1021]\u103a"
)
_CHARACTER = re.compile(f"(?s:[{_BEFORE}]?.(?:[{_STACKERS}].|{_CODA}|[{_AFTER}])*)")
# words of texts that are split already have fewer characters on average
_LONG_WORDS = 3
_TEXTS_TO_LOOK_AT = 1000
_STOPS = str.maketrans("。、", ".,")

# Particles, endings, auxiliary verbs, pronouns and adverbs of Japanese, each as it is
# inflected, which no dictionary of words lists
_JAPANESE = """
は が を に で と も の へ や か ね よ な ぞ さ わ ば て た だ から まで より だけ
など ほど しか けど けれど けれども ながら たら たり なら って くらい ぐらい ばかり
こそ さえ とも です ます でし まし ませ でしょ ましょ う よう だっ だろ だろう でしょう
たい たく たかっ ない なく なかっ なけれ ず ぬ ざる ん れ れる られ られる せ せる させ
させる い てる おり ちゃっ しまい しまっ しまう し する すれ なり なっ なる あり あっ
ある あれ でき できる くれ くれる もらい もらう もらっ いく いけ いっ くる おく みる
やり やる やっ いえ いえる しれ わかる わから わかり すぎ すぎる やすい にくい ほしい
かもしれ くだ ください ござい さん ちゃん たち ら
この その あの どの これ それ どれ ここ そこ こう そう どう こんな そんな あんな どんな
なん なんか なんて こと もの ところ みたい らしい わけ はず まま とき いつ なぜ みんな
とても もう まだ また よく いい よい よかっ すごく すごい やはり やっぱり ちょっと
もっと かなり すべて しかし それで ただ きっと もし まさに まったく まるで さすが
なかなか たくさん やや ほとんど ほんと ほんとう しかも さらに とにかく つまり
もちろん むしろ せっかく ようやく たぶん おそらく すでに ずっと いつも あまり あと まず
ただし いろいろ それぞれ ありがとう なし 無い 無かっ 無く
""".split()

# stands for a run while other scripts are split; no other word looks like it then
_RUN = "一一"
# nats by which a given word is preferred, and each further character of an ending
_GIVEN = 1.0
_ENDING = 2.0
# characters to learn from, at most, and of a run at a time
_MOST_CHARACTERS = 4_000_000
_LONGEST_RUN = 1000
# runs of up to so many characters that are remembered, and how many
_SHORT_RUN = 50
_MOST_RUNS = 100_000


def is_spaceless(text: str) -> bool:
    """Whether a text has letters of a script that puts no spaces between words."""
    return not text.isascii() and _WRITTEN.search(text) is not None


def has_unsplit_words(texts: Iterable[str]) -> bool:
    """Whether texts have runs of characters that are longer than words mostly are."""
    spaceless = islice(filter(is_spaceless, texts), _TEXTS_TO_LOOK_AT)
    forms = map(word_form, spaceless)
    runs = list(chain.from_iterable(map(SPACELESS.findall, forms)))
    n_characters = sum(len(_CHARACTER.findall(run)) for run in runs)
    return n_characters > _LONG_WORDS * len(runs)


class WordSegmenter:
    """Split texts of scripts without spaces into words, learned from such texts.

    Chinese, Japanese, Thai, Lao, Khmer and Burmese put no spaces between words. Words
    are found in the texts themselves: stretches that occur more often than the words in
    them would by chance, and words of a list, such as one side of a dictionary. A text
    is split into the words that are together most probable. What other scripts write is
    split into words, digits and marks. Instances are callable and can be pickled.

    Attributes
    ----------
    words_ : dict of str to float
        Logarithm of the probability of each word, given ones favoured.

    See Also
    --------
    split_characters : Characters and pairs of them, without learning.
    sktransfer.CrossLingualMapper : Learns one for each side where it is needed.

    Notes
    -----
    Candidates are characters, given words of up to ten characters, and what occurs
    three times in different runs and has up to five. They are weighted by their
    frequency in the best path of each run (Viterbi, [1]_), in four rounds. In each, a
    candidate stays if its probability is :math:`e^{2.5(n-1)}` times that of the words
    that its n characters could be cut into, or if it was given; a given word counts as
    e times as frequent. A list of Japanese particles, endings and auxiliary verbs is
    known. No word that is learned goes from hiragana to other letters, or has katakana
    beside others; one katakana alone counts as :math:`e^{2.5}` times rarer. A character
    goes with its marks, and with small kana after it. Time is linear in the text.

    References
    ----------
    .. [1] M. Nagata, "A stochastic Japanese morphological analyzer using a forward-DP
           backward-A* N-best search algorithm", COLING 1994.

    Examples
    --------
    >>> from sktransfer.text import WordSegmenter
    >>> segment = WordSegmenter().fit(["房间很大", "早餐很好"], ["房间", "早餐"])
    >>> segment("早餐好，房间 25 m2 大！")
    ['早餐', '好', '房间', '25', 'm2', '大', '!']
    """

    def fit(self, texts: Iterable[str], words: Iterable[str] = ()) -> Self:
        """Learn words.

        Parameters
        ----------
        texts : iterable of str, or table of one column
            Texts.
        words : iterable of str, default=()
            Words that are known.

        Returns
        -------
        self : WordSegmenter
            Fitted.

        Raises
        ------
        TypeError
            If `words` is a single str, or a text or a word is no str.
        """
        if isinstance(words, str):
            raise TypeError(
                f"words must be an iterable of words; got the str {words!r}. Wrap it "
                "in a list."
            )
        texts, words = check_texts(texts, "WordSegmenter"), list(words)
        for word in words:
            if not isinstance(word, str):
                raise TypeError(f"words must be of type str; got {word!r:.60}.")
        self._writing = find_writing(chain(texts, words))
        runs: dict[str, None] = {}  # each once: a text that is repeated is no word
        for text in texts:
            if is_spaceless(text):
                runs.update(
                    dict.fromkeys(SPACELESS.findall(word_form(text, self._writing)))
                )
        given = filter(_may_be_given, word_forms(words, self._writing))
        bonus = dict.fromkeys(given, _GIVEN)
        endings = {
            w: _GIVEN + _ENDING * (len(_CHARACTER.findall(w)) - 1) for w in _JAPANESE
        }
        self.words_, known_runs = _learn_words(runs, bonus | endings)
        # a given word that the texts do not have is as rare as their rarest one
        rare = min(self.words_.values(), default=float(np.log(UNSEEN)))
        self.words_ = {w: rare + nats for w, nats in bonus.items()} | self.words_
        self._index(known_runs)
        return self

    def _index(self, known_runs: dict[str, list[str]]) -> None:
        """Lengths of words by their first character, and the cost of a strange one."""
        self._known_runs = known_runs
        lengths: defaultdict[str, set[int]] = defaultdict(set)
        for word in self.words_:
            characters = _CHARACTER.findall(word)
            lengths[characters[0]].add(len(characters))
        self._lengths = {c: sorted(n - {1}) for c, n in lengths.items()}
        self._strange = min(self.words_.values(), default=0.0) - 1

    def __call__(self, text: str) -> list[str]:
        """Split one text.

        Parameters
        ----------
        text : str
            The text.

        Returns
        -------
        tokens : list of str
            Words, single digits and marks, in order, in lower case.
        """
        return [t for t in self.tokens(text) if t not in PHRASE_ENDS]

    def tokens(self, text: str) -> list[str]:
        """Split one text, and keep the ends of phrases.

        Parameters
        ----------
        text : str
            The text.

        Returns
        -------
        tokens : list of str
            As a call gives them, and each ``.,;:()``.
        """
        if not hasattr(self, "words_"):
            raise NotFittedError("This WordSegmenter has learned no words: call fit.")
        if not is_spaceless(text):
            return words_and_marks(text, self._writing)
        text = word_form(text, self._writing).translate(_STOPS)
        runs = iter(SPACELESS.findall(text))
        tokens: list[str] = []
        for token in words_and_marks(SPACELESS.sub(f" {_RUN} ", text)):
            if token == _RUN:
                tokens += self._words_of_run(next(runs))
            else:
                tokens.append(token)
        return tokens

    def _words_of_run(self, run: str) -> list[str]:
        found = self._known_runs.get(run)
        if found is None:
            found = self._split_run(run)
            if len(run) <= _SHORT_RUN:
                if len(self._known_runs) >= _MOST_RUNS:
                    self._known_runs = {}
                self._known_runs[run] = found
        return found

    def _split_run(self, run: str) -> list[str]:
        """Words of the most probable path; of equal ones, that of shorter words."""
        characters = _CHARACTER.findall(run)
        n = len(characters)
        best, start = [0.0] + [-np.inf] * n, [0] * (n + 1)
        scores, lengths, strange = self.words_, self._lengths, self._strange
        for i, character in enumerate(characters):
            so_far = best[i]
            score = so_far + scores.get(character, strange)
            if score >= best[i + 1]:
                best[i + 1], start[i + 1] = score, i
            for length in lengths.get(character, ()):
                j = i + length
                if j > n:
                    break
                word = scores.get("".join(characters[i:j]))
                if word is not None and so_far + word >= best[j]:
                    best[j], start[j] = so_far + word, i
        words = []
        while n:
            words.append("".join(characters[start[n] : n]))
            n = start[n]
        return words[::-1]

    def __repr__(self) -> str:
        n_words = f"<{len(self.words_)} words>" if hasattr(self, "words_") else ""
        return f"WordSegmenter({n_words})"

    def __deepcopy__(self, memo: Any) -> Self:
        """A copy that shares what was learned: fit makes it anew."""
        twin = type(self)()
        vars(twin).update(vars(self))
        return twin

    def __getstate__(self) -> dict[str, Any]:
        return {k: v for k, v in vars(self).items() if k in ("words_", "_writing")}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)
        if "words_" in state:
            self._index({})


def _may_be_given(word: str) -> bool:
    """Whether a word is in one script without spaces, and not too long."""
    return (
        SPACELESS.fullmatch(word) is not None
        and len(_CHARACTER.findall(word)) <= LONGEST_GIVEN
    )


def _learn_words(
    runs: Iterable[str], bonus: Mapping[str, float]
) -> tuple[dict[str, float], dict[str, list[str]]]:
    """Log-probabilities of words, and the words of runs that are not long."""
    pieces = [
        run[k : k + _LONGEST_RUN]
        for run in runs
        for k in range(0, len(run), _LONGEST_RUN)
    ]
    step = 1 + sum(map(len, pieces)) // _MOST_CHARACTERS
    chosen = pieces[::step]
    if not chosen:
        return {}, {}
    numbers: dict[str, int] = {}
    rows = [
        [numbers.setdefault(c, len(numbers)) for c in _CHARACTER.findall(run)]
        for run in chosen
    ]
    given = _in_numbers(bonus, numbers)
    ngrams = Ngrams(
        rows + list(given.values()),
        np.array([bonus[word] for word in given]),
        np.array([_kind(c[0]) for c in numbers]),
    )
    is_word, scores = ngrams.learn()
    words, characters = np.full(is_word.size, None, dtype=object), list(numbers)
    for k in np.flatnonzero(is_word).tolist():
        words[k] = "".join(characters[c] for c in ngrams.characters_of(k))
    path, ends = ngrams.paths(scores)
    split = words[path].tolist()
    return dict(zip(words[is_word].tolist(), scores[is_word].tolist())), {
        run: split[start:end]
        for run, start, end in zip(chosen, ends, ends[1:])
        if len(run) <= _SHORT_RUN
    }


def _kind(letter: str) -> int:
    """What a letter is, where Japanese texts tell words by it."""
    if "\u3041" <= letter <= "\u309f":
        return HIRAGANA
    return KATAKANA if "\u30a1" <= letter <= "\u30ff" else OTHER


def _in_numbers(
    words: Iterable[str], numbers: Mapping[str, int]
) -> dict[str, list[int]]:
    """Words of known characters alone, as numbers."""
    letters = set("".join(numbers))
    found = {}
    for word in words:
        if letters.issuperset(word):
            row = [numbers.get(c, -1) for c in _CHARACTER.findall(word)]
            if min(row) >= 0:
                found[word] = row
    return found
