"""WordSegmenter: words of scripts without spaces."""

import pickle
import re

import numpy as np
import pytest
from sklearn.exceptions import NotFittedError

from sktransfer import CrossLingualMapper, TransferClassifier
from sktransfer.crosslingual import DictionaryTranslation
from sktransfer.text import WordSegmenter
from sktransfer.text.forms import word_form

LETTERS = {
    "Chinese": "酒店房间很大早餐好服务态度差交通方便价格贵干净安静",
    "katakana": "アイウエオカキクケコサシスセソタチツテトナニヌネノ",
    "Thai": "กขคงจฉชซญฎฏฐณดตถทธนบปผฝพฟ",
    "Lao": "ກຂຄງຈຊຍດຕຖທນບປຜຝພຟມຢຣລວສຫ",
    "Khmer": "កខគឃងចឆជឈញដឋឌឍណតថទធនបផពភម",
    "Burmese": "ကခဂဃငစဆဇဈညဋဌဍဎဏတထဒဓနပဖဗဘမ",
}


def made_language(letters, *, n_words=60, n_texts=800, seed=0):
    """Words of one to four letters, and texts of them, without spaces."""
    draw = np.random.default_rng(seed)
    letters = list(letters)
    words = set()
    while len(words) < n_words:
        words.add("".join(draw.choice(letters, draw.integers(1, 5))))
    words = sorted(words)
    shares = 1 / np.arange(2, n_words + 2)
    texts = [
        draw.choice(words, 10, p=shares / shares.sum()).tolist() for _ in range(n_texts)
    ]
    return words, texts


def spans(tokens):
    ends = np.cumsum([len(token) for token in tokens]).tolist()
    return set(zip([0, *ends], ends))


def found_share(segment, texts):
    """Share of the true words that are found, and of the found ones that are true."""
    pairs = [(spans(words), spans(segment("".join(words)))) for words in texts]
    both = sum(len(true & found) for true, found in pairs)
    return both / sum(len(t) for t, _ in pairs), both / sum(len(f) for _, f in pairs)


@pytest.mark.parametrize("script", LETTERS)
def test_words_of_a_made_language_are_recovered(script):
    _, texts = made_language(LETTERS[script])
    segment = WordSegmenter().fit(map("".join, texts))
    recall, precision = found_share(segment, texts)
    assert recall > 0.85
    assert precision > 0.85


@pytest.mark.parametrize("script", LETTERS)
def test_a_list_of_the_words_helps(script):
    words, texts = made_language(LETTERS[script], n_texts=50)
    alone = WordSegmenter().fit(map("".join, texts))
    told = WordSegmenter().fit(map("".join, texts), words)
    assert sum(found_share(told, texts)) > sum(found_share(alone, texts))
    assert min(found_share(told, texts)) > 0.9


def test_the_most_probable_words():
    # by hand: 4 of 9 words are 很, and no other cut explains the texts in fewer
    texts = ["房间很大", "房间很小", "早餐很好", "很好"]
    segment = WordSegmenter().fit(texts, ["房间", "早餐"])
    assert segment("房间很大") == ["房间", "很", "大"]
    assert segment("早餐房间") == ["早餐", "房间"]


def test_japanese_particles_and_endings_are_known():
    segment = WordSegmenter().fit(["音楽が好きです", "音楽は良くない"], ["音楽"])
    assert segment("音楽です") == ["音楽", "です"]
    assert segment("音楽は良くない")[-1] == "ない"


@pytest.mark.parametrize("word", ["もの", "なけれ", "なかっ"])
def test_an_ending_is_not_cut_into_frequent_ones(word):
    draw = np.random.default_rng(0)
    words = [*LETTERS["Chinese"], *"もの", "な", "けれ", "かった", "ば", word]
    shares = np.r_[np.full(len(words) - 7, 1.0), 2, 2, 2, 2, 2, 2, 0.5]
    texts = [
        "".join(draw.choice(words, 10, p=shares / shares.sum())) for _ in range(300)
    ]
    assert WordSegmenter().fit(texts)(f"店{word}很") == ["店", word, "很"]


@pytest.mark.parametrize("seed", [0, 1])
def test_a_katakana_word_is_not_cut_behind_its_first_character(seed):
    draw = np.random.default_rng(seed)
    words = [*LETTERS["Chinese"], "アレンジ", "レンジ", "name"]
    shares = np.r_[np.full(len(words) - 1, 1.0), 0.1]
    texts = []
    for chosen in draw.choice(words, (300, 10), p=shares / shares.sum()):
        name = "".join(draw.choice(list(LETTERS["katakana"]), 4))
        texts.append("".join(chosen).replace("name", name))
    segment = WordSegmenter().fit(texts, ["レンジ"])
    assert segment("店アレンジ很") == ["店", "アレンジ", "很"]
    assert segment("店レンジ很") == ["店", "レンジ", "很"]


