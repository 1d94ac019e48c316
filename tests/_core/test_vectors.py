"""Word vectors: read safely, and validated."""

import gzip
import os
import tracemalloc

import hypothesis
import numpy as np
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from sktransfer.embedding import EmbeddingVectorizer, read_word_vectors

# bytes of the longest line and the longest word that are read
MAX_LINE, MAX_WORD = 1 << 22, 1 << 14

# no word of a binary file can hold a space
WORDS = ["the", "New_York", "größe", "音楽", ".", "\xa0", "0"]
VECTORS = np.array(
    [[k + 0.25, -k, 1e-7 * k] for k in range(len(WORDS))], dtype=np.float32
)


def text_lines(words=WORDS, vectors=VECTORS):
    return [
        " ".join([w, *(str(x) for x in row.tolist())]) for w, row in zip(words, vectors)
    ]


def glove(path, lines):
    path.write_bytes(("\n".join(lines) + "\n").encode())
    return path


@pytest.fixture
def keyed():
    KeyedVectors = pytest.importorskip("gensim.models").KeyedVectors
    keyed = KeyedVectors(3)
    keyed.add_vectors(WORDS, VECTORS)
    return keyed


class TestRoundTrips:
    @pytest.mark.parametrize("binary", [False, True])
    @pytest.mark.parametrize("ending", ["", ".gz"])
    def test_files_that_gensim_writes(self, keyed, tmp_path, binary, ending):
        path = str(tmp_path / f"vectors{ending}")
        keyed.save_word2vec_format(path, binary=binary)
        words, vectors = read_word_vectors(path)
        assert words == WORDS
        assert vectors.dtype == np.float32
        assert_array_equal(vectors, VECTORS)
        vectors[0] = 0  # writable

    @pytest.mark.parametrize("ending", ["", ".gz"])
    def test_glove(self, tmp_path, ending):
        with_spaces = ["the", "New York", ". . .", *WORDS[3:]]
        path = glove(tmp_path / "vectors.txt", text_lines(with_spaces))
        if ending:
            path.write_bytes(gzip.compress(path.read_bytes()))
        words, vectors = read_word_vectors(path)
        assert words == with_spaces
        assert_array_equal(vectors, VECTORS)

    def test_what_the_word2vec_tool_writes(self, tmp_path):
        # a space behind the last value, a newline behind a binary vector
        text, binary = tmp_path / "t", tmp_path / "b"
        text.write_bytes(b"2 2\na 1 2 \nb 3 4 \n")
        entries = [
            w + b" " + np.array(v, "<f4").tobytes() + b"\n"
            for w, v in ((b"a", [1, 2]), (b"b", [3, 4]))
        ]
        binary.write_bytes(b"2 2\n" + b"".join(entries))
        for path in (text, binary):
            words, vectors = read_word_vectors(path)
            assert words == ["a", "b"]
            assert_array_equal(vectors, [[1, 2], [3, 4]])

    def test_windows_line_ends_and_empty_lines_at_the_end(self, tmp_path):
        (tmp_path / "v").write_bytes(b"a 1 2\r\nb 3 4\r\n\r\n\n")
        words, vectors = read_word_vectors(tmp_path / "v")
        assert words == ["a", "b"]
        assert_array_equal(vectors, [[1, 2], [3, 4]])

    @pytest.mark.parametrize("kind", ["glove", "text", "binary"])
    @pytest.mark.parametrize("line_end", [b"\n", b"\r\n"])
    @pytest.mark.parametrize("packed", [False, True])
    def test_byte_order_mark(self, tmp_path, kind, line_end, packed):
        content = b"a 1 2" + line_end + b"b 3 4" + line_end
        if kind == "text":
            content = b"2 2" + line_end + content
        if kind == "binary":
            numbers = np.array([1, 2], "<f4").tobytes(), np.array([3, 4], "<f4")
            content = b"2 2\na " + numbers[0] + b"b " + numbers[1].tobytes()
        content = b"\xef\xbb\xbf" + content
        path = tmp_path / "v"
        path.write_bytes(gzip.compress(content) if packed else content)
        words, vectors = read_word_vectors(path)
        assert words == ["a", "b"]
        assert_array_equal(vectors, [[1, 2], [3, 4]])

    @pytest.mark.parametrize("header", [b"2\t2", b"2  2", b" 2 2", b"2 2\t"])
    def test_blanks_in_the_header(self, tmp_path, header):
        (tmp_path / "v").write_bytes(header + b"\na 1 2\nb 3 4\n")
        words, vectors = read_word_vectors(tmp_path / "v")
        assert words == ["a", "b"]
        assert_array_equal(vectors, [[1, 2], [3, 4]])

    @pytest.mark.parametrize("kind", ["glove", "text", "binary"])
    def test_limit_reads_the_first_words(self, keyed, tmp_path, kind):
        path = tmp_path / "v"
        if kind == "glove":
            # what comes behind is not looked at
            glove(path, [*text_lines(), "broken"])
        else:
            keyed.save_word2vec_format(str(path), binary=kind == "binary")
        words, vectors = read_word_vectors(path, limit=2)
        assert words == WORDS[:2]
        assert_array_equal(vectors, VECTORS[:2])
        if kind != "glove":
            assert read_word_vectors(path, limit=99).words == WORDS

    @pytest.mark.parametrize("limit", [0, -1, 1.5, "3"])
    def test_limit_is_checked(self, tmp_path, limit):
        with pytest.raises(ValueError, match="limit must be"):
            read_word_vectors(glove(tmp_path / "v", text_lines()), limit=limit)

    @pytest.mark.parametrize("binary", [False, True])
    def test_more_than_one_block(self, tmp_path, binary):
        n, d = 9000, 150
        words = [f"w{k}" for k in range(n)]
        vectors = np.arange(n * d, dtype=np.float32).reshape(n, d)
        path = tmp_path / "v"
        if binary:
            rows = [f"{w} ".encode() + v.tobytes() for w, v in zip(words, vectors)]
            path.write_bytes(f"{n} {d}\n".encode() + b"".join(rows))
        else:
            glove(path, text_lines(words, vectors.astype(int)))
        found = read_word_vectors(path)
        assert found.words == words
        assert_array_equal(found.vectors, vectors)
        assert read_word_vectors(path, limit=5000).words == words[:5000]

    def test_a_binary_file_without_line_ends(self, tmp_path):
        n, d = 1200, 1000
        assert 4 * n * d > MAX_LINE
        row = bytes(4 * d)
        entries = [f"w{k} ".encode() + row for k in range(n)]
        (tmp_path / "v").write_bytes(f"{n} {d}\n".encode() + b"".join(entries))
        words, vectors = read_word_vectors(tmp_path / "v")
        assert words[-1] == "w1199"
        assert vectors.shape == (n, d)
        assert not vectors.any()

    @settings(max_examples=30, deadline=None)
    @hypothesis.given(
        st.lists(
            st.text(
                st.characters(
                    blacklist_categories=["Cs"], blacklist_characters="\r\n\ufeff"
                ),
                min_size=1,
                max_size=6,
            ).filter(lambda w: w.strip(" ") == w),
            min_size=1,
            max_size=5,
            unique=True,
        ),
        st.integers(2, 4),
        st.integers(0, 2**32 - 1),
        st.booleans(),
    )
    def test_any_words_and_values(self, tmp_path_factory, words, d, seed, header):
        V = np.random.default_rng(seed).normal(size=(len(words), d)) * 1e3
        V = V.astype(np.float32)
        lines = text_lines(words, V)
        if header:
            lines.insert(0, f"{len(words)} {d}")
        path = glove(tmp_path_factory.mktemp("any") / "v", lines)
        # without a header the first word tells the number of values
        if header or " " not in words[0]:
            found = read_word_vectors(path)
            assert found.words == words
            assert_allclose(found.vectors, V, rtol=1e-6)


