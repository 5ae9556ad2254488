"""Whether a plug-in takes what it is called with, looked at before anything is made of it."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection, Sequence
from typing import Any

from wayside.edge.errors import PluginError, place_of
from wayside.edge.plugin import CONTEXT, parameters


def check_function(code: Any, takes: Sequence[str], options: Collection[str]) -> None:
    """PluginError where a function, or a class whose objects are called, does not take these positional arguments."""
    if not isinstance(code, type):
        _check(code, takes, options)
        return
    _check(code, (), options)
    _check_method(code, "__call__", takes)


def check_class(
    code: type, takes: Sequence[str], options: Collection[str], base: type, needs: Sequence[str] = ()
) -> None:
    """PluginError where a class is not made with these positional arguments, where its methods do not take those of the
    base's, and where it has none of its own of those that it needs.

    Methods marked with `every` are called with nothing, those marked with `on` with what is heard.
    """
    _check(code, takes, options)
    for name, member in vars(base).items():
        if inspect.isfunction(member) and (name in needs or not name.startswith("_")):
            if name in needs and getattr(code, name) is member:
                raise PluginError(f"{code.__qualname__} must have a method {name}({', '.join(_positional(member))})")
            _check_method(code, name, _positional(member))
    for name in dir(code):
        member = inspect.getattr_static(code, name)
        if hasattr(member, "every_ticks") or hasattr(member, "hears"):
            _check_method(code, name, ("heard",) if hasattr(member, "hears") else ())


def check_some(code: type, base: type, some: Sequence[str]) -> None:
    """PluginError where a class has none of these methods of its own: it would do nothing."""
    if all(getattr(code, name) is getattr(base, name) for name in some):
        told = [f"{name}({', '.join(_positional(getattr(base, name)))})" for name in some]
        raise PluginError(f"{code.__qualname__} must have a method of its own: {', '.join(told)}")


def _positional(method: Callable[..., Any]) -> list[str]:
    """The names of a method's positional parameters, `self` left out."""
    kinds = inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD
    return [one.name for one in parameters(method).values() if one.kind in kinds][1:]


def _check_method(code: type, name: str, takes: Sequence[str]) -> None:
    member = inspect.getattr_static(code, name, None)
    if isinstance(member, staticmethod):
        _check(member.__func__, takes, ())
    elif inspect.isfunction(member):
        _check(member, takes, (), bound=True)


def _check(code: Any, takes: Sequence[str], options: Collection[str], bound: bool = False) -> None:
    try:
        signature = inspect.signature(code)
    except (TypeError, ValueError):  # written in C
        return
    keywords = {name: None for name in (*options, CONTEXT) if name in signature.parameters}
    try:
        signature.bind(*[None] * bound, *takes, **keywords)
    except TypeError:
        wanted = f"must take ({', '.join(takes)})" if takes else "must take nothing" + (" but options" * (not bound))
        said = f"{getattr(code, '__qualname__', code)}{_told(signature)}"
        method = "__init__" if isinstance(code, type) else "__call__"
        raise PluginError(f"{said}: {wanted}{place_of(code, method)}") from None


def _told(signature: inspect.Signature) -> str:
    """Its parameters, without what they are."""
    plain = [
        one.replace(annotation=one.empty, default=one.empty if one.default is one.empty else ...)
        for one in signature.parameters.values()
    ]
    return str(inspect.Signature(plain)).replace("=Ellipsis", "=...")
