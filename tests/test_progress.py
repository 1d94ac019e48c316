"""Fits tell what they do, how much is left, and are whole or not there."""

import io
import pickle
import re

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline

from sktransfer import (
    AutoTransferClassifier,
    AutoTransferRegressor,
    CrossLingualMapper,
    TransferClassifier,
    TransferRecommender,
    TransferRegressor,
)
from sktransfer.adaptation import CORAL, MultiViewMapper, TransferComponentAnalysis
from sktransfer.crosslingual import SelfLearningAlignment
from sktransfer.embedding import EmbeddingVectorizer, WordVectors
from sktransfer.recommend import (
    ALSRecommender,
    AutoTransferRecommender,
    ColdStartRecommender,
    EASERecommender,
)
from sktransfer.selection import PLSA, GibbsLDA
from sktransfer.transfer.strategies import Distillation
from sktransfer.utils import show_progress
from sktransfer.weighting import KMMInstanceWeighter

LINE = re.compile(
    r"( *)(\w+): (.*?) \((\d+) of (\d+)\)(?:: (.*) \((\d+) of (\d+)\))?, "
)

RNG = np.random.RandomState(0)
D = np.repeat([1, -1], 30)
X = RNG.normal(size=(60, 4)) + (D[:, None] < 0) * 0.5
Y = (X[:, 0] > 0.2).astype(int)
COUNTS = RNG.poisson(0.7, size=(60, 12)).astype(float)
CONTENT = RNG.normal(size=(12, 3))
TEXTS = ["good warm coat", "bad cold coat", "good coat", "bad shoe cold"] * 6
CANDIDATES = [
    ("source only", TransferClassifier()),
    ("distilled", TransferClassifier(strategy="distill")),
]


def rows(model):
    return model.fit(X, Y, sample_domain=D)


def unlabelled(model):
    return model.fit(X, sample_domain=D)


def interactions(model):
    return model.fit(COUNTS)


def markets(model):
    return model.fit(COUNTS, sample_domain=D)


def texts(model):
    return model.fit(TEXTS)


FITS = {
    "auto": (AutoTransferClassifier(CANDIDATES, guard=False), rows),
    "pooled": (TransferClassifier(), rows),
    "distilled": (TransferClassifier(strategy=Distillation(match_shares=True)), rows),
    "regressor": (TransferRegressor(strategy="distill"), rows),
    "auto regressor": (AutoTransferRegressor(guard=False), rows),
    "weighter": (KMMInstanceWeighter(gamma=1.0, B=5), unlabelled),
    "tca": (TransferComponentAnalysis(2), unlabelled),
    "tca without domains": (
        TransferComponentAnalysis(2),
        lambda model: model.fit(X),
    ),
    "plsa": (PLSA(2, max_iter=5, random_state=0), interactions),
    "als": (ALSRecommender(2, max_iter=3, tol=0), interactions),
    "ease": (EASERecommender(), interactions),
    "markets": (TransferRecommender(ALSRecommender(2, max_iter=2)), markets),
    "auto recommender": (AutoTransferRecommender(), markets),
    "cold start": (ColdStartRecommender(CONTENT), interactions),
    "cold start, blocks": (
        ColdStartRecommender({"a": CONTENT, "b": CONTENT[:, :1] ** 2}),
        interactions,
    ),
    "glove": (WordVectors("glove", vector_size=3, epochs=3, random_state=0), texts),
    "embedding": (
        EmbeddingVectorizer(WordVectors("ppmi", vector_size=3, random_state=0)),
        texts,
    ),
    "self-learning": (
        SelfLearningAlignment(max_iter=4, random_state=0),
        lambda model: model.fit(X, X @ np.diag([1.0, 2.0, 1.0, 1.0])),
    ),
    "cross-lingual": (
        CrossLingualMapper([("good", "gut"), ("bad", "schlecht"), ("coat", "mantel")]),
        lambda model: model.fit(
            [*TEXTS, *["gut mantel", "schlecht mantel"] * 6],
            sample_domain=np.repeat([1, -1], [24, 12]),
        ),
    ),
}
pytestmark = pytest.mark.filterwarnings("ignore")
every_fit = pytest.mark.parametrize(("model", "fit"), FITS.values(), ids=list(FITS))


def told(model, fit):
    """Lines about the fit of a clone, all that there are."""
    file = io.StringIO()
    with show_progress(file=file, every=0):
        fit(clone(model))
    return file.getvalue().splitlines()


class Interrupts(io.StringIO):
    """A file in which a user presses Ctrl-C at a line."""

    def __init__(self, line):
        super().__init__()
        self.left = line

    def write(self, text):
        if text != "\n":
            self.left -= 1
            if self.left == 0:
                raise KeyboardInterrupt
        return super().write(text)


