"""Traditional and simplified Chinese are one; Japanese stays as it is written."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from sktransfer.crosslingual import (
    AlignedEmbeddings,
    CrossLingualMapper,
    DictionaryTranslation,
)
from sktransfer.embedding import EmbeddingVectorizer
from sktransfer.text import LongestMatchTokenizer, ScriptNgramCounter
from sktransfer.text.forms import word_form
from sktransfer.text.writing import Writing, find_writing

CHINESE = Writing(chinese=True)
# by hand: Taiwan's and Hong Kong's standards, older variants, the simplified text
SPELLINGS = [
    ("房間很乾淨，服務態度也好", "房间很干净，服务态度也好"),
    ("電腦壞了，後來換貨", "电脑坏了，后来换货"),
    ("這裡的麵包與咖啡", "这里的面包与咖啡"),
    ("這裏的麪包與咖啡", "这里的面包与咖啡"),
    ("他説為何要戶口", "他说为何要户口"),
    ("他說爲什麽這樣", "他说为什么这样"),
    ("臺灣的群眾與羣衆", "台湾的群众与群众"),
]
SIMPLIFIED = "酒店的早餐非常好吃,床也舒服,才一百块,后来发现台灯坏了,皇后里面,系统"
ENGLISH = ["room", "computer", "phone", "clean"]
TRADITIONAL = ["房間", "電腦", "電話", "乾淨"]
PLAIN = ["房间", "电脑", "电话", "干净"]
D = np.repeat([1, -1], 12)


def texts_of(words):
    return ["，".join(np.roll(words, k)[: 1 + k % len(words)]) for k in range(12)]


@pytest.mark.parametrize(("traditional", "simplified"), SPELLINGS)
def test_traditional_characters_are_simplified_ones(traditional, simplified):
    assert (
        CHINESE.one_spelling(traditional)
        == CHINESE.one_spelling(simplified)
        == simplified
    )
    assert word_form(traditional, CHINESE) == word_form(simplified)


def test_simplified_texts_stay():
    assert CHINESE.one_spelling(SIMPLIFIED) == SIMPLIFIED
    every = "".join(map(chr, range(0x3400, 0xA000)))
    once = CHINESE.one_spelling(every)
    assert CHINESE.one_spelling(once) == once
    assert len(once) == len(every)
    # nothing is known of a text on its own
    assert word_form("電腦") == "電腦"


def test_writing_of_a_corpus():
    assert find_writing(["好", "房間 wifi"]).chinese
    assert find_writing([SIMPLIFIED * 3, "鲜の家"]).chinese
    assert not find_writing([]).chinese
    assert not find_writing(["good", "très bien"]).chinese
    assert not find_writing(["東京都", "電池の交換ができる"]).chinese
    assert not find_writing(["ｱﾊﾟｰﾄ 東京"]).chinese
    assert not find_writing(["大韓民國", "한국 사람이 좋아하는 책"]).chinese


def test_a_turkish_name_makes_no_text_turkish():
    assert not find_writing([*["This is it. I like it"] * 9, "A day in Kadıköy"]).turkic
    assert find_writing(["Çok iyi bir kitap", "Kısa ama ılık bir gün"]).turkic


@pytest.mark.parametrize("tokenizer", [None, lambda text: text.split("，")])
@pytest.mark.parametrize("of_dictionary", [TRADITIONAL, PLAIN])
@pytest.mark.parametrize("of_texts", [TRADITIONAL, PLAIN])
def test_dictionary_and_texts_meet(tokenizer, of_dictionary, of_texts):
    mapper = CrossLingualMapper(
        list(zip(ENGLISH, of_dictionary)),
        word_space=DictionaryTranslation(),
        tokenizer={"target": tokenizer},
        min_df=1,
    )
    english = [text.replace("，", " ") for text in texts_of(ENGLISH)]
    mapper.fit(english + texts_of(of_texts), sample_domain=D)
    assert mapper.coverage_ == 1
    assert mapper.target_vocabulary_.tolist() == sorted(PLAIN)
    assert mapper.translate(["phone"])[0, 0] == "电话"
    rows = [mapper.transform(texts_of(words)) for words in (TRADITIONAL, PLAIN)]
    assert rows[0].nnz > 0
    assert_array_equal(rows[0].toarray(), rows[1].toarray())


def test_source_texts_meet_too():
    mapper = CrossLingualMapper(
        list(zip(TRADITIONAL, ENGLISH)), word_space=DictionaryTranslation(), min_df=1
    )
    english = [text.replace("，", " ") for text in texts_of(ENGLISH)]
    mapper.fit(texts_of(PLAIN) + english, sample_domain=D)
    assert mapper.coverage_ == 1
    assert mapper.translate(["電話", "电话"]).tolist() == [["phone"], ["phone"]]


def test_negators_meet():
    mapper = CrossLingualMapper(
        list(zip(ENGLISH, PLAIN)),
        word_space=DictionaryTranslation(),
        tokenizer={"target": str.split},
        negators={"target": ["沒有"]},
        negation=1,
        min_df=1,
    )
    mapper.fit(["no phone", "没有 电话"], sample_domain=[1, -1])
    assert "not_电话" in mapper.target_vocabulary_


def test_vectors_meet():
    given = {word: np.eye(4)[k] for k, word in enumerate(ENGLISH)}
    space = AlignedEmbeddings(
        source_vectors=given,
        target_vectors=dict(zip(TRADITIONAL, given.values())),
        backoff=False,
    )
    mapper = CrossLingualMapper(
        list(zip(ENGLISH, TRADITIONAL)), word_space=space, min_df=1
    )
    english = [text.replace("，", " ") for text in texts_of(ENGLISH)]
    mapper.fit(english + texts_of(PLAIN), sample_domain=D)
    assert mapper.word_space_.target_coverage_ == 1


def test_japanese_stays_as_written():
    words = ["机", "機", "電話", "読む", "すばらしい", "製品"]
    english = ["desk", "machine", "phone", "read", "great", "product"]
    mapper = CrossLingualMapper(
        list(zip(english, words)),
        word_space=DictionaryTranslation(),
        tokenizer={"target": lambda text: text.split("，")},
        min_df=1,
    )
    mapper.fit(
        [text.replace("，", " ") for text in texts_of(english)] + texts_of(words),
        sample_domain=D,
    )
    assert mapper.target_vocabulary_.tolist() == sorted(words)
    assert mapper.translate(["desk", "machine"], k=2).tolist() == [
        ["机", None],
        ["機", None],
    ]


@pytest.mark.parametrize(
    ("texts", "others"),
    [(TRADITIONAL, PLAIN), (["ILIK", "ışık İYİ"], ["ılık", "IŞIK iyi"])],
)
def test_spellings_share_rows(texts, others):
    counter = ScriptNgramCounter(min_df=1).fit(texts)
    rows = [counter.transform(each).toarray() for each in (texts, others)]
    assert_array_equal(rows[0], rows[1])
    vectors = {
        word: np.eye(9)[k] for k, word in enumerate([*" ".join(others).split(), "."])
    }
    model = EmbeddingVectorizer(vectors, pooling="mean").fit(others)
    rows = [model.transform(each) for each in (texts, others)]
    assert rows[0][0].any()
    assert_array_equal(rows[0], rows[1])


def test_n_grams_of_japanese_stay_as_written():
    counter = ScriptNgramCounter(min_df=1).fit(["電池の交換", "電池"])
    assert "電池" in counter.vocabulary_


@pytest.mark.parametrize("words", [["聲音", "清晰"], ["声音", "清晰"]])
def test_longest_match_writes_words_as_its_list(words):
    tokenize = LongestMatchTokenizer(words)
    assert tokenize("聲音很清晰 機") == [words[0], "很", "清晰", "機"]
    assert tokenize("声音很清晰 机") == [words[0], "很", "清晰", "机"]
    # of Japanese words each is its own
    assert LongestMatchTokenizer(["机上", "する"])("機上") == ["機", "上"]


def test_rows_of_both_sides_are_read_alike():
    # the words of one side of the dictionary are Japanese
    pairs = [("すばらしい", "很好"), ("きれいだ", "乾淨"), ("電話", "電話")]
    texts = ["電話很好", "乾淨電話", "電話，很好"]
    mapper = CrossLingualMapper(pairs, word_space=DictionaryTranslation(), min_df=1)
    mapper.fit(texts)
    assert_array_equal(mapper.source_vocabulary_, mapper.target_vocabulary_)
