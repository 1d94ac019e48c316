"""Loaders on small files of invented rows, and on hostile ones."""

import gzip
import os
import pickle
import sys
import zipfile

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from scipy import sparse

from sktransfer import datasets
from sktransfer.datasets import TableError

CANDIDATES = ",".join(f"P{i:02d}" for i in range(100))
GENRES = "none|0\nfun|1\n\n"
SHOPPER_HEAD = (
    "Administrative,Administrative_Duration,Informational,Informational_Duration,"
    "ProductRelated,ProductRelated_Duration,BounceRates,ExitRates,PageValues,SpecialDay,"
    "Month,OperatingSystems,Browser,Region,TrafficType,VisitorType,Weekend,Revenue"
)
FILES = {
    "cls10/de_books_train.csv.gz": "label,rating,product,text\n"
    "1,5.0,B1,Ein packendes Buch\n0,2.0,,öde\n",
    "cls10/jp_music_test.csv.gz": "label,rating,product,text,tokens\n"
    "0,1.0,J1,音が悪い,音 が 悪い\n",
    "reviews/amazon_reviews.csv.gz": "domain,label,rating,product,title,text\n"
    "books,1,4.0,A story,good,nice book\nkitchen,0,1.0,A pan,bad,rusty\n",
    "reviews/chinese_hotels.csv.gz": "label,review\n"
    '1,"很好，\n""安静""的房间"\n0,又脏又吵\n',
    "reviews/newsgroups20.csv.gz": "group,split,id,subject,body\n"
    'sci.bees,train,1,hives,"line\nbreak"\nrec.kites,test,2,wind,up\n',
    "muse/en-de.csv.gz": "en,de\nnull,null\nwheel,rad\n",
    "muse/en-zh.csv.gz": "en,zh\nroom,房間\n",
    "products/pricerunner.csv.gz": "product_id,product_title,vendor_id,cluster_id,"
    "cluster_label,category_id,category_label,lang\n"
    "1,quiet fridge,7,1,Fridge A,3,Fridges,en\n"
    "2,k hlschrank,8,1,Fridge A,3,Fridges,de\n",
    "products/mwpd2020_categories.csv.gz": "ID,split,host,tld,Name,Description,"
    "CategoryText,lvl1,lvl2,lvl3\n1,train,a.example,com,Mug,Red,Home,H,HK,HKM\n"
    "2,test,b.example,uk,Cap,Blue,Wear,W,WH,WHC\n",
    "tabular/online_shoppers.csv.gz": f"{SHOPPER_HEAD}\n"
    "1,2.5,0,0,3,4.5,0.1,0.2,0,0.4,May,1,2,3,4,New_Visitor,True,False\n"
    "0,0,0,0,1,0,0,0,9.5,0,Nov,1,1,1,1,Other,False,True\n",
    "interactions/movielens100k/u.data.gz": "2\t11\t4\t90\n5\t10\t1\t80\n",
    "interactions/movielens100k/u.genre.gz": GENRES,
    "interactions/movielens100k/u.item.gz": (
        '10|L\xe9o "A" (1999)|d|v|u|0|1\n11|B (2000)|d|v|u|1|1\n'.encode("latin-1")
    ),
    "interactions/movielens100k/u.user.gz": "2|30|F|baker|z\n5|40|M|pilot|z\n",
    "interactions/wsdmcup22/s1/train_5core.tsv.gz": "userId\titemId\trating\n"
    "s1U1\tP00\t1.0\ns1U1\tP00\t3.0\ns1U2\tX9\t2.0\n",
    "interactions/wsdmcup22/s1/valid_qrel.tsv.gz": "userId\titemId\trating\n"
    "s1U2\tP01\t1\n",
    "interactions/wsdmcup22/t1/train.tsv.gz": "userId\titemId\trating\n"
    "t1U1\tP05\t5.0\n",
    "interactions/wsdmcup22/t1/train_5core.tsv.gz": "userId\titemId\trating\n"
    "t1U1\tP05\t5.0\n",
    "interactions/wsdmcup22/t1/valid_qrel.tsv.gz": "userId\titemId\trating\n"
    "t1U9\tP42\t1\nt1U1\tP07\t1\n",
    "interactions/wsdmcup22/t1/valid_run.tsv.gz": f"t1U1\t{CANDIDATES}\n"
    f"t1U9\t{CANDIDATES}\n",
    "interactions/xmarket_electronics/de_5core.txt.gz": "userId itemId rate date\n"
    "U2 I1 5.0 1970-01-02\nU1 I2 3.0 2016-06-13\nU2 I1 4.0 1970-01-03\n",
    "interactions/xmarket_electronics/uk_5core.txt.gz": "userId itemId rate date\n"
    "U2 I3 1.0 2016-06-13\n",
    "interactions/yoochoose100k/train_full.txt.gz": "SessionId\tItemId\tTime\n"
    "9\t70\t20.5\n9\t50\t10.25\n9\t70\t30\n4\t50\t5\n",
    "interactions/yoochoose100k/test.txt.gz": "SessionId\tItemId\tTime\n12\t60\t99\n",
    "interactions/cross_domain/phone_electronic/train.txt.gz": "0\t4\t1\n3\t2\t1\n",
    "interactions/cross_domain/phone_electronic/test.txt.gz": "3\t4\t1\n",
    "interactions/cross_domain/electronic_phone/train.txt.gz": "0\t8\t1\n3\t9\t1\n",
    "interactions/cross_domain/electronic_phone/test.txt.gz": "0\t9\t1\n",
}
LOADERS = {
    "load_cls10": ("de", "books"),
    "load_amazon_reviews": (),
    "load_chinese_hotels": (),
    "load_newsgroups20": (),
    "load_muse_dictionary": (),
    "load_pricerunner": (),
    "load_mwpd": (),
    "load_office_caltech": (),
    "load_online_shoppers": (),
    "load_movielens100k": (),
    "load_wsdmcup22": (("s1", "t1"),),
    "load_xmarket": (("uk", "de"),),
    "load_yoochoose": (),
    "load_cross_domain": (),
}


