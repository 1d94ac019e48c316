"""Files of dictionaries in each format, and the pairs in them, by hand."""

import bz2
import gzip
import json
import lzma
import os
import warnings
from threading import Thread

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sktransfer import CrossLingualMapper, DictionaryTranslation
from sktransfer.crosslingual import Dictionary, invert, read_dictionary

TABLE = 'en,de\ngood,gut\n"tea, green","Tee, grüner"\nnan,Oma\nnull,null\nNA,nein\n'
TABLE_PAIRS = [
    ("good", "gut"),
    ("tea, green", "Tee, grüner"),
    ("nan", "Oma"),
    ("null", "null"),
    ("NA", "nein"),
]
TABS_PAIRS = [("is, x", "ja"), ("nan", "b")]
MUSE = "<unk> <unk>\ngood gut\ngood\tgute\nbad schlecht\n\nnan oma\n# #\n"
MUSE_PAIRS = [
    ("<unk>", "<unk>"),
    ("good", "gut"),
    ("good", "gute"),
    ("bad", "schlecht"),
    ("nan", "oma"),
    ("#", "#"),
]
HUNALIGN = "gut @ good\nguten Tag @ good day\n\n@ @ @\n"
HUNALIGN_PAIRS = [("good", "gut"), ("good day", "guten Tag"), ("@", "@")]
CEDICT = """# CC-CEDICT
#! version=1
書 书 [shu1] /book/letter/CL:本[ben3],冊|册[ce4]/
好 好 [hao3] /good/(bound form) well; to be fond of (sth)/see 你好[ni3 hao3]/
吃飯 吃饭 [chi1 fan4] /to have a meal, to eat/
大衆 大众 [[da4zhong4]] /the masses/
囧 囧 [jiong3] /(Internet slang) sb who is embarrassed or sad or whatever/(old)/
"""
CEDICT_PAIRS = [
    *[(w, t) for t in ("book", "letter") for w in ("書", "书")],
    ("好", "good"),
    ("好", "well"),
    ("好", "be fond of"),
    *[(w, t) for t in ("have a meal", "eat") for w in ("吃飯", "吃饭")],
    *[(w, "the masses") for w in ("大衆", "大众")],
]
CEDICT_SKIPPED = {"cross-reference": 2, "explanation": 1, "empty": 1}
JMDICT = """<?xml version="1.0" encoding="UTF-8"?>
<!-- <JMnedict> is another one -->
<!DOCTYPE JMdict [
<!ELEMENT JMdict (entry*)>
<!ATTLIST gloss xml:lang CDATA "eng">
<!ENTITY uk "word usually written using kana alone">
<!ENTITY v1 "Ichidan verb &amp; more">
<!ENTITY sK "search-only kanji form">
]>
<JMdict>
<entry><ent_seq>1</ent_seq>
<k_ele><keb>食べる</keb></k_ele><k_ele><keb>喰べる</keb><ke_inf>&sK;</ke_inf></k_ele>
<r_ele><reb>たべる</reb></r_ele>
<sense><pos>&v1;</pos><gloss>to eat</gloss><gloss g_type="expl">use teeth</gloss>
<gloss xml:lang="ger">essen; speisen</gloss></sense>
</entry>
<entry><ent_seq>2</ent_seq>
<k_ele><keb>綺麗</keb></k_ele><k_ele><keb>奇麗</keb></k_ele>
<r_ele><reb>きれい</reb></r_ele><r_ele><reb>キレイ</reb><re_nokanji/></r_ele>
<sense><misc>&uk;</misc><gloss>pretty &amp; clean</gloss></sense>
<sense><stagk>綺麗</stagk><gloss>completely</gloss></sense>
</entry>
<entry><ent_seq>3</ent_seq>
<r_ele><reb>テスト</reb></r_ele>
<sense><gloss>test (school)</gloss><gloss>as ... as</gloss></sense>
</entry>
</JMdict>
"""
JMDICT_PAIRS = [
    ("食べる", "eat"),
    ("綺麗", "pretty & clean"),
    ("奇麗", "pretty & clean"),
    ("きれい", "pretty & clean"),
    ("キレイ", "pretty & clean"),
    ("綺麗", "completely"),
    ("テスト", "test"),
]
JMDICT_SKIPPED = {"explanation": 2, "another language": 2}
TEI = """<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE TEI SYSTEM "freedict-P5.dtd">
<TEI xmlns="http://www.tei-c.org/ns/1.0" xml:lang="en"><teiHeader xml:lang="en">
<entry>header</entry></teiHeader>
<text><body xml:lang="en">
<entry><form><orth>dog</orth><pron>dɒg</pron></form>
  <sense><cit type="trans" xml:lang="de"><quote>Hund</quote><quote>Köter (abw.)</quote>
  </cit><cit type="example"><quote>a dog</quote>
    <cit type="trans" xml:lang="de"><quote>ein Hund</quote></cit></cit>
  <sense><def>an animal</def></sense></sense></entry>
<entry><form><orth>to bark</orth></form><form><orth>bark</orth></form>
  <sense><cit type="translation"><quote xml:lang="de">bellen</quote></cit>
  <cit type="translationEquivalent" xml:lang="de"><form><orth>kläffen</orth></form>
  </cit></sense></entry>
<entry><form><orth>-ness</orth></form>
  <sense><cit type="trans" xml:lang="de"><quote>-heit</quote></cit></sense></entry>
<entry><form><orth>nothing</orth></form></entry>
</body></text></TEI>
"""
TEI_PAIRS = [("dog", "Hund"), ("dog", "Köter"), ("bark", "bellen"), ("bark", "kläffen")]
TEI_SKIPPED = {"part of a word": 2, "no translation": 1, "repeated": 2}
TEI_P4 = """<?xml version='1.0' encoding='utf-8'?>
<!DOCTYPE TEI.2 PUBLIC "-//TEI P4" "http://example.org/tei2.dtd" [
<!ENTITY % TEI.dictionaries "INCLUDE" > ]>
<TEI.2><text><body>
<entry><form><orth>anzu</orth></form><trans><tr>Aprikose</tr><tr>Marille</tr></trans>
<re><form><orth>anzuiro</orth></form><trans><tr>aprikosenfarben</tr></trans></re></entry>
</body></text></TEI.2>
"""
TEI_P4_PAIRS = [
    ("anzu", "Aprikose"),
    ("anzu", "Marille"),
    ("anzuiro", "aprikosenfarben"),
]
ROWS = [
    {"title": "old", "redirect": "new"},
    {
        "word": "Hund",
        "lang_code": "de",
        "lang": "German",
        "senses": [
            {"glosses": ["animal", "dog (Canis familiaris)"]},
            {"glosses": ["to nan, hound"]},
            {"glosses": ["a gloss that is rather a long explanation"]},
        ],
    },
    {
        "word": "Hunde",
        "lang_code": "de",
        "lang": "German",
        "senses": [{"glosses": ["plural of Hund"], "form_of": [{"word": "Hund"}]}],
    },
    {
        "word": "ging",
        "lang_code": "de",
        "lang": "German",
        "senses": [{"glosses": ["past of gehen"], "tags": ["form-of", "past"]}],
    },
]
ENGLISH_ROW = {
    "word": "dictionary",
    "lang_code": "en",
    "lang": "English",
    "senses": [
        {
            "glosses": ["a book"],
            "translations": [{"code": "ru", "word": "слова́рь"}],
        }
    ],
    "translations": [
        {"lang_code": "cmn", "word": "詞典 /词典"},
        {"lang_code": "de", "word": "Wörterbuch"},
        {"lang_code": "de", "note": "none"},
    ],
}
WIKTEXTRACT = "".join(json.dumps(row) + "\n" for row in ROWS)
WIKTEXTRACT_PAIRS = [("Hund", "dog"), ("Hund", "nan"), ("Hund", "hound")]
WIKTEXTRACT_SKIPPED = {"cross-reference": 3, "explanation": 1, "no translation": 2}

