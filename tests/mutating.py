"""Code that is broken on purpose: a copy of a module from its changed source, put in the place of what it was made of."""

import importlib.util
import inspect
import sys
from collections.abc import Callable
from typing import NamedTuple


class Mutant(NamedTuple):
    """`engine` with the text `before` replaced by `after`; `check()` must fail then."""

    name: str
    engine: str
    before: str
    after: str
    check: Callable[[], None]


def broken(mutant, engine, folder):
    """The module made from its changed source."""
    source = inspect.getsource(engine)
    assert source.count(mutant.before) == 1, f"{mutant.name}: the text to change is no longer there once"
    file = folder / "mutated.py"
    file.write_text(source.replace(mutant.before, mutant.after))
    specification = importlib.util.spec_from_file_location(engine.__name__, file)
    changed = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(changed)
    return changed


def made_in(module):
    """The functions and classes of a module, by name."""
    return {
        name: made
        for name, made in vars(module).items()
        if (inspect.isfunction(made) or inspect.isclass(made)) and made.__module__ == module.__name__
    }


def put_everywhere(changed, module, monkeypatch, rooms):
    """Put what the changed module makes in the place of the module's, in every loaded module whose name starts with a room's."""
    known = made_in(module)
    for holder in [one for name, one in list(sys.modules.items()) if one is not None and name.startswith(rooms)]:
        for name, made in list(vars(holder).items()):
            if any(made is one for one in known.values()):
                monkeypatch.setattr(holder, name, getattr(changed, made.__name__))
