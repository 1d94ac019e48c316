"""Every public object is documented the way numpydoc wants it."""

import doctest
import importlib
import inspect
import pkgutil
import tomllib
from pathlib import Path

import pytest
from numpydoc.validate import validate

import sktransfer

CONFIGURATION = Path(__file__).parents[1] / "pyproject.toml"
CHECKS = tomllib.loads(CONFIGURATION.read_text())["tool"]["numpydoc_validation"][
    "checks"
]
MODULES = sorted(
    m.name
    for m in pkgutil.walk_packages(sktransfer.__path__, "sktransfer.")
    if not m.name.endswith("__main__")
)


def public_objects():
    """Names under which public classes, functions and methods can be imported."""
    for module_name in ["sktransfer", *MODULES]:
        module = importlib.import_module(module_name)
        if any(p.startswith("_") for p in module_name.split(".")[1:]):
            continue
        for name in getattr(module, "__all__", ()):
            obj = getattr(module, name)
            if not (inspect.isclass(obj) or inspect.isfunction(obj)):
                continue
            yield f"{module_name}.{name}"
            if inspect.isclass(obj):
                for method, value in inspect.getmembers(obj):
                    if method.startswith("_") or not callable(value):
                        continue
                    if getattr(value, "__module__", "").startswith("sktransfer"):
                        yield f"{module_name}.{name}.{method}"


PUBLIC = sorted(set(public_objects()))


@pytest.mark.parametrize("name", PUBLIC)
def test_numpydoc(name):
    found = [
        f"{code}: {text}" for code, text in validate(name)["errors"] if code in CHECKS
    ]
    assert not found, "\n".join(found)


@pytest.mark.parametrize("module", MODULES)
def test_examples_run(module):
    result = doctest.testmod(
        importlib.import_module(module),
        optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE,
    )
    assert result.failed == 0


@pytest.mark.parametrize("name", PUBLIC)
def test_public_signatures_are_typed(name):
    module, _, attribute = name.rpartition(".")
    try:
        obj = getattr(importlib.import_module(module), attribute)
    except ModuleNotFoundError:
        owner, _, cls = module.rpartition(".")
        obj = getattr(getattr(importlib.import_module(owner), cls), attribute)
    function = obj.__init__ if inspect.isclass(obj) else obj
    if not inspect.isfunction(function):
        return
    for p in inspect.signature(function).parameters.values():
        if p.name not in ("self", "cls"):
            assert p.annotation is not p.empty, f"{name}: {p.name} has no type"
