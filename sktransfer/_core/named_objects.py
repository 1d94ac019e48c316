"""Objects that a user names by module and attribute, such as "jieba:lcut"."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import Any


@cache
def import_named(name: str) -> Any:
    """What "module:attribute" names; it is imported once."""
    module, _, attribute = name.partition(":")
    found: Any = import_module(module)
    for part in attribute.split("."):
        found = getattr(found, part)
    return found


@cache
def named_object(name: str, what: str) -> Any:
    """What a parameter names; of a class one object, made without arguments.

    The same object each time: what it loads is loaded once.
    """
    module, _, attribute = name.partition(":")
    if not (module and attribute):
        raise ValueError(
            f"{what} must name a module and what is in it, as 'module:function'; got "
            f"{name!r}."
        )
    try:
        found = import_named(name)
    except (ImportError, AttributeError) as error:
        raise ValueError(
            f"{what}={name!r} cannot be imported: {error}. Install the module, or "
            "write 'module:function' as Python would import it."
        ) from error
    return found() if isinstance(found, type) else found
