"""Pivots of several source domains tell the label within the domains."""

import numpy as np
import pytest

from sktransfer.crosslingual import CrossLingualMapper, DistributionalCorrespondence


def texts_of(n, n_positive, subject):
    """Texts of a category; three of four positive ones hold "good", no other does."""
    positive = np.arange(n) < n_positive
    good = positive & (np.arange(n) % 4 > 0)
    return [f"{subject} {'good' if g else 'plain'} words" for g in good], positive


def fitted_pivot(domains, sizes=(200, 200)):
    """The best pivot where films are mostly liked, and books are not."""
    films, liked = texts_of(sizes[0], int(0.9 * sizes[0]), "film")
    books, read = texts_of(sizes[1], int(0.1 * sizes[1]), "book")
    german = ["film gut worte", "buch schlicht worte"] * 50
    d = [domains[0]] * sizes[0] + [domains[1]] * sizes[1] + [-1] * 100
    y = [*np.where([*liked, *read], "yes", "no"), *[None] * 100]
    mapper = CrossLingualMapper(
        [("film", "film"), ("book", "buch"), ("good", "gut"), ("words", "worte")],
        word_space=DistributionalCorrespondence(1),
    )
    mapper.fit([*films, *books, *german], y, sample_domain=d)
    return mapper.word_space_.pivots_[0][0]


def test_a_word_that_tells_the_domain_does_not_tell_the_label():
    assert fitted_pivot((1, 1)) in ("film", "book")  # one domain: it seems to
    assert fitted_pivot((1, 2)) == "good"
    assert fitted_pivot((7, 3)) == "good"


@pytest.mark.parametrize("domains", [(1, 2), (2, 1)])
def test_domains_of_few_rows_count_with_the_others(domains):
    assert fitted_pivot(domains, (40, 40)) == fitted_pivot((1, 1), (40, 40))
