"""Text, image features and numbers in one transfer, each with its own mapper."""

import os

import numpy as np
import pytest
from sklearn import config_context, get_config
from sklearn.compose import ColumnTransformer
from sklearn.decomposition import PCA
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import FeatureUnion, make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler, normalize

from sktransfer import CrossLingualMapper, TransferClassifier
from sktransfer.adaptation import (
    CORAL,
    CorrespondenceFeatures,
    DomainScaler,
    SubspaceAlignment,
    TransferComponentAnalysis,
)
from sktransfer.datasets import make_bilingual_reviews
from sktransfer.model_selection import TargetKFold

pd = pytest.importorskip("pandas")

PHOTO = [f"photo{k}" for k in range(8)]
NUMBERS = ["price", "weight"]


def with_views(reviews, rng):
    """A frame of the texts, photo features and numbers, all shifted in the target."""
    n, target = len(reviews.data), reviews.sample_domain < 0
    sign = np.where(reviews.target == "positive", 1, -1)[:, None]
    photo = rng.normal(size=(n, 8)) * np.linspace(2, 0.5, 8) + 0.5 * sign
    mixing = np.eye(8) + 0.3 * rng.normal(size=(8, 8))
    photo[target] = photo[target] @ (mixing @ mixing.T) + 3
    numbers = rng.normal(size=(n, 2)) + 0.5 * sign
    numbers[target] = numbers[target] * [140, 0.45] + [900, 2]
    frame = pd.DataFrame(photo, columns=PHOTO)
    frame[NUMBERS] = numbers
    frame["review"] = reviews.data
    return frame


@pytest.fixture(scope="module")
def products():
    """English books and German music, both with photos and numbers."""
    reviews = make_bilingual_reviews(190)
    frame = with_views(reviews, np.random.default_rng(0))
    hidden = np.where(reviews.sample_domain > 0, reviews.target, None)
    return frame, reviews.target, hidden, reviews.sample_domain, reviews.dictionary


def parts(dictionary):
    return {
        "review": (CrossLingualMapper(dictionary), "review"),
        "photo": (CORAL(reg=0.01), PHOTO),
        "numbers": (DomainScaler(), NUMBERS),
    }


def fitted(mapper, frame, hidden, d):
    model = TransferClassifier(LogisticRegression(max_iter=1000), mapper=mapper)
    return model.fit(frame, hidden, sample_domain=d)


@pytest.mark.parametrize("routing", [False, True])
def test_every_part_gets_the_domain_of_its_rows(products, routing):
    frame, _, hidden, d, dictionary = products
    mapper = ColumnTransformer([(k, *part) for k, part in parts(dictionary).items()])
    with config_context(enable_metadata_routing=routing):
        model = fitted(mapper, frame, hidden, d)
        assert get_config()["enable_metadata_routing"] is routing
    fit = model.mapper_.named_transformers_
    alone = CORAL(reg=0.01).fit(frame[PHOTO], sample_domain=d)
    np.testing.assert_allclose(fit["photo"].coef_, alone.coef_)
    alone = DomainScaler().fit(frame[NUMBERS], sample_domain=d)
    np.testing.assert_array_equal(fit["numbers"].means_, alone.means_)
    text = CrossLingualMapper(dictionary).fit(frame["review"], hidden, d)
    np.testing.assert_allclose(
        fit["review"].transform(frame["review"][:5]),
        text.transform(frame["review"][:5]),
        rtol=1e-5,
    )


def test_views_together_beat_each_of_them(products):
    frame, y, hidden, d, dictionary = products
    target, every = d < 0, parts(dictionary)
    score = {
        kinds: fitted(
            ColumnTransformer([(k, *every[k]) for k in kinds]), frame, hidden, d
        ).score(frame[target], y[target])
        for kinds in (("review",), ("photo",), ("numbers",), tuple(every))
    }
    together = score.pop(tuple(every))
    assert together > 0.88
    assert together > max(score.values()) + 0.03
    assert min(score.values()) > 0.7


def test_mappers_inside_pipelines_and_unions(products):
    frame, y, hidden, d, dictionary = products
    text, numbers = (parts(dictionary)[k] for k in ("review", "numbers"))
    photo = FeatureUnion(
        [
            ("aligned", SubspaceAlignment(4)),
            ("components", make_pipeline(DomainScaler(), TransferComponentAnalysis(4))),
        ]
    )
    columns = ColumnTransformer(
        [("review", *text), ("photo", photo, PHOTO), ("numbers", *numbers)]
    )
    model = fitted(make_pipeline(columns, StandardScaler()), frame, hidden, d)
    assert model.score(frame[d < 0], y[d < 0]) > 0.8
    union = model.mapper_[0].named_transformers_["photo"]
    scaler = union.transformer_list[1][1][0]
    np.testing.assert_array_equal(scaler.domains_, np.unique(d))


def test_one_language_with_pivots(rng):
    reviews = make_bilingual_reviews(190, target="en/music")
    frame = with_views(reviews, rng)
    text = make_pipeline(
        TfidfVectorizer(min_df=2), CorrespondenceFeatures(50, output="profiles")
    )
    mapper = ColumnTransformer(
        [("review", text, "review"), ("numbers", DomainScaler(), NUMBERS)]
    )
    d = reviews.sample_domain
    hidden = np.where(d > 0, reviews.target, None)
    model = fitted(mapper, frame, hidden, d)
    assert model.score(frame[d < 0], reviews.target[d < 0]) > 0.8
    names = model.mapper_.get_feature_names_out()
    assert names[0].startswith("review__cosine(")


def test_search_over_the_mapper_of_one_view(products):
    frame, y, _, d, dictionary = products
    every = parts(dictionary)
    mapper = ColumnTransformer([(k, *every[k]) for k in ("photo", "numbers")])
    search = GridSearchCV(
        TransferClassifier(LogisticRegression(max_iter=1000), mapper=mapper),
        {"mapper__photo": [CORAL(reg=0.01), "passthrough"]},
        cv=TargetKFold(3),
    )
    search.fit(frame, y, groups=d, sample_domain=d)
    assert isinstance(search.best_params_["mapper__photo"], CORAL)


@pytest.mark.realdata
@pytest.mark.skipif("SKTRANSFER_DATA" not in os.environ, reason="no data folder")
def test_two_views_of_the_same_images():
    from sktransfer.datasets import load_office_caltech

    surf, deep = (
        load_office_caltech("amazon", "webcam", features=f)
        for f in ("surf", "googlenet")
    )
    np.testing.assert_array_equal(surf.target, deep.target)
    d, y = surf.sample_domain, surf.target
    n_surf, n = surf.data.shape[1], surf.data.shape[1] + deep.data.shape[1]
    X = np.hstack([surf.data, deep.data])

    def view(*steps):
        scaled = FunctionTransformer(normalize), StandardScaler()
        return make_pipeline(*scaled, PCA(50, random_state=0), *steps)

    views = {
        "surf": (view(CORAL()), slice(0, n_surf)),
        "googlenet": (view(CORAL()), slice(n_surf, n)),
    }
    hidden = np.where(d > 0, y, np.nan)
    score = {}
    for kinds in (("surf",), ("googlenet",), ("surf", "googlenet")):
        mapper = ColumnTransformer([(k, *views[k]) for k in kinds])
        model = fitted(mapper, X, hidden, d)
        score[kinds] = model.score(X[d < 0], y[d < 0])
    # ten classes
    assert score["surf",] > 0.3
    assert score["googlenet",] > 0.75
    assert score["surf", "googlenet"] > score["googlenet",] + 0.02
