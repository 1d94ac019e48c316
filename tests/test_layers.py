"""Imports point one way, and nothing heavy is imported."""

import ast
import dataclasses
import graphlib
import inspect
import pydoc
import re
import subprocess
import sys
from pathlib import Path

import pytest

import sktransfer

ROOT = Path(sktransfer.__file__).parent
CAPABILITIES = {
    "adaptation",
    "crosslingual",
    "datasets",
    "embedding",
    "metrics",
    "model_selection",
    "recommend",
    "selection",
    "weighting",
}
# rooms that may be imported, by room; the further down, the fewer
ALLOWED = {
    "_core": set(),
    "text": {"_core"},
    "moments": {"_core"},
    **{name: {"_core", "text", "moments"} for name in CAPABILITIES},
    "privacy": {"_core", "moments"},
    "federated": {"_core", "moments", "privacy"},
}
ALLOWED["transfer"] = set(ALLOWED) - {"datasets", "federated"}
ALLOWED["base"] = {"adaptation", "crosslingual", "recommend", "transfer", "weighting"}
ALLOWED["inspection"] = set(ALLOWED) - {"base"}
ALLOWED["_cli"] = set(ALLOWED)
ALLOWED["__main__"] = set(ALLOWED)
ALLOWED["testing"] = {"metrics", "model_selection", "recommend", "transfer"}
ALLOWED["utils"] = {"_core"}
ALLOWED["__init__"] = set(ALLOWED)
CORE_IMPORTS = {"narwhals", "numpy", "scipy", "sklearn", "sktransfer"}
RUNTIME = CORE_IMPORTS | {"gensim", "joblib", "threadpoolctl"}
OPTIONAL = {"pandas", "matplotlib", "tomotopy", "pyarrow", "polars", "openpyxl"}
OPTIONAL |= {"dask", "distributed", "flwr"}
# gensim takes a second to import: never at import time, and in the core in one file
LAZY = OPTIONAL | {"gensim"}