def put(home, relative, content):
    path = home / relative
    path.parent.mkdir(parents=True, exist_ok=True)
    data = content if isinstance(content, bytes) else content.encode()
    path.write_bytes(gzip.compress(data))


@pytest.fixture
def home(tmp_path):
    for relative, content in FILES.items():
        put(tmp_path, relative, content)
    (tmp_path / "images").mkdir()
    np.savez_compressed(
        tmp_path / "images/office_caltech10.npz",
        surf_amazon=np.array([[1, 250], [3, 4]], dtype=np.uint8),
        y_surf_amazon=np.array([1, 2], dtype=np.uint8),
        surf_webcam=np.array([[5, 6]], dtype=np.uint8),
        y_surf_webcam=np.array([2], dtype=np.uint8),
    )
    return tmp_path


def load(name, home, **options):
    return getattr(datasets, name)(*LOADERS[name], data_home=home, **options)


@pytest.mark.parametrize("name", LOADERS)
def test_the_folder_is_argument_or_environment(name, home, monkeypatch):
    given = load(name, home)
    monkeypatch.setenv("SKTRANSFER_DATA", str(home))
    found = load(name, None)
    assert given.keys() == found.keys()
    assert given.DESCR == found.DESCR
    assert len(given.DESCR) > 40


@pytest.mark.parametrize("name", LOADERS)
def test_missing_folders_say_what_to_set_and_where_the_source_is(
    name, tmp_path, monkeypatch
):
    monkeypatch.delenv("SKTRANSFER_DATA", raising=False)
    with pytest.raises(FileNotFoundError, match=r"set the environment.*public source"):
        load(name, None)
    with pytest.raises(FileNotFoundError, match=r"does not exist.*public source"):
        load(name, tmp_path / "none")
    with pytest.raises(FileNotFoundError, match=r"has no file '.*public source"):
        load(name, tmp_path)
    monkeypatch.setenv("SKTRANSFER_DATA", str(tmp_path / "none"))
    with pytest.raises(FileNotFoundError, match="environment variable SKTRANSFER_DATA"):
        load(name, None)


@pytest.mark.parametrize("name", LOADERS)
def test_frames(name, home):
    pandas = pytest.importorskip("pandas")
    assert "frame" not in load(name, home)
    frame = load(name, home, as_frame=True).frame
    assert isinstance(frame, pandas.DataFrame)
    assert len(frame) > 0
    assert not frame.isna().any(axis=None)


def test_frames_need_pandas(home, monkeypatch):
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(ImportError, match=r"sktransfer\[frame\]"):
        load("load_cls10", home, as_frame=True)