# name of a file, its text, options, pairs, what is skipped
FILES = {
    "table": ("d.csv", TABLE, {}, TABLE_PAIRS, {}),
    "table; by tabs": ("d.txt", "is, x\tja\n nan \tb\n", {}, TABS_PAIRS, {}),
    "table; by semicolons": ("d.csv", "is, x;ja\n nan ;b\n", {}, TABS_PAIRS, {}),
    "muse": ("en-de.txt", MUSE, {}, MUSE_PAIRS, {}),
    "hunalign": ("en-de.dict", HUNALIGN, {}, HUNALIGN_PAIRS, {}),
    "cedict": ("cedict_ts.u8", CEDICT, {}, CEDICT_PAIRS, CEDICT_SKIPPED),
    "jmdict": (
        "JMdict",
        JMDICT,
        {"source_language": "ja", "target_language": "English"},
        JMDICT_PAIRS,
        JMDICT_SKIPPED,
    ),
    "tei": ("eng-deu.tei", TEI, {}, TEI_PAIRS, TEI_SKIPPED),
    "tei; P4": ("jpn-deu.xml", TEI_P4, {}, TEI_P4_PAIRS, {}),
    "wiktextract": (
        "kaikki.jsonl",
        WIKTEXTRACT,
        {},
        WIKTEXTRACT_PAIRS,
        WIKTEXTRACT_SKIPPED,
    ),
}
PACKERS = {"": bytes, ".gz": gzip.compress, ".bz2": bz2.compress, ".xz": lzma.compress}


