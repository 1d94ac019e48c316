"""Words without a dictionary entry that share a stem with one that has it."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from sktransfer import CrossLingualMapper, DictionaryTranslation
from sktransfer.crosslingual._dictionary import link_vocabularies
from sktransfer.text.stems import stems


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("schlechte", ["schlechte", "schlecht", "schlech"]),
        ("große", ["große", "groß"]),
        ("gute", ["gute"]),
        ("gut", []),
        ("悪かっ", ["悪"]),
        ("素晴らしい", ["素晴"]),
        ("曲", []),
        ("です", []),
        ("cd2", []),
        ("книга", []),
    ],
)
def test_stems(word, expected):
    assert stems(word) == expected


def test_an_inflection_takes_the_entry_of_its_stem():
    source = {"bad": 0, "book": 1}
    target = {"buch": 0, "schlecht": 1, "schlechter": 2, "schlange": 3}
    pairs = [("bad", "schlechte"), ("book", "buch")]
    links = link_vocabularies(pairs, source, target)
    assert_array_equal(links.source, [0, 0, 1])
    assert_array_equal(links.target, [1, 2, 0])
    plain = link_vocabularies(pairs, source, target, inflections=False)
    assert_array_equal(plain.target, [0])


def test_words_with_an_entry_and_words_of_both_sides_keep_to_themselves():
    source = {"bad": 0, "song": 1, "longest": 2}
    target = {"schlecht": 0, "schlechte": 1, "longest": 2, "longeste": 3}
    pairs = [("bad", "schlecht"), ("song", "longes"), ("song", "schlechte")]
    links = link_vocabularies(pairs, source, target)
    found = set(zip(links.source.tolist(), links.target.tolist()))
    # "longest" is an English word too: it carries over and takes no entry
    assert found == {(0, 0), (1, 1), (2, 2), (1, 3)}


def test_japanese_forms_of_an_adjective_are_translated():
    texts = ["bad book", "bad song", "good song", "悪かっ 本", "悪く 本", "良い 本"]
    d = np.repeat([1, -1], 3)
    dictionary = [("bad", "悪い"), ("book", "本"), ("good", "良い")]
    coverage = {}
    for inflections in (False, True):
        mapper = CrossLingualMapper(
            dictionary,
            word_space=DictionaryTranslation(),
            tokenizer=str.split,
            min_df=1,
            inflections=inflections,
        )
        Z = mapper.fit_transform(texts, sample_domain=d).toarray()
        bad = mapper.get_feature_names_out().tolist().index("bad")
        coverage[inflections] = mapper.coverage_
        assert_array_equal(Z[3:, bad] > 0, [inflections, inflections, False])
    assert coverage == {False: pytest.approx(4 / 6), True: pytest.approx(1)}