def test_no_word_goes_from_an_ending_to_the_next_word():
    # "を聞く" and "がライブ" occur more often than any of their parts elsewhere
    texts = [f"{what}を聞く" for what in "音歌曲声波"]
    texts += [f"{what}がライブ" for what in "音歌曲声波"]
    words = WordSegmenter().fit(texts).words_
    assert {"聞く", "ライブ"} <= set(words)
    assert not [word for word in words if re.search("[ぁ-ん][^ぁ-ん]", word)]
    # a word of the list may
    assert "お客" in WordSegmenter().fit(["お客が多い"], ["お客"])("お客が多い")


@pytest.mark.parametrize(
    "words", ["彼 ら が くれる かもしれ ない", "聞い て い まし た", "さん が なかなか"]
)
def test_japanese_auxiliary_verbs_are_known(words):
    text = words.replace(" ", "")
    assert WordSegmenter().fit([text], ["聞い"])(text) == words.split()


def test_marks_stay_with_their_letters():
    texts = ["น้ำดื่มดีมาก", "ស្រីស្អាត", "မြန်မာစာ", "キャッチーな曲"]
    segment = WordSegmenter().fit(texts)
    starts = {token[0] for text in texts for token in segment(text)}
    assert not starts & set("ั้ื่ำ្ြ်ャッー")
    # a Thai vowel before its consonant is not left alone
    assert "เ" not in WordSegmenter().fit(["เกมเก่า"])("เกมเก่า")


@pytest.mark.parametrize(
    ("text", "syllables"),
    [
        ("วันศุกร์", ["วัน", "ศุ", "กร์"]),
        ("รั้งดีเล็ก", ["รั้ง", "ดี", "เล็ก"]),
        ("ວັນດີ", ["ວັນ", "ດີ"]),
        ("ဘိုင်လ်မြက်", ["ဘိုင်လ်", "မြက်"]),
        ("ស្រីខ្មែរ", ["ស្រី", "ខ្មែ", "រ"]),
        ("東京とキャッチー", ["東", "京", "と", "キャッ", "チー"]),
    ],
)
def test_what_no_word_is_cut_into(text, syllables):
    assert WordSegmenter().fit([])(text) == syllables


def test_other_scripts_are_split_as_ever():
    segment = WordSegmenter().fit(["房间很大"])
    text = "Don't buy: 2 stars... Größe 25 m2!"
    expected = ["don't", "buy", "2", "stars", "...", "grösse", "25", "m2", "!"]
    assert segment(text) == expected
    assert WordSegmenter().fit(["no such script"])(text) == expected
    assert segment("DVD房间25") == ["dvd", *segment("房间"), "25"]
    assert segment("") == []


def test_concatenated_tokens_are_the_run():
    draw = np.random.default_rng(0)
    letters = list("".join(LETTERS.values()) + "้ำ្ြ်ャッー々𠀀")
    runs = [word_form("".join(draw.choice(letters, n))) for n in range(1, 300)]
    segment = WordSegmenter().fit(runs[:200], runs[:20])
    for run in runs:
        assert "".join(segment(run)) == run


def test_a_list_of_words_alone_gives_the_fewest_words():
    segment = WordSegmenter().fit([], ["声音", "非常", "清晰", "音非", "常"])
    assert segment("声音非常清晰，Veska 300！") == "声音 非常 清晰 veska 300 !".split()
    known = WordSegmenter().fit(["房间很大"], ["早餐", "房间"])
    assert known("早餐房间") == ["早餐", "房间"]


def test_any_characters_at_all():
    draw = np.random.default_rng(0)
    ranges = [(0x20, 0x3400), (0x2E80, 0x3100), (0xFF00, 0xFFF0), (0xE00, 0xF00)]
    segment = WordSegmenter().fit(["房间很大", "音楽が好き"], ["房间"])
    for k in range(4000):
        letters = draw.integers(*ranges[k % 4], draw.integers(20))
        text = "".join(map(chr, letters)) + "房间"
        runs = re.findall("[ぁ-ゖ一-鿿]+", word_form(text))
        assert "".join(runs) == "".join(
            "".join(re.findall("[ぁ-ゖ一-鿿]+", t)) for t in segment(text)
        )


@pytest.mark.parametrize(
    ("text", "plain"), [("ｵﾝｶﾞｸﾃﾞｽ", "オンガクデス"), ("⽇⽇⼤⼤", "日日大大")]
)
@pytest.mark.filterwarnings("ignore:The dictionary covers")
def test_other_ways_to_write_the_letters(text, plain):
    segment = WordSegmenter().fit([text], ["オンガク", "日日"])
    assert segment.words_ == WordSegmenter().fit([plain], ["オンガク", "日日"]).words_
    assert segment(text) == segment(plain)
    mapper = mapper_of(["good", "music", text, text], [("good", "日日")])
    assert mapper.tokenizer_["target"].segmenter is not None


def test_letters_that_were_never_seen():
    segment = WordSegmenter().fit(["房间很大"] * 3)
    assert "".join(segment("猫房间狗")) == "猫房间狗"
    assert WordSegmenter().fit([])("房间") == ["房", "间"]