def written(folder, name, text, packer="", encoding="utf-8"):
    path = folder / (name + packer)
    path.write_bytes(PACKERS[packer](text.encode(encoding)))
    return path


@pytest.fixture(params=FILES)
def case(request):
    name, text, options, pairs, skipped = FILES[request.param]
    if pairs is None:
        pairs = (
            TABLE_PAIRS
            if "tabs" in request.param
            else [("new york", "Rom"), ("a", "b")]
        )
    return request.param.partition(";")[0], name, text, options, pairs, skipped


@pytest.mark.parametrize("packer", PACKERS)
def test_pairs_and_what_is_skipped(case, packer, tmp_path):
    format, name, text, options, pairs, skipped = case
    path = written(tmp_path, name, text, packer)
    read = read_dictionary(path, **options)
    assert isinstance(read, Dictionary)
    assert read == pairs
    assert read.skipped == skipped
    assert read_dictionary(str(path), format=format, **options) == pairs


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_byte_order_marks(case, encoding, tmp_path):
    _, name, text, options, pairs, _ = case
    if text.startswith("<?xml"):
        text = text.replace("UTF-8", encoding.removesuffix("-sig"))
    path = written(tmp_path, name, text, encoding=encoding)
    assert read_dictionary(path, **options) == pairs


def test_line_ends_of_windows(case, tmp_path):
    _, name, text, options, pairs, _ = case
    path = written(tmp_path, name, text.replace("\n", "\r\n"))
    assert read_dictionary(path, **options) == pairs


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes that have a name")
def test_pipes_are_read_once(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)

    def through(text):
        Thread(target=pipe.write_text, args=[text], daemon=True).start()
        return pipe

    assert read_dictionary(through(TABLE)) == TABLE_PAIRS
    assert read_dictionary(through(MUSE), format="muse") == MUSE_PAIRS
    assert read_dictionary(through(TEI), format="tei") == TEI_PAIRS


def test_declared_encoding_of_xml(tmp_path):
    text = TEI.replace("UTF-8", "iso-8859-1").replace("dɒg", "")
    path = written(tmp_path, "d.tei", text, encoding="latin-1")
    assert read_dictionary(path) == TEI_PAIRS


def test_files_say_the_direction(tmp_path):
    path = written(tmp_path, "JMdict_e.xml", JMDICT)
    there = read_dictionary(path, source_language="jpn", target_language="de")
    assert there == [("食べる", "essen"), ("食べる", "speisen")]
    back = read_dictionary(path, source_language="German", target_language="ja")
    assert back == invert(there)
    cedict = written(tmp_path, "cedict.txt", CEDICT)
    turned = read_dictionary(cedict, source_language="en")
    assert turned == invert(cedict) == [(b, a) for a, b in CEDICT_PAIRS]
    for name, text in [("en-de.txt", MUSE), ("words.csv", TABLE)]:
        path = written(tmp_path, name, text)
        assert read_dictionary(path, source_language="de-AT") == invert(path)
        assert read_dictionary(path, target_language="de") == read_dictionary(path)


@pytest.mark.parametrize("language", ["de", "ger", "deu", "German", "de-AT", "DE"])
def test_names_of_a_language(language, tmp_path):
    path = written(tmp_path, "JMdict", JMDICT)
    pairs = read_dictionary(path, target_language=language)
    assert pairs == [("食べる", "essen"), ("食べる", "speisen")]


