"""Ngrams: which n-grams of characters are words, and how probable each is."""

from __future__ import annotations

from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

# characters of the longest word of a dictionary, of the longest one that is learned,
# and how often such a one occurs
LONGEST_GIVEN = 10
_LONGEST_LEARNED = 5
_LEAST_COUNT = 3
# nats for each cut by which a word must beat the words that it could be cut into
_COHESION = 2.5
_ROUNDS = 4
UNSEEN = 0.05  # for the count of a word that is on no path
OTHER, HIRAGANA, KATAKANA = range(3)


class Ngrams:
    """N-grams of characters that may be words, where they begin, and how often.

    Parameters
    ----------
    rows : list of list of int
        Characters of each run, then of each given word, as numbers from 0.
    given : ndarray of shape (n_given,)
        Nats by which each given word is preferred.
    kinds : ndarray of shape (n_characters,)
        Whether each character is hiragana, katakana or another.
    """

    def __init__(
        self,
        rows: list[list[int]],
        given: NDArray[np.float64],
        kinds: NDArray[np.intp],
    ) -> None:
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
        self._read_kinds(kinds[self.characters])

    def _read_kinds(self, kinds: NDArray[np.intp]) -> None:
        """Prefer no katakana alone, and find n-grams of kinds that no word has.

        Hiragana may follow other letters in a word, as endings; it is not followed by
        them, and katakana stay among themselves.
        """
        alone = (self.length == 1) & (kinds[self.first] == KATAKANA)
        self.bonus[alone] -= _COHESION
        before, after = kinds[:-1], kinds[1:]
        turns = (before != after) & ~((before == OTHER) & (after == HIRAGANA))
        n_turns = np.append(0, np.cumsum(turns))
        self.of_one_kind = n_turns[self.first + self.length - 1] == n_turns[self.first]

    def _count(self, in_run: NDArray[np.bool_], sizes: NDArray[np.intp]) -> None:
        """Number the n-grams, and count them in the runs.

        `ids[n - 1]` holds the number of the n-gram of length n that begins at each
        character, -1 where it is rare; `first` a place where each n-gram begins.
        """
        left = np.repeat(np.cumsum(sizes), sizes) - np.arange(self.characters.size)
        ids, total = self.characters, int(self.characters.max()) + 1
        first = [np.unique(ids, return_index=True)[1]]
        found, counts = [ids.astype(np.int32)], [np.bincount(ids, in_run)]
        for n in range(2, min(int(sizes.max()), LONGEST_GIVEN) + 1):
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
        is_word = single | given | short & self.of_one_kind
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
        share = np.maximum(counts, UNSEEN) / counts[is_word].sum()
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