def binary_file(n, d, entries, end=b""):
    body = b"".join(w + b" " + np.array(v, "<f4").tobytes() for w, v in entries)
    return f"{n} {d}\n".encode() + body + end


AB = [(b"a", [1, 2]), (b"b", [3, 4])]
HOSTILE = {
    "empty": (b"", "it is empty"),
    "empty line": (b"\na 1 2\n", "first line is empty"),
    "no numbers": (b"word\n", "no vectors"),
    "header alone": (b"2 2\n", "0 bytes cannot hold"),
    "billion words": (b"1000000000 300\na 1 2\n", "1000000000 words of 300 values"),
    "billion columns": (b"1 1000000000\na 1 2\n", "bytes cannot hold"),
    "nothing": (b"0 2\n", "0 words of 2 values"),
    "no columns": (b"2 0\na\nb\n", "2 words of 0 values"),
    "fewer words": (b"3 2\na 1 2\nb 3.00000 4.00000\n", "says 3 words, .* holds 2"),
    "more words": (b"2 2\na 1 2\nb 3 4\nc 5 6\n", "says 2 words, .* holds 3"),
    "no number": (b"a 1 2\nb 3 x\n", r"line 2 is not a word and 2 numbers: b'3 x'"),
    "too few": (b"a 1 2\nb 3\n", "line 2 is not a word and 2 numbers"),
    "word alone": (b"a 1 2\nb\n", "line 2 is not a word and 2 numbers"),
    "tab": (b"a 1 2\nb\t3\t4\n", "line 2 is not a word and 2 numbers"),
    "two spaces": (b"a 1 2\nb 3  4\n", "line 2 is not"),
    "no word": (b"a 1 2\n 3 4\n", "line 2 has no word"),
    "hole": (b"a 1 2\n\nb 3 4\n", "line 2 is empty"),
    "nan": (b"a 1 2\nb 3 nan\n", r"line 2 \('b'\) holds a value that is not finite"),
    "inf": (b"2 2\na 1 2\nb -inf 2\n", r"line 3 \('b'\) holds a value"),
    "overflow": (b"a 1 2\nb 3 1e300\n", r"line 2 \('b'\) holds a value"),
    "twice": (b"a 1 2\nb 3 4\na 1 2\n", "lines 1 and 3 hold the same word 'a'"),
    "utf-8": (b"a 1 2\n\xff\xfe 3 4\n", "line 2 is not UTF-8"),
    "pickle": (b"\x80\x04\x95junk", "a pickle"),
    "zip": (b"PK\x03\x04junk", "a zip archive"),
    "utf-16": ("a 1 2\n".encode("utf-16"), "UTF-16. Convert it"),
    "fewer values": (b"2 2\na 1 2 3\nb 3 4 5\n", "says 2 values, .* hold more"),
    "more values": (b"2 2\na 1.000000\nb 3.000000\n", "line 2 holds 1"),
    "npy": (b"\x93NUMPY\x01\x00", "NumPy array without words"),
    "long line": (b"a " + b"1" * (MAX_LINE + 10), f"longer than {MAX_LINE}"),
    "binary cut": (binary_file(2, 2, AB)[:-1], "bytes cannot hold"),
    "binary cut, long words": (
        binary_file(2, 2, [(b"a" * 9, [1, 2]), (b"b", [3, 4])])[:-1],
        "it ends in word 2 of 2",
    ),
    "binary more": (binary_file(2, 2, AB, b"c "), "goes on after the 2 words"),
    "binary nan": (binary_file(1, 2, [(b"a", [1, np.nan])]), r"word 1 \('a'\) holds"),
    "binary twice": (binary_file(2, 2, [AB[0]] * 2), "words 1 and 2 hold the same"),
    "binary no word": (binary_file(1, 2, [(b"\n\n", [1, 2])]), "word 1 has no word"),
    "binary long word": (
        binary_file(1, 2, [(b"a" * (MAX_WORD + 1), [1, 2])]),
        "word 1 is longer",
    ),
    "binary utf-8": (binary_file(1, 2, [(b"\xff", [1, 2])]), "word 1 is not UTF-8"),
}