def test_senses_of_some_ways_to_write(tmp_path):
    entry = """<JMdict><entry>
    <k_ele><keb>甲</keb></k_ele><k_ele><keb>乙</keb></k_ele>
    <r_ele><reb>こう</reb><re_restr>甲</re_restr></r_ele>
    <r_ele><reb>おつ</reb><re_restr>乙</re_restr></r_ele>
    <sense><gloss>all</gloss></sense>
    <sense><stagk>甲</stagk><gloss>first</gloss></sense>
    <sense><stagr>おつ</stagr><gloss>second</gloss></sense>
    <sense><stagk>甲</stagk><misc>uk</misc><gloss>kana</gloss></sense>
    </entry></JMdict>"""
    read = read_dictionary(written(tmp_path, "d.xml", entry))
    assert read == [
        ("甲", "all"),
        ("乙", "all"),
        ("甲", "first"),
        ("乙", "second"),
        ("甲", "kana"),
        ("こう", "kana"),
    ]


def test_glosses_in_the_language_that_is_asked_for(tmp_path):
    path = written(tmp_path, "handedict.u8", "吃 吃 [chi1] /to essen; speisen/\n")
    pairs = read_dictionary(path, source_language="zh", target_language="de")
    assert pairs == [("吃", "to essen"), ("吃", "speisen")]


def test_languages_of_wiktionary(tmp_path):
    text = WIKTEXTRACT + json.dumps(ENGLISH_ROW) + "\n"
    path = written(tmp_path, "raw.jsonl", text)
    read = [
        read_dictionary(path, source_language="en", target_language=language)
        for language in ("de", "ru", "zh")
    ]
    assert read[0] == [*invert(WIKTEXTRACT_PAIRS), ("dictionary", "Wörterbuch")]
    assert read[1] == [("dictionary", "словарь")]
    assert read[2] == [("dictionary", "詞典"), ("dictionary", "词典")]
    with pytest.raises(ValueError, match=r"several languages \(.*en-zh.*source_lang"):
        read_dictionary(path)
    with pytest.raises(ValueError, match=r"no entry is of the languages.*de-en"):
        read_dictionary(path, target_language="fr")


def test_another_edition_of_wiktionary_has_no_english_glosses(tmp_path):
    row = {"word": "dog", "lang_code": "en", "lang": "Englisch"}
    row |= {"senses": [{"glosses": ["Hund"]}], "translations": []}
    other = dict(row, word="chien", lang_code="fr", lang="Französisch")
    text = json.dumps(row) + "\n" + json.dumps(other) + "\n"
    read = read_dictionary(written(tmp_path, "de.jsonl", text))
    assert read == []
    assert read.skipped == {"no translation": 2}


def test_a_table_of_json(tmp_path):
    text = '{"word": "good", "is": "gut"}\n{"word": "nan", "is": "Oma"}\n'
    read = read_dictionary(written(tmp_path, "d.jsonl", text))
    assert read == [("good", "gut"), ("nan", "Oma")]


def test_the_word_nan_and_frames(tmp_path):
    pd = pytest.importorskip("pandas")
    path = written(tmp_path, "d.csv", TABLE)
    frame = pd.read_csv(path, keep_default_na=False)
    assert read_dictionary(frame) == TABLE_PAIRS
    assert read_dictionary(frame.astype("string")) == TABLE_PAIRS
    with pytest.raises(ValueError, match="'nan' and 'null' are missing values"):
        read_dictionary(pd.read_csv(path))
    pa = pytest.importorskip("pyarrow")
    assert read_dictionary(pa.Table.from_pandas(frame)) == TABLE_PAIRS
    pl = pytest.importorskip("polars")
    assert read_dictionary(pl.from_pandas(frame)) == TABLE_PAIRS