def test_cls10(home):
    b = load("load_cls10", home)
    assert b.data.tolist() == ["Ein packendes Buch", "öde"]
    assert b.target.tolist() == ["positive", "negative"]
    assert_array_equal(b.rating, [5, 2])
    assert b.domain == "de/books"
    j = datasets.load_cls10("jp", "music", subset="test", data_home=home)
    assert j.tokens.tolist() == ["音 が 悪い"]


def test_amazon_reviews(home):
    b = datasets.load_amazon_reviews(target="kitchen", data_home=home)
    assert_array_equal(b.sample_domain, [1, -2])
    one = datasets.load_amazon_reviews("kitchen", data_home=home)
    assert one.data.tolist() == ["rusty"]
    assert one.sample_domain is None
    with pytest.raises(TableError, match="no row of the domains"):
        datasets.load_amazon_reviews("dvd", data_home=home)


def test_chinese_hotels(home):
    b = load("load_chinese_hotels", home)
    assert b.data.tolist() == ['很好，\n"安静"的房间', "又脏又吵"]
    assert b.target.tolist() == ["positive", "negative"]


def test_newsgroups20(home):
    b = load("load_newsgroups20", home)
    assert b.data.tolist() == ["hives\nline\nbreak"]
    assert b.topic.tolist() == ["sci"]
    assert len(load("load_newsgroups20", home, subset="all").data) == 2


def test_muse_dictionary_keeps_words_that_look_missing(home):
    b = load("load_muse_dictionary", home)
    assert b.dictionary == [("null", "null"), ("wheel", "rad")]
    assert datasets.load_muse_dictionary("zh", data_home=home).dictionary == [
        ("room", "房間")
    ]


def test_products(home):
    b = load("load_pricerunner", home)
    assert_array_equal(b.shop, [7, 8])
    assert b.target_names == ["Fridges"]
    m = load("load_mwpd", home, subset="all")
    assert m.levels.tolist() == [["H", "HK", "HKM"], ["W", "WH", "WHC"]]
    assert load("load_mwpd", home, subset="test").tld.tolist() == ["uk"]
    with pytest.raises(TableError, match="no row has 'split' equal to 'validation'"):
        load("load_mwpd", home, subset="validation")


def test_office_caltech(home):
    b = load("load_office_caltech", home)
    assert_array_equal(b.data, [[1, 250], [3, 4], [5, 6]])
    assert b.data.dtype == np.float32
    assert_array_equal(b.target, [1, 2, 2])
    assert_array_equal(b.sample_domain, [1, 1, -2])
    with pytest.raises(TableError, match=r"no array 'surf_dslr'; the arrays are \["):
        datasets.load_office_caltech("dslr", data_home=home)
    with pytest.raises(ValueError, match="either source or target"):
        datasets.load_office_caltech("dslr", ["dslr"], data_home=home)


def test_online_shoppers(home):
    b = load("load_online_shoppers", home)
    assert b.data.shape == (2, 15)
    assert_array_equal(b.data[:, b.feature_names.index("PageValues")], [0, 9.5])
    assert_array_equal(b.data[:, b.feature_names.index("Weekend")], [1, 0])
    assert_array_equal(b.target, [0, 1])
    assert b.month.tolist() == ["May", "Nov"]


def test_movielens100k(home):
    b = load("load_movielens100k", home)
    assert isinstance(b.data, sparse.csr_matrix)
    assert b.data.dtype == np.float32
    assert_array_equal(b.data.toarray(), [[0, 4], [1, 0]])
    assert_array_equal(b.user_ids, [2, 5])
    assert_array_equal(b.item_ids, [10, 11])
    assert_array_equal(b.time, [90, 80])
    assert b.titles[0] == 'Léo "A" (1999)'
    assert_array_equal(b.genres, [[False, True], [True, True]])
    assert_array_equal(b.age, [30, 40])


def test_wsdmcup22(home):
    b = load("load_wsdmcup22", home)
    assert b.data.shape == (4, 101)
    assert b.user_ids.tolist() == ["s1U1", "s1U2", "t1U1", "t1U9"]
    assert_array_equal(b.sample_domain, [1, 1, -2, -2])
    column = {item: j for j, item in enumerate(b.item_ids)}
    assert b.data[0, column["P00"]] == 3  # the last of two ratings
    assert b.data[3].nnz == 0  # a new user
    assert_array_equal(b.valid_rows, [3, 2])
    assert_array_equal(b.relevant, [column["P42"], column["P07"]])
    assert b.candidates.shape == (2, 100)
    assert b.item_ids[b.candidates[0, 5]] == "P05"
    s = datasets.load_wsdmcup22("s1", target="s1", data_home=home)
    assert_array_equal(s.candidates, [[-1]])
    core = datasets.load_wsdmcup22(("s1", "t1"), core=True, data_home=home)
    assert core.data.nnz == b.data.nnz


