"""WordSegmenter: words of scripts without spaces, learned from the texts themselves."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from itertools import chain, islice
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.exceptions import NotFittedError

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

# Particles, endings and pronouns of Japanese, which no dictionary of words lists
_JAPANESE = """
は が を に で と も の へ や か ね よ な ぞ さ わ ば て た だ から まで より だけ
でも など ほど しか ので のに けど けれど けれども ながら たら たり なら って とか
くらい ぐらい ばかり こそ さえ です ます でし まし ませ でしょ ましょ う よう だっ
だろ でしょう たい たく たかっ ない なく なかっ なけれ ず ぬ ざる ん ません れ れる
られ られる せ せる させ させる い いる いた いて てる おり ちゃっ しまい しまっ
しまう し する した して すれ なり なっ なる あり あっ ある あれ でき できる いう
この その あの どの これ それ どれ ここ そこ こう そう どう こんな そんな あんな
どんな という として について による によって ため こと もの ところ みたい らしい
わけ はず まま とき とても もう まだ また よく いい よい よかっ すごく すごい やはり
やっぱり ちょっと もっと かなり すべて しかし それで ただ きっと もし いつ なぜ くだ
ください ござい ありがとう なし 無い 無かっ 無く
""".split()

# characters of the longest word of a dictionary, of the longest one that is learned,
# and how often such a one occurs
_LONGEST_GIVEN = 10
_LONGEST_LEARNED = 5
_LEAST_COUNT = 3
# stands for a run while other scripts are split; no other word looks like it then
_RUN = "一一"
# nats by which a given word is preferred, and each character of an ending or particle
_GIVEN = 1.0
_ENDING = 2.0
# nats for each cut by which a word must beat the words that it could be cut into
_COHESION = 2.5
_ROUNDS = 4
_UNSEEN = 0.05  # for the count of a word that is on no path
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
    e times as frequent. A list of Japanese particles and endings is known. A character
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
        endings = {w: _ENDING * len(_CHARACTER.findall(w)) for w in _JAPANESE}
        self.words_, known_runs = _learn_words(runs, bonus | endings)
        # a given word that the texts do not have is as rare as their rarest one
        rare = min(self.words_.values(), default=float(np.log(_UNSEEN)))
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
        and len(_CHARACTER.findall(word)) <= _LONGEST_GIVEN
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
    ngrams = _Ngrams(
        rows + list(given.values()), np.array([bonus[word] for word in given])
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


class _Ngrams:
    """N-grams of characters that may be words, where they begin, and how often.

    Parameters
    ----------
    rows : list of list of int
        Characters of each run, then of each given word, as numbers from 0.
    given : ndarray of shape (n_given,)
        Nats by which each given word is preferred.
    """

    def __init__(self, rows: list[list[int]], given: NDArray[np.float64]) -> None:
        sizes = np.array([len(row) for row in rows])
        starts = np.cumsum(sizes) - sizes
        n_runs = len(rows) - given.size
        self.starts, self.sizes = starts[:n_runs], sizes[:n_runs]
        self.characters = np.fromiter(chain.from_iterable(rows), np.int64)
        self._count(np.repeat(np.arange(len(rows)) < n_runs, sizes), sizes)
        self.bonus = np.zeros(self.counts.size)
        for n, ids in enumerate(self.ids, 1):
            of_size = np.flatnonzero(sizes[n_runs:] == n)
            found = ids[starts[n_runs:][of_size]]
            self.bonus[found[found >= 0]] = given[of_size][found >= 0]

    def _count(self, in_run: NDArray[np.bool_], sizes: NDArray[np.intp]) -> None:
        """Number the n-grams, and count them in the runs.

        `ids[n - 1]` holds the number of the n-gram of length n that begins at each
        character, -1 where it is rare; `first` a place where each n-gram begins.
        """
        left = np.repeat(np.cumsum(sizes), sizes) - np.arange(self.characters.size)
        ids, total = self.characters, int(self.characters.max()) + 1
        first = [np.unique(ids, return_index=True)[1]]
        found, counts = [ids.astype(np.int32)], [np.bincount(ids, in_run)]
        for n in range(2, min(int(sizes.max()), _LONGEST_GIVEN) + 1):
            at = np.flatnonzero(left >= n)
            at = at[(ids[at] >= 0) & (ids[at + 1] >= 0)]
            pairs = ids[at] * total + ids[at + 1]
            _, place, which = np.unique(pairs, return_index=True, return_inverse=True)
            count = np.bincount(which, in_run[at], minlength=place.size)
            in_given = np.bincount(which, ~in_run[at], minlength=place.size) > 0
            kept = (count >= _LEAST_COUNT) | in_given & (count > 0)
            number = np.where(kept, np.cumsum(kept) - 1 + total, -1)
            ids = np.full(self.characters.size, -1)
            ids[at] = number[which]
            total += int(kept.sum())
            first.append(at[place[kept]])
            counts.append(count[kept])
            found.append(ids.astype(np.int32))
        self.ids = np.stack(found)
        self.counts, self.first = np.concatenate(counts), np.concatenate(first)
        self.length = np.repeat(np.arange(1, len(counts) + 1), [c.size for c in counts])

    def characters_of(self, ngram: int) -> list[int]:
        """Characters of an n-gram."""
        first = self.first[ngram]
        return self.characters[first : first + self.length[ngram]].tolist()

    def learn(self) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
        """Which n-grams are words, and the logarithm of the probability of each."""
        counts, single, given = self.counts, self.length == 1, self.bonus > 0
        short = (self.length <= _LONGEST_LEARNED) & (counts >= _LEAST_COUNT)
        is_word = single | given | short
        for _ in range(_ROUNDS):
            scores = self._scores(counts, is_word)
            counts = np.bincount(self._best_paths(scores)[0], minlength=scores.size)
            is_word &= single | given | (counts > 0)
            scores = self._scores(counts, is_word)
            is_word &= single | given | self._holds_together(scores)
        return is_word, self._scores(counts, is_word)

    def _scores(
        self, counts: NDArray[Any], is_word: NDArray[np.bool_]
    ) -> NDArray[np.float64]:
        share = np.maximum(counts, _UNSEEN) / counts[is_word].sum()
        return np.where(is_word, np.log(share) + self.bonus, -np.inf)

    def _holds_together(self, scores: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Which n-grams are more probable than the words they could be cut into."""
        best, holds = scores.copy(), np.ones(scores.size, dtype=bool)
        for n in range(2, len(self.ids) + 1):
            rows = np.flatnonzero(self.length == n)
            first = self.first[rows]
            cut = np.full(rows.size, -np.inf)
            for k in range(1, n):
                left, right = self.ids[k - 1][first], self.ids[n - k - 1][first + k]
                np.maximum(cut, best[left] + best[right], out=cut)
            holds[rows] = scores[rows] >= cut + _COHESION * (n - 1)
            given = self.bonus[rows] > 0
            best[rows] = np.maximum(
                np.where(holds[rows] | given, scores[rows], -np.inf), cut
            )
        return holds

    def paths(self, scores: NDArray[np.float64]) -> tuple[NDArray[Any], list[int]]:
        """N-grams on the most probable paths, in order, and where each run begins."""
        ngrams, runs = self._best_paths(scores)
        order = np.argsort(runs[::-1], kind="stable")
        ends = np.cumsum(np.bincount(runs))
        return ngrams[::-1][order], [0, *ends.tolist()]

    def _best_paths(
        self, scores: NDArray[np.float64]
    ) -> tuple[NDArray[Any], NDArray[np.intp]]:
        """N-grams on the most probable paths, backwards, and the run of each."""
        length = self._last_words(np.append(scores, -np.inf))
        ngrams, rows = [], [np.arange(self.starts.size)]
        at = self.starts + self.sizes - 1
        while at.size:  # the last word of all runs first
            first = at - length[at] + 1
            ngrams.append(self.ids[length[at] - 1, first])
            going = first > self.starts[rows[-1]]
            at = first[going] - 1
            rows.append(rows[-1][going])
        return np.concatenate(ngrams), np.concatenate(rows)

    def _last_words(self, scores: NDArray[np.float64]) -> NDArray[np.intp]:
        """Length of the last word on the most probable path to each character.

        The last score is that of the number -1. Of equal paths, that of shorter words.
        """
        order = np.argsort(-self.sizes, kind="stable")
        starts, sizes = self.starts[order], self.sizes[order]
        n_longer = np.searchsorted(-sizes, -np.arange(sizes[0]))  # runs longer than t
        best = np.empty(int((starts + sizes).max()))
        length = np.ones(best.size, dtype=np.intp)
        for t in range(sizes[0]):  # the character t of all runs
            at = starts[: n_longer[t]] + t
            score = scores[self.ids[0, at]] + (best[at - 1] if t else 0)
            for n in range(2, min(t + 1, len(self.ids)) + 1):
                path = scores[self.ids[n - 1, at - n + 1]]
                if n <= t:
                    path = path + best[at - n]
                better = path > score
                score = np.where(better, path, score)
                length[at[better]] = n
            best[at] = score
        return length