@pytest.mark.parametrize(
    ("gloss", "words", "skipped"),
    [
        ("merry", ["merry"], None),
        ("to be merry", ["be merry"], None),
        ("To", ["To"], None),
        ("tomato", ["tomato"], None),
        (
            "merry, glad; gay，joyful؛ happy",
            "merry glad gay joyful happy".split(),
            None,
        ),
        ("(archaic) merry (of people (old))", ["merry"], None),
        ("colo(u)r", ["color"], None),
        ("merry (of people", [], "unbalanced brackets"),
        ("(((((deep)))))", [], "unbalanced brackets"),
        ("to tell sb about sth", ["tell about"], None),
        ("sb's merry sbs", ["merry sbs"], None),
        ("1,000 men", ["1,000 men"], None),
        ('"merry" Christmas!', ["merry Christmas"], None),
        ("and so on...", ["and so on"], None),
        ("either ... or", [], "explanation"),
        ("one two three four", ["one two three four"], None),
        ("one two three four five", [], "explanation"),
        ("-ness", [], "part of a word"),
        ("un-, merry", ["merry"], "part of a word"),
        ("?", [], "empty"),
        ("nan", ["nan"], None),
        ("variant of 好", [], "cross-reference"),
        ("Taiwan pr. [hao3]", [], "cross-reference"),
    ],
)
def test_words_of_glosses(gloss, words, skipped, tmp_path):
    path = written(tmp_path, "cedict.u8", f"好 好 [hao3] /{gloss}/\n")
    read = read_dictionary(path)
    assert [word for _, word in read] == words
    assert read.skipped == ({skipped: 1} if skipped else {})


@pytest.mark.parametrize("suffix", [".parquet", ".xlsx"])
def test_files_of_columns(suffix, tmp_path):
    pd = pytest.importorskip("pandas")
    pytest.importorskip("pyarrow" if suffix == ".parquet" else "openpyxl")
    path = tmp_path / f"words{suffix}"
    frame = pd.DataFrame(TABLE_PAIRS, columns=["en", "de"])
    (frame.to_parquet if suffix == ".parquet" else frame.to_excel)(path, index=False)
    assert read_dictionary(path) == TABLE_PAIRS


@pytest.mark.parametrize("kind", FILES)
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_changed_files_are_read_or_refused_in_one_line(kind, data, tmp_path_factory):
    name, text, options, _, _ = FILES[kind]
    content = text.encode()
    for _ in range(data.draw(st.integers(1, 3))):
        start = data.draw(st.integers(0, len(content)))
        stop = start + data.draw(st.integers(0, 40))
        other = data.draw(
            st.sampled_from(
                [b"", b"\0", b"\n", b"\xff", b'"', b"<", b"&", b"[", b"(", b"-"]
            )
            | st.just(content[stop : stop + 30])
            | st.binary(max_size=8)
        )
        content = content[:start] + other + content[stop:]
    path = tmp_path_factory.mktemp("changed") / name
    path.write_bytes(content)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # words in quotation marks that span lines
        read = outcome(path, options)
    if isinstance(read, ValueError):
        assert len(str(read).splitlines()) == 1
        assert "dictionary" in str(read)
    else:
        assert all(a and b for a, b in read)
        assert len(set(read)) == len(read)


def outcome(path, options):
    try:
        return read_dictionary(path, **options)
    except ValueError as error:
        return error