class TestHostileFiles:
    @pytest.mark.parametrize("name", HOSTILE)
    @pytest.mark.parametrize("packed", [False, True])
    def test_nothing_is_loaded(self, tmp_path, name, packed):
        content, message = HOSTILE[name]
        path = tmp_path / "v"
        if packed and "cannot hold" in message:
            message = "cannot hold|holds 1|it ends in word|not a word and"
        if packed and "1000000000" in message:
            message = "words of 300 values, which .* cannot hold"
        if packed and name in ("empty", "header alone"):
            message = "empty|cannot hold|no vectors|it ends"
        path.write_bytes(gzip.compress(content) if packed else content)
        with pytest.raises(ValueError, match=message) as caught:
            read_word_vectors(path)
        assert repr(str(path)) in str(caught.value)

    @pytest.mark.parametrize("header", [b"999999999 300\n", b"3 999999999\n"])
    @pytest.mark.parametrize("packed", [False, True])
    def test_a_header_allocates_nothing(self, tmp_path, header, packed):
        path = tmp_path / "v"
        content = header + b"a " + b"\0" * 1000
        path.write_bytes(gzip.compress(content) if packed else content)
        tracemalloc.start()
        with pytest.raises(ValueError, match="cannot hold"):
            read_word_vectors(path)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < 1e6

    def test_an_expanding_file_does_not_fill_the_memory(self, tmp_path):
        # 256 MB of one line in 250 kB: read up to the longest line and no further
        path = tmp_path / "v.gz"
        with gzip.open(path, "wb", compresslevel=1) as file:
            file.write(b"a ")
            for _ in range(64):
                file.write(b"1" * (1 << 20))
        tracemalloc.start()
        with pytest.raises(ValueError, match="longer than"):
            read_word_vectors(path)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < 5 * MAX_LINE

    def test_expanding_lines_do_not_fill_the_memory(self, tmp_path):
        path = tmp_path / "v.gz"
        with gzip.open(path, "wb", compresslevel=1) as file:
            for _ in range(64):
                file.write(b"a" + b" 1" * (1 << 19) + b"\n")
        tracemalloc.start()
        with pytest.raises(ValueError, match="lines 1 and 2 hold the same word"):
            read_word_vectors(path)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < 10 * MAX_LINE

    @pytest.mark.parametrize("cut", [5, 12, -1])
    def test_incomplete_gzip(self, tmp_path, cut):
        packed = gzip.compress("\n".join(text_lines()).encode())
        (tmp_path / "v").write_bytes(packed[:cut])
        with pytest.raises(ValueError, match="no complete gzip file"):
            read_word_vectors(tmp_path / "v")

    def test_damaged_gzip(self, tmp_path):
        packed = bytearray(gzip.compress(os.urandom(2000)))
        packed[500:600] = bytes(100)
        (tmp_path / "v").write_bytes(packed)
        with pytest.raises(ValueError, match="cannot read"):
            read_word_vectors(tmp_path / "v")

    def test_no_file(self, tmp_path):
        with pytest.raises(FileNotFoundError, match="there is no file"):
            read_word_vectors(tmp_path / "nothing")
        with pytest.raises(FileNotFoundError, match="there is no file"):
            read_word_vectors(tmp_path)

    @settings(max_examples=60, deadline=None)
    @hypothesis.given(st.binary(max_size=80))
    def test_any_bytes_are_read_or_refused(self, tmp_path_factory, content):
        path = tmp_path_factory.mktemp("bytes") / "v"
        path.write_bytes(content)
        try:
            words, vectors = read_word_vectors(path)
        except ValueError:
            return
        assert len(set(words)) == vectors.shape[0] > 0
        assert np.isfinite(vectors).all()