def test_xmarket(home):
    b = load("load_xmarket", home)
    assert b.market.tolist() == ["uk", "de", "de"]
    assert b.user_ids.tolist() == ["U2", "U1", "U2"]  # one person, two markets
    assert_array_equal(b.sample_domain, [2, -1, -1])
    assert_array_equal(b.data.toarray(), [[0, 0, 1], [0, 3, 0], [4, 0, 0]])
    assert_array_equal(b.time[1:], [86400, 1465776000, 2 * 86400])
    assert_array_equal(b.rating, [1, 5, 3, 4])
    none = datasets.load_xmarket("de", target=None, data_home=home)
    assert none.sample_domain is None


def test_yoochoose(home):
    b = load("load_yoochoose", home)
    assert_array_equal(b.user_ids, [4, 9])
    assert_array_equal(b.item_ids, [50, 60, 70])
    assert_array_equal(b.data.toarray(), [[1, 0, 0], [1, 0, 2]])
    assert [s.tolist() for s in b.sequences] == [[0], [0, 2, 2]]
    t = datasets.load_yoochoose(subset="test", data_home=home)
    assert_array_equal(t.data.toarray(), [[0, 1, 0]])


def test_cross_domain(home):
    b = load("load_cross_domain", home)
    assert_array_equal(b.user_ids, [0, 3])
    assert_array_equal(b.item_ids, [8, 9])
    assert_array_equal(b.source_item_ids, [2, 4])
    assert_array_equal(b.data.toarray(), [[1, 0], [0, 1]])
    assert_array_equal(b.test.toarray(), [[0, 1], [0, 0]])
    assert_array_equal(b.source_data.toarray(), [[0, 1], [1, 0]])
    p = datasets.load_cross_domain("phone", data_home=home)
    assert_array_equal(p.test.toarray(), [[0, 0], [0, 1]])


HOTELS = "reviews/chinese_hotels.csv.gz"
HOSTILE = [
    ("load_chinese_hotels", HOTELS, "1,", "2,", "row 1, column 'label'"),
    ("load_chinese_hotels", HOTELS, "0,", "", "line 4: 1 field"),
    ("load_cls10", "cls10/de_books_train.csv.gz", ",5.0,", ",nan,", "row 1.*'rating'"),
    ("load_cls10", "cls10/de_books_train.csv.gz", "0,2.0", "0", "line 3: 3 field"),
    ("load_cls10", "cls10/de_books_train.csv.gz", "0,2.0", "0,6", "row 2.*from 1 to 5"),
    ("load_cls10", "cls10/de_books_train.csv.gz", "0,2.0", "1,2.0", "row 2.*'label'"),
    ("load_cls10", "cls10/de_books_train.csv.gz", "label", "lab", "no column 'label'"),
    (
        "load_newsgroups20",
        "reviews/newsgroups20.csv.gz",
        ",train,",
        ",tr,",
        "row 1, column 'split': expected one of",
    ),
    ("load_pricerunner", "products/pricerunner.csv.gz", ",7,", ",7.5,", "'vendor_id'"),
    (
        "load_online_shoppers",
        "tabular/online_shoppers.csv.gz",
        "Other,False,True",
        "Other,False,1",
        "row 2, column 'Revenue': expected True or False",
    ),
    (
        "load_movielens100k",
        "interactions/movielens100k/u.data.gz",
        "5\t10",
        "6\t10",
        "row 2, column 'user': 6 does not occur in u.user.gz",
    ),
    (
        "load_movielens100k",
        "interactions/movielens100k/u.data.gz",
        "11\t4",
        "11\tNaN",
        "row 1, column 'rating'",
    ),
    (
        "load_wsdmcup22",
        "interactions/wsdmcup22/t1/valid_run.tsv.gz",
        "P00,",
        "",
        "row 1, column 'candidates': expected 100 items; got 99",
    ),
    (
        "load_wsdmcup22",
        "interactions/wsdmcup22/t1/valid_run.tsv.gz",
        "t1U9",
        "t1U8",
        "no candidates for user 't1U9'",
    ),
    (
        "load_wsdmcup22",
        "interactions/wsdmcup22/t1/valid_qrel.tsv.gz",
        "t1U9",
        "t1U1",
        "one right item",
    ),
    (
        "load_xmarket",
        "interactions/xmarket_electronics/de_5core.txt.gz",
        "2016-06-13",
        "2016-13-06",
        "row 2, column 'date': expected a date",
    ),
    (
        "load_xmarket",
        "interactions/xmarket_electronics/de_5core.txt.gz",
        "2016-06-13",
        "2016",
        "row 2, column 'date'",
    ),
    (
        "load_yoochoose",
        "interactions/yoochoose100k/train_full.txt.gz",
        "\t20.5",
        "\tinf",
        "row 1, column 'Time'",
    ),
    (
        "load_cross_domain",
        "interactions/cross_domain/electronic_phone/train.txt.gz",
        "9\t1",
        "9\t2",
        "row 2, column 'value': expected 1; got 2",
    ),
]