@every_fit
def test_steps_count_up_to_their_number(model, fit):
    name, own = type(model).__name__, []
    for line in told(model, fit):
        found = LINE.match(line)
        assert found is not None, line
        if not found[1]:
            assert found[2] == name
            step = int(found[4]), int(found[5])
            if not own or own[-1] != step:
                own.append(step)
        if found[7] is not None:
            assert 1 <= int(found[7]) <= int(found[8])
    total = len(own)
    if name in ("EASERecommender", "KMMInstanceWeighter", "CrossLingualMapper"):
        return  # one step, that is not named
    if name == "SelfLearningAlignment":  # may stop early
        assert own == [(i + 1, 4) for i in range(total)]
        return
    assert own == [(i + 1, total) for i in range(total)]


@every_fit
def test_a_silent_fit_writes_nothing(model, fit, capfd):
    fit(clone(model))
    assert capfd.readouterr() == ("", "")


@every_fit
def test_an_interrupted_fit_is_not_there(model, fit):
    """Wherever it is interrupted; and an earlier fit stays as it was."""
    n_lines = len(told(model, fit))
    model = clone(model)
    for line in sorted({1, 2, n_lines // 2, n_lines} & set(range(1, n_lines + 1))):
        before = dict(vars(model))
        with pytest.raises(KeyboardInterrupt) as caught:
            with show_progress(file=Interrupts(line), every=0):
                fit(model)
        message = str(caught.value)
        assert message.startswith(f"fit was interrupted in {type(model).__name__}: ")
        assert "is as it was before" in message
        after = vars(model)
        assert after.keys() == before.keys()
        assert all(after[name] is before[name] for name in before)
    fit(model)
    again = dict(vars(model))
    assert any(name.endswith("_") for name in again)
    if n_lines:
        with pytest.raises(KeyboardInterrupt):
            with show_progress(file=Interrupts(n_lines), every=0):
                fit(model)
        assert vars(model).keys() == again.keys()
        assert all(vars(model)[name] is again[name] for name in again)


@every_fit
def test_parameters_clones_and_files_know_nothing_of_it(model, fit):
    with show_progress(file=io.StringIO()):
        fitted = fit(clone(model))
    assert "verbose" not in model.get_params()
    assert vars(clone(fitted)).keys() == vars(model).keys()
    assert vars(pickle.loads(pickle.dumps(fitted))).keys() == vars(fitted).keys()
    assert not [name for name in vars(fitted) if "callback_" in name]


def test_the_message_names_all_that_ran():
    model = AutoTransferClassifier(CANDIDATES, guard=False)
    lines = told(model, rows)
    teacher = next(i for i, line in enumerate(lines) if "teacher" in line) + 1
    with pytest.raises(KeyboardInterrupt, match="distilled") as caught:
        with show_progress(file=Interrupts(teacher), every=0):
            rows(model)
    assert str(caught.value) == (
        "fit was interrupted in AutoTransferClassifier: candidate 'distilled' (3 of "
        "4): half of the labels (1 of 2) > TransferClassifier: train by Distillation "
        "(3 of 3): teacher (1 of 3). The AutoTransferClassifier is as it was before "
        "this fit."
    )


def test_an_interrupt_outside_our_steps_is_told_too():
    class Interrupted(LogisticRegression):
        def fit(self, X, y, sample_weight=None):
            raise KeyboardInterrupt

    model = TransferClassifier(Interrupted())
    with pytest.raises(KeyboardInterrupt, match=r"train by Pooling \(3 of 3\)"):
        rows(model)
    assert not hasattr(model, "strategy_")


def test_time_left_is_the_mean_of_what_is_done(monkeypatch):
    """Rounds of 1, 3 and 200 seconds: after one, two as long; after two, their mean."""
    seconds, now = iter([1.0, 3.0, 200.0]), 0.0
    monkeypatch.setattr("time.monotonic", lambda: now)

    class Clock(io.StringIO):
        def flush(self):
            nonlocal now
            now += next(seconds)

    with show_progress(file=(file := Clock()), every=0):
        interactions(ALSRecommender(2, max_iter=3, tol=0))
    what = "ALSRecommender: round of least squares"
    assert file.getvalue().splitlines() == [
        f"{what} (1 of 3), 0 s",
        f"{what} (2 of 3), 1 s, about 2 s left",
        f"{what} (3 of 3), 4 s, about 2 s left",
    ]


def test_lines_within_wait_and_steps_do_not(monkeypatch):
    monkeypatch.setattr("time.monotonic", lambda: 0.0)
    file = io.StringIO()
    with show_progress(file=file):
        rows(AutoTransferClassifier(CANDIDATES, guard=False))
    steps = file.getvalue().splitlines()
    assert len(steps) == 4
    assert all(line.startswith("AutoTransferClassifier: ") for line in steps)


def test_sampling_in_pieces_draws_as_in_one():
    tomotopy = pytest.importorskip("tomotopy")
    counts = COUNTS.astype(int)
    model = GibbsLDA(3, n_iter=25, random_state=0).fit(counts)
    whole = tomotopy.LDAModel(
        k=3, alpha=0.1, eta=0.01, seed=int(np.random.RandomState(0).randint(2**31 - 1))
    )
    for row in counts:
        if row.any():
            whole.add_doc(np.repeat(np.arange(12).astype(str), row).tolist())
    whole.train(25, workers=1)
    columns = [int(word) for word in whole.used_vocabs]
    topics = np.array([whole.get_topic_word_dist(z) for z in range(3)])
    np.testing.assert_array_equal(model.components_[:, columns], topics)


def test_word2vec_tells_its_passes():
    pytest.importorskip("gensim")
    lines = told(WordVectors("skipgram", vector_size=3, epochs=3), texts)
    assert [LINE.match(line)[4] for line in lines] == ["1", "2", "3"]


class Recorder:
    """A callback of scikit-learn that notes what it is told."""

    max_propagation_depth = None

    def __init__(self):
        self.told = []

    def setup(self, estimator, context):
        self.told.append(("setup", context.task_name))

    def on_fit_task_begin(self, estimator, context):
        name = type(estimator).__name__
        self.told.append(("begin", name, context.task_name, context.max_subtasks))

    def on_fit_task_end(self, estimator, context):
        self.told.append(("end", type(estimator).__name__, context.task_name))

    def teardown(self, estimator, context):
        self.told.append(("teardown", context.task_name))


has_callbacks = pytest.mark.skipif(
    not hasattr(TransferClassifier, "set_callbacks"),
    reason="callbacks need scikit-learn 1.9",
)


def test_callbacks_are_there_where_scikit_learn_has_them():
    try:
        import sklearn.callback  # noqa: F401

        expected = True
    except ImportError:
        expected = False
    assert {hasattr(model, "set_callbacks") for model, _ in FITS.values()} == {expected}


@has_callbacks
@every_fit
def test_callbacks_are_told_of_each_step(model, fit):
    recorder = Recorder()
    fitted = fit(clone(model).set_callbacks(recorder))
    name = type(model).__name__
    first, root, *steps, end, last = recorder.told
    assert (first, last) == (("setup", "fit"), ("teardown", "fit"))
    assert root[:3] == ("begin", name, "fit")
    assert end == ("end", name, "fit")
    begun, ended = steps[::2], steps[1::2]
    assert [b[2] for b in begun] == [e[2] for e in ended]
    assert {b[1] for b in begun} <= {name}
    assert len(begun) <= root[3]
    if name != "SelfLearningAlignment":  # may stop early
        assert len(begun) == root[3]
    assert vars(fitted)["_skl_callbacks"] == [recorder]
    assert not [n for n in vars(fitted) if n.startswith("_callback_fit")]


@has_callbacks
def test_a_search_passes_its_callbacks_on():
    recorder = Recorder()
    search = GridSearchCV(
        ALSRecommender(2, max_iter=2, tol=0), {"l2": [1.0, 9.0]}, cv=2
    )
    search.set_params(scoring=lambda model, X, y=None: 0.0).set_callbacks(recorder)
    search.fit(COUNTS)
    rounds = [t for t in recorder.told if t[:2] == ("begin", "ALSRecommender")]
    assert sum(t[2] == "round of least squares" for t in rounds) == (4 + 1) * 2
    assert recorder.told[-1][0] == "teardown"
    assert sum(t[0] == "teardown" for t in recorder.told) == 1


@pytest.mark.parametrize("step", [CORAL(), MultiViewMapper([("coral", CORAL())])])
def test_a_pipeline_holds_steps_with_and_without_callbacks(step):
    recorder, pipeline = Recorder(), make_pipeline(step, LogisticRegression())
    if hasattr(pipeline, "set_callbacks"):
        pipeline.set_callbacks(recorder)
    assert pipeline.fit(X, Y).predict(X).shape == Y.shape
    assert recorder.told[-1:] in ([], [("teardown", "fit")])


@has_callbacks
@pytest.mark.parametrize("error", [KeyboardInterrupt, RuntimeError])
def test_callbacks_end_whatever_happens(error):
    class Fails(Recorder):
        def on_fit_task_end(self, estimator, context):
            raise error

    recorder = Fails()
    model = TransferClassifier().set_callbacks(recorder)
    with pytest.raises(error):
        rows(model)
    assert recorder.told[-1] == ("teardown", "fit")
    assert [name for name in vars(model) if "callback_" in name] == []
    assert rows(model.set_callbacks()).predict(X).shape == Y.shape


@has_callbacks
def test_the_progress_bar_of_scikit_learn(capsys):
    pytest.importorskip("rich")
    from sklearn.callback import ProgressBar

    rows(AutoTransferClassifier(CANDIDATES, guard=False).set_callbacks(ProgressBar()))
    shown = capsys.readouterr().out
    assert "AutoTransferClassifier" in shown
    assert "100%" in shown