# one line, by what is wrong with it
BROKEN = {
    "muse": ("d.txt", MUSE + "three words here\n", "line 8.*tabulator"),
    "muse; half": ("d.txt", MUSE + "half\n", "line 8"),
    "hunalign": ("d.dic", HUNALIGN + "half\n", 'line 5.*"translation @ word"'),
    "table": ("d.csv", TABLE + "half\n", "line 7: 1 field"),
    "cedict": ("d.u8", CEDICT + "好 [hao3] /good/\n", "line 8: expected"),
    "wiktextract": ("d.jsonl", WIKTEXTRACT + '{"word": "x"\n', "line 5: not JSON"),
    "wiktextract; deep": ("d.jsonl", WIKTEXTRACT + "[" * 99_999, "line 5: not JSON"),
    "wiktextract; row": (
        "d.jsonl",
        WIKTEXTRACT + "[1]\n",
        "line 5: expected an object",
    ),
    "wiktextract; word": (
        "d.jsonl",
        WIKTEXTRACT + '{"word": 1, "lang_code": "de"}',
        "line 5: expected an object",
    ),
    "jmdict": (
        "d.xml",
        JMDICT.replace("</gloss>", "</glos>", 1),
        "line 14.*mismatched",
    ),
    "jmdict; cut off": ("d.xml", JMDICT[:900], "no element found|unclosed token"),
    "jmdict; entity": ("d.xml", JMDICT.replace("&uk;", "&ku;"), "undefined entity"),
    "tei; entity": ("d.tei", TEI.replace("dog", "&dog;"), "'dog' is not declared"),
    "tei; file": (
        "d.tei",
        TEI_P4.replace("<!ENTITY %", '<!ENTITY x SYSTEM "/etc/passwd"><!ENTITY %'),
        "'x' is in another file",
    ),
    "tei; bomb": (
        "d.tei",
        TEI_P4.replace(
            "<!ENTITY %", '<!ENTITY a "aaaa"><!ENTITY b "&a;&a;"><!ENTITY %'
        ),
        "'b' is longer .* refused",
    ),
    "tei; long entity": (
        "d.tei",
        TEI_P4.replace("<!ENTITY %", f'<!ENTITY a "{"a" * 300}"><!ENTITY %'),
        "'a' is longer .* refused",
    ),
    "tei; large entry": ("d.tei", TEI.replace("dog", "d" * 1_100_000), "too large"),
    "tei; deep entry": ("d.tei", TEI.replace("<sense>", "<sense>" * 200), "100 deep"),
    "other XML": (
        "d.xml",
        '<?xml version="1.0"?><!-- <TEI> --><html/>',
        "root element 'html'",
    ),
    "empty": ("d.txt", "", "is empty"),
    "not UTF-8": ("d.u8", CEDICT.encode("gb18030"), "line 3.*not UTF-8"),
}


@pytest.mark.parametrize("kind", BROKEN)
def test_broken_files_give_one_line_that_says_where(kind, tmp_path):
    name, text, message = BROKEN[kind]
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(ValueError, match=message) as raised:
        read_dictionary(path)
    assert "\n" not in str(raised.value)
    assert str(path) in str(raised.value)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"format": "xml"}, "format must be"),
        ({"format": "jmdict"}, "no well-formed XML"),
        ({"source_language": "de"}, "does not say which languages"),
    ],
)
def test_wrong_arguments(arguments, message, tmp_path):
    path = written(tmp_path, "d.csv", "good,gut\n")
    with pytest.raises(ValueError, match=message):
        read_dictionary(path, **arguments)
    with pytest.raises(TypeError, match=r"name of a language.*got 3\."):
        read_dictionary(path, source_language=3)
    with pytest.raises(ValueError, match="is 'TEI'; expected JMdict"):
        read_dictionary(written(tmp_path, "d.tei", TEI), format="jmdict")


@pytest.mark.parametrize(
    "options",
    [
        {"source_language": "de"},
        {"format": "muse"},
        {"delimiter": ";", "encoding": "latin-1"},
        {"quoting": False},
    ],
)
def test_pairs_take_no_options_of_files(options):
    message = " and ".join(options) + r" tell how a file is read; got .* type list"
    with pytest.raises(ValueError, match=message):
        read_dictionary([("good", "gut")], **options)


def test_mappers_take_files_of_all_formats(case, tmp_path):
    _, name, text, options, pairs, _ = case
    if options:
        text = text.replace('<gloss xml:lang="ger">essen; speisen</gloss>', "")
    path = written(tmp_path, name, text, ".gz")
    word, translation = next(p for p in pairs if p[0].isalpha() and len(p[0]) > 1)
    found = []
    for dictionary in (path, pairs):
        mapper = CrossLingualMapper(
            dictionary,
            word_space=DictionaryTranslation(),
            min_df=1,
            tokenizer=str.split,
        )
        texts = [f"{word} x", f"{translation} y"]
        found.append(mapper.fit_transform(texts, sample_domain=[1, -1]).toarray())
        assert mapper.n_links_ > 0
    np.testing.assert_array_equal(*found)


@pytest.mark.slow
def test_memory_does_not_grow_with_the_file(tmp_path):
    tracemalloc = pytest.importorskip("tracemalloc")
    entry = TEI[TEI.index("<entry><form>") : TEI.index("</body>")]
    path = written(tmp_path, "d.tei", TEI.replace(entry, entry * 4000), ".gz")
    read_dictionary(path)
    tracemalloc.start()
    assert len(read_dictionary(path)) == len(TEI_PAIRS)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 5e6 < 2 * 4000 * len(entry)