@pytest.mark.parametrize(("name", "relative", "old", "new", "message"), HOSTILE)
def test_hostile_rows_are_named(home, name, relative, old, new, message):
    text = FILES[relative]
    assert old in text
    put(home, relative, text.replace(old, new, 1))
    with pytest.raises(ValueError, match=message) as caught:
        load(name, home)
    assert os.path.basename(relative) in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", sorted(set(LOADERS) - {"load_office_caltech"}))
def test_truncated_and_empty_files(name, home):
    def own(path):
        return "valid_run" not in path.name and "test" not in path.name

    for damage in (lambda data: data[:-9], lambda data: gzip.compress(b"")):
        for path in filter(own, home.rglob("*.gz")):
            path.write_bytes(damage(path.read_bytes()))
        with pytest.raises(TableError, match=r"cut off|is empty|not gzip"):
            load(name, home)


def _npz(home):
    return home / "images/office_caltech10.npz"


def test_pickled_objects_are_never_loaded(home):
    class Bomb:
        def __reduce__(self):
            return (os.mkdir, (str(home / "exploded"),))

    arrays = {
        k: np.array([[1]]) for k in ("y_surf_amazon", "surf_webcam", "y_surf_webcam")
    }
    bomb = np.array([Bomb()], dtype=object)
    np.savez(_npz(home), surf_amazon=bomb, **arrays)
    with pytest.raises(TableError, match=r"office_caltech10\.npz"):
        load("load_office_caltech", home)
    _npz(home).write_bytes(pickle.dumps(Bomb()))
    with pytest.raises(TableError, match=r"office_caltech10\.npz"):
        load("load_office_caltech", home)
    assert not (home / "exploded").exists()


@pytest.mark.parametrize("keep", [0, 20, 200, -30])
def test_truncated_archive(home, keep):
    _npz(home).write_bytes(_npz(home).read_bytes()[:keep])
    with pytest.raises(TableError, match=r"office_caltech10\.npz"):
        load("load_office_caltech", home)


def test_arrays_that_are_no_features(home):
    good = {
        "surf_amazon": np.ones((2, 3)),
        "y_surf_amazon": np.ones(2, dtype=int),
        "surf_webcam": np.ones((1, 3)),
        "y_surf_webcam": np.ones(1, dtype=int),
    }
    for wrong, message in (
        ({"surf_amazon": np.array([[1.0, np.nan, 0], [0, 0, 0]])}, "finite numbers"),
        ({"surf_amazon": np.array([["a"] * 3] * 2)}, "finite numbers"),
        ({"surf_amazon": np.ones(2)}, "expected a matrix"),
        ({"y_surf_webcam": np.ones(1)}, "one integer for each row"),
        ({"y_surf_webcam": np.ones(5, dtype=int)}, "one integer for each row"),
    ):
        np.savez(_npz(home), **{**good, **wrong})
        with pytest.raises(TableError, match=message):
            load("load_office_caltech", home)
    np.savez(_npz(home), **{**good, "surf_webcam": np.ones((1, 4))})
    with pytest.raises(TableError, match="number of columns"):
        load("load_office_caltech", home)


def test_archive_bomb(home):
    """A member that says it takes 2 GiB."""
    data = bytearray(_npz(home).read_bytes())
    entry = data.rindex(b"PK\x01\x02")
    data[entry + 24 : entry + 28] = (1 << 31).to_bytes(4, "little")
    _npz(home).write_bytes(data)
    with pytest.raises(TableError, match="is larger than"):
        load("load_office_caltech", home)


