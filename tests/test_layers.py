"""Imports point one way, and nothing heavy is imported."""

import ast
import graphlib
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
CORE_IMPORTS = {"numpy", "scipy", "sklearn", "sktransfer"}
RUNTIME = CORE_IMPORTS | {"gensim", "joblib", "threadpoolctl"}
OPTIONAL = {"pandas", "matplotlib", "tomotopy", "pyarrow", "polars"}
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
