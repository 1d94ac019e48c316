"""Objects that a user names by module and attribute, such as "jieba:lcut"."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import Any


@cache
def import_named(name: str, expected: str) -> Any:
    """What "module:attribute" names; an error says what a parameter expects."""
    module, _, attribute = name.partition(":")
    if not (module and attribute):
        raise ValueError(f"{expected}; got {name!r}.")
    try:
        found: Any = import_module(module)
        for part in attribute.split("."):
            found = getattr(found, part)
    except (ImportError, AttributeError) as error:
        raise ValueError(
            f"{expected}; {name!r} cannot be imported: {error}. Install the package, "
            "or check the name."
        ) from error
    return found


@cache
def named_object(name: str, what: str) -> Any:
    """What a parameter names; of a class one object, made without arguments.

    The same object each time: what it loads is loaded once.
    """
    expected = f"{what} as a str must name what is in a module, 'module:function'"
    found = import_named(name, expected)
    return found() if isinstance(found, type) else found