@pytest.mark.parametrize(
    "header",
    [
        b"\x93NUMPY\x01\x00\x10\x00{'descr': '<f8'  ",
        b"\x93NUMPY\x01\x00\x02\x00((",
        b"\x93NUMPY\x09\x00",
        b"no array",
        b"\x93NUMPY\x01\x00v\x00"
        + b"{'descr': '<f8', 'fortran_order': False, 'shape': (99999999999, 999), }"
        + b" " * 46,
    ],
)
def test_mangled_array(home, header):
    with zipfile.ZipFile(_npz(home), "w") as archive:
        for key in ("surf_amazon", "y_surf_amazon", "surf_webcam", "y_surf_webcam"):
            archive.writestr(f"{key}.npy", header)
    with pytest.raises(TableError, match=r"office_caltech10\.npz"):
        load("load_office_caltech", home)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: datasets.load_cls10("fr", "books"), "language must be one of 'de'"),
        (lambda: datasets.load_cls10("de", "cars"), "category must be one of"),
        (lambda: datasets.load_cls10("de", "dvd", subset=1), "subset must be one of"),
        (lambda: datasets.load_xmarket("us"), "markets must be one of"),
        (lambda: datasets.load_xmarket(["de", "de"]), "different options"),
        (
            lambda: datasets.load_xmarket("de", target="uk"),
            "target must be 'de'; got",
        ),
        (lambda: datasets.load_wsdmcup22([]), "at least one"),
        (lambda: datasets.load_yoochoose(subset="all"), "subset must be one of"),
        (lambda: datasets.load_cross_domain("books"), "target must be one of"),
        (lambda: datasets.load_muse_dictionary("fr"), "target must be one of"),
    ],
)
def test_wrong_options(call, message):
    with pytest.raises(ValueError, match=message):
        call()


real = [
    pytest.mark.realdata,
    pytest.mark.skipif(
        not os.environ.get("SKTRANSFER_DATA"), reason="SKTRANSFER_DATA is unset"
    ),
]


@pytest.mark.parametrize(
    ("language", "category", "subset"),
    [
        pytest.param(language, category, subset, marks=real)
        for language in ("en", "de", "jp")
        for category in ("books", "dvd", "music")
        for subset in ("train", "test")
    ],
)
def test_real_cls10(language, category, subset):
    b = datasets.load_cls10(language, category, subset=subset)
    assert len(b.data) == 2000
    assert np.sum(b.target == "positive") == 1000


@pytest.mark.realdata
@pytest.mark.skipif(
    not os.environ.get("SKTRANSFER_DATA"), reason="SKTRANSFER_DATA is unset"
)
def test_real_counts():
    amazon = datasets.load_amazon_reviews(target="books")
    names, counts = np.unique(
        [f"{d} {t}" for d, t in zip(amazon.domain, amazon.target)], return_counts=True
    )
    assert len(names) == 8
    assert set(counts) == {1000}
    hotels = datasets.load_chinese_hotels()
    assert np.unique(hotels.target, return_counts=True)[1].tolist() == [2444, 5322]
    titles = datasets.load_pricerunner()
    assert len(titles.data) == 35_311
    assert len(set(titles.shop)) == 306
    assert len(titles.target_names) == 10
    assert len(datasets.load_mwpd(subset="all").data) == 16_119
    assert len(datasets.load_newsgroups20().target_names) == 20
    movies = datasets.load_movielens100k()
    assert movies.data.shape == (943, 1682)
    assert movies.data.nnz == 100_000
    cup = datasets.load_wsdmcup22()
    assert cup.candidates.shape == (2697, 100)
    assert (cup.candidates == cup.relevant[:, None]).sum() == 2697
    assert set(cup.market) == {"s1", "s2", "s3", "t1"}
    assert datasets.load_xmarket().data.shape[0] == 15_012
    assert len(datasets.load_yoochoose().time) == 70_278
    assert datasets.load_cross_domain().data.shape[0] == 3325
    assert datasets.load_online_shoppers().data.shape == (12_330, 15)
    assert datasets.load_office_caltech("caltech", "dslr").data.shape == (1280, 800)
    googlenet = datasets.load_office_caltech("amazon", features="googlenet")
    assert googlenet.data.shape[1] == 1024
    assert len(datasets.load_muse_dictionary("ja").dictionary) > 30_000
    assert len(datasets.load_muse_dictionary("zh").dictionary) > 30_000