def test_one_result_whatever_the_order_of_runs_and_copies():
    _, texts = made_language(LETTERS["Chinese"], n_texts=100)
    texts = list(map("".join, texts))
    segment = WordSegmenter().fit(texts, ["酒店", "房间"])
    again = WordSegmenter().fit(texts, iter(["房间", "酒店"]))
    assert again.words_ == segment.words_
    tokens = [segment(text) for text in texts]
    state = pickle.dumps(segment)
    copy = pickle.loads(state)
    assert [copy(text) for text in reversed(texts)] == tokens[::-1]
    # what was split leaves no trace in what is written
    assert pickle.dumps(copy) == state == pickle.dumps(segment)


def test_one_long_run_teaches_as_much_as_many():
    _, texts = made_language(LETTERS["Chinese"], n_texts=4000)
    run = "".join(map("".join, texts))
    segment = WordSegmenter().fit([run])
    assert "".join(segment(run)) == run
    assert min(found_share(segment, texts)) > 0.85


def test_traditional_characters_are_read_as_simplified():
    segment = WordSegmenter().fit(["房间很大", "酒店房间"], ["房間"])
    assert segment("房間大") == segment("房间大") == ["房间", "大"]


def test_what_is_no_word_or_not_learned_is_refused():
    with pytest.raises(TypeError, match="words must be of type str; got None"):
        WordSegmenter().fit(["房间"], [None])
    with pytest.raises(NotFittedError, match="call fit"):
        WordSegmenter()("房间")


def test_refuses_a_word_for_a_list():
    with pytest.raises(TypeError, match=re.escape("got the str '房间'")):
        WordSegmenter().fit(["房间很大"], "房间")
    with pytest.raises(TypeError, match="WordSegmenter"):
        WordSegmenter().fit([3])


def mapper_of(texts, pairs, **parameters):
    mapper = CrossLingualMapper(
        pairs, word_space=DictionaryTranslation(), min_df=1, **parameters
    )
    domain = [1 if text.isascii() else -1 for text in texts]
    return mapper.fit(texts, sample_domain=domain)


ROOMS = ["big room", "good breakfast", "房间很大", "早餐很好", "房间好", "早餐不大"] * 4
ROOM_PAIRS = [("room", "房間"), ("big", "大"), ("good", "好"), ("breakfast", "早餐")]


def test_mapper_learns_the_words_of_each_side():
    mapper = mapper_of(ROOMS, ROOM_PAIRS)
    assert {"房间", "早餐", "大", "好", "很"} <= set(mapper.target_vocabulary_)
    assert mapper.tokenizer_["source"].segmenter is None
    assert mapper.tokenizer_["target"]("早餐大。房间？") == ["早餐", "大", "房间", "?"]
    turned = mapper_of(
        [t for t in ROOMS if t.isascii()] + [t for t in ROOMS if not t.isascii()],
        ROOM_PAIRS,
    )
    assert turned.target_vocabulary_.tolist() == mapper.target_vocabulary_.tolist()


def test_mapper_from_a_side_without_spaces():
    domain = [-1 if text.isascii() else 1 for text in ROOMS]
    pairs = [(b, a) for a, b in ROOM_PAIRS]
    mapper = CrossLingualMapper(pairs, word_space=DictionaryTranslation(), min_df=1)
    mapper.fit(ROOMS, sample_domain=domain)
    assert mapper.translate(["房間", "房间"]).ravel().tolist() == ["room", "room"]


def test_words_that_negate_are_words():
    texts = ["bad room", "not bad", "房间没问题", "早餐没问题", "没问题", "没早餐"] * 5
    mapper = mapper_of(texts, ROOM_PAIRS, negators={"target": ["没"]})
    assert "没" in mapper.tokenizer_["target"].segmenter.words_


def test_texts_that_are_split_already_stay_so():
    texts = ["big room", "good breakfast", "房间 很好", "早餐 很 好", "早餐"] * 4
    mapper = mapper_of(texts, ROOM_PAIRS)
    assert mapper.tokenizer_["target"].segmenter is None
    assert {"很好", "房间"} <= set(mapper.target_vocabulary_)


def test_student_sees_the_words_of_its_teacher():
    texts = ROOMS * 3
    y = [1, 0, None, None, None, None] * 12
    domain = [1 if text.isascii() else -1 for text in texts]
    model = TransferClassifier(
        mapper=CrossLingualMapper(ROOM_PAIRS, word_space=DictionaryTranslation()),
        strategy="distill",
    ).fit(texts, y, sample_domain=domain)
    words = model.strategy_.student_["native"].transformer_list[0][1]
    for text in ROOMS[2:6]:
        assert words.tokenizer(text) == model.mapper_.tokenizer_["target"](text)
    copy = pickle.loads(pickle.dumps(model))
    assert copy.predict(ROOMS[2:6]).tolist() == model.predict(ROOMS[2:6]).tolist()


def test_every_row_of_both_sides_is_split_alike():
    texts = ROOMS[2:6] * 4
    pairs = [("房间", "早餐"), ("早餐", "房间")]
    mapper = CrossLingualMapper(pairs, word_space=DictionaryTranslation(), min_df=1)
    mapper.fit(texts)
    for text in texts:
        both = mapper.tokenizer_
        assert both["source"](text) == both["target"](text)