def given(vectors, words=WORDS):
    """Word vectors as an estimator takes them that is fitted on a text of the words."""
    vectorizer = EmbeddingVectorizer(vectors, tokenizer=lambda text: text.split(" "))
    return vectorizer.fit([" ".join(words)])


class TestGivenVectors:
    def test_every_form_gives_the_same(self, keyed, tmp_path):
        path = glove(tmp_path / "v", text_lines())

        class Model:
            wv = keyed

        forms = [
            keyed,
            Model(),
            (WORDS, VECTORS),
            (WORDS, VECTORS.tolist()),
            [np.array(WORDS), VECTORS.astype(np.float64)],
            dict(zip(WORDS, VECTORS)),
            str(path),
            path,
            read_word_vectors(path),
        ]
        words = [word.replace("ß", "ss") for word in WORDS]
        for form in forms:
            found = given(form)
            assert found.vocabulary_.tolist() == words
            assert found.vocabulary_.dtype == object
            assert found.word_vectors_.dtype == np.float32
            assert_array_equal(found.word_vectors_, VECTORS)

    def test_it_is_a_copy(self):
        V = VECTORS.copy()
        given((WORDS, V)).word_vectors_[:] = 7
        assert_array_equal(V, VECTORS)

    @pytest.mark.parametrize(
        ("form", "error", "message"),
        [
            (3, TypeError, "^vectors has the type int"),
            (VECTORS, TypeError, "ndarray"),
            ((["a"], VECTORS), ValueError, r"1 words and an array of shape \(7, 3\)"),
            (([], np.zeros((0, 3))), ValueError, "at least one"),
            ((["a"], np.zeros((1, 0))), ValueError, "at least one"),
            ((["a", "a"], VECTORS[:2]), ValueError, "'a' is there twice"),
            ((["a", ""], VECTORS[:2]), ValueError, "non-empty str; got ''"),
            (([1, 2], VECTORS[:2]), ValueError, "non-empty str; got 1"),
            ((["a"], [["x"]]), ValueError, "must hold numbers"),
            ((["a", "b"], [[1], [1, 2]]), ValueError, "must hold numbers"),
            ((["a"], [1.0]), ValueError, "shape"),
            ((["a", "b"], [[1], [np.nan]]), ValueError, "that of 'b' is not"),
            ((["a"], [[1e300]]), ValueError, "exceeds float32"),
            ({"a": [1, 2], "b": [1]}, ValueError, r"\(1,\) for 'b', \(2,\)"),
            ({"a": 1}, ValueError, r"shape \(\)"),
            ({}, ValueError, "shape"),
        ],
    )
    def test_what_is_refused(self, form, error, message):
        with pytest.raises(error, match=message):
            given(form, ["a", "b"])