def imports(path, *, top_level=False):
    """Absolute modules that a file imports."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    nodes = tree.body if top_level else ast.walk(tree)
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            yield node.module


def layer(path):
    return path.relative_to(ROOT).parts[0].removesuffix(".py")


FILES = sorted(ROOT.rglob("*.py"))


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(ROOT)))
def test_imports_point_down(path):
    here = layer(path)
    for module in imports(path):
        parts = module.split(".")
        if parts[0] == "sktransfer" and here != "__main__":
            assert len(parts) > 1, f"{path} imports the whole package"
            assert parts[1] in ALLOWED[here] | {here}, f"{here} may not import {module}"


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(ROOT)))
def test_no_room_reads_private_modules_of_another(path):
    for module in imports(path):
        parts = module.split(".")
        if parts[0] != "sktransfer" or parts[1:2] in ([], ["_core"], [layer(path)]):
            continue
        if layer(path) == "__main__" and parts[1] == "_cli":
            continue
        private = [part for part in parts[1:] if part.startswith("_")]
        assert not private, f"{path} imports {module}"


def test_rooms_make_no_circle():
    order = list(graphlib.TopologicalSorter(ALLOWED).static_order())
    assert set(order) == {layer(path) for path in FILES}


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(ROOT)))
def test_only_declared_packages_are_imported(path):
    allowed = RUNTIME if layer(path) != "_core" else CORE_IMPORTS
    if path == ROOT / "_core" / "word_vectors" / "training.py":
        allowed = allowed | {"gensim"}
    for module in imports(path):
        name = module.split(".")[0]
        assert name in allowed | OPTIONAL or name in sys.stdlib_module_names, module
    for module in imports(path, top_level=True):
        name = module.split(".")[0]
        assert name not in LAZY, f"{path} imports {name} at import time"


def test_importing_changes_nothing_and_loads_nothing_optional():
    code = (
        "import sys, warnings, sklearn, sklearn.linear_model, sklearn.decomposition;"
        "import sklearn.pipeline; before = sklearn.get_config();"
        "filters, modules = list(warnings.filters), set(sys.modules);"
        "import sktransfer, sktransfer.datasets;"
        "assert sklearn.get_config() == before; assert warnings.filters == filters;"
        "loaded = set(sys.modules) - modules;"
        "loaded &= {'torch', 'pandas', 'matplotlib', 'gensim'};"
        "assert not loaded, loaded"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout == ""


TESTS = Path(__file__).parent
# Tests use public names. The one exception: functions that map arrays to arrays, and
# records of arrays, which one file of tests compares with an independent solver, brute
# force or a sum by hand.
MATHS = {  # that file, by private module
    "_core.agreement": "_core/test_agreement.py",
    "_core.calibration": "weighting/test_calibration.py",
    "_core.correspondence": "_core/test_correspondence.py",
    "_core.cross_fit": "_core/test_cross_fit.py",
    "_core.kernels": "_core/test_kernels.py",
    "_core.linalg": "_core/test_linalg.py",
    "_core.mixtures": "_core/test_mixtures.py",
    "_core.nystroem": "_core/test_nystroem.py",
    "_core.rows": "_core/test_rows.py",
    "_core.topk": "_core/test_topk.py",
    "_core.word_vectors.cooccurrence": "_core/test_cooccurrence.py",
    "_core.word_vectors.glove": "_core/test_glove.py",
    "_core.word_vectors.ppmi": "_core/test_ppmi.py",
    "adaptation._view_weights": "adaptation/test_multi_view.py",
    "crosslingual.alignments._dictionary_induction": "crosslingual/test_induction.py",
    "crosslingual.word_spaces._context": "crosslingual/test_context.py",
    "embedding._pooling": "embedding/test_pooling.py",
    "privacy._gaussian_noise": "privacy/test_noise.py",
    "privacy._privatize": "privacy/test_audit.py",
    "recommend._local_ridge": "recommend/test_local_ridge.py",
    "recommend._similar_items": "recommend/test_similar_items.py",
    "recommend._singular_vectors": "recommend/test_singular.py",
    "recommend._sparse_topk": "recommend/test_sparse_topk.py",
    "recommend.collaborative._als_solver": "recommend/test_als_solver.py",
    "recommend.collaborative._ease_weights": "recommend/test_ease_weights.py",
    "recommend.content._kernel_ridge": "recommend/test_kernel_ridge.py",
    "recommend.markets._similarity": "recommend/test_similarity.py",
    "recommend.sequences._learned_blend": "recommend/test_learned_blend.py",
    "recommend.sequences._sessions": "recommend/test_learned_blend.py",
    "selection._plsa": "selection/test_topic_models.py",
    "selection._topic_agreement": "selection/test_topic_agreement.py",
    "selection._topic_transformer": "selection/test_topic_models.py",
    "transfer.conformal._calibration_rows": "transfer/test_conformal.py",
    "transfer.strategies._penalty_paths": "transfer/test_penalty_paths.py",
    "transfer.strategies._soft_labels": "transfer/test_soft_labels.py",
    "transfer.strategies._tradaboost": "transfer/test_tradaboost.py",
    "transfer.strategies._tradaboost_r2": "transfer/test_tradaboost_r2.py",
    "transfer.strategies._shared_directions": "transfer/test_shared_directions.py",
    "transfer.auto._evidence": "transfer/test_expected_scores.py",
    "transfer.auto._expected_scores": "transfer/test_expected_scores.py",
    "transfer.auto._regression_runs": "transfer/test_auto_regressor.py",
    "weighting._kliep": "weighting/test_kliep_solver.py",
    "weighting._relative_density": "weighting/test_relative_ratio.py",
    "weighting.label_shift._assumption_test": "weighting/test_assumption.py",
    "weighting.label_shift._calibration_error": "weighting/test_calibration.py",
    "weighting.label_shift._class_share_estimates": "weighting/test_label_shift.py",
    "weighting.mean_matching._weight_regression": "weighting/test_weight_regression.py",
    "weighting.mean_matching._weights_qp": "weighting/test_qp.py",
}


def private_names(path):
    """Private names of the package in a file's imports and strings."""
    names = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names += [f"{node.module}.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            names += re.findall(r"\bsktransfer(?:\.\w+)+", node.value)
    own = [name for name in names if name.startswith("sktransfer.")]
    return [name for name in own if re.search(r"\._(?!_)", name)]


TEST_FILES = {str(path.relative_to(TESTS)): path for path in TESTS.rglob("*.py")}


@pytest.mark.parametrize("name", sorted(TEST_FILES))
def test_tests_import_public_names_and_the_maths_they_check(name):
    modules = set()
    for private in private_names(TEST_FILES[name]):
        found = pydoc.locate(private)
        record = isinstance(found, type) and (
            dataclasses.is_dataclass(found) or issubclass(found, tuple)
        )
        assert record or inspect.isfunction(found), f"{name} reads {private}"
        modules.add(found.__module__.removeprefix("sktransfer."))
    assert modules == {module for module, test in MATHS.items() if test == name}


def test_the_tests_of_maths_exist():
    assert set(MATHS.values()) <= set(TEST_FILES)
