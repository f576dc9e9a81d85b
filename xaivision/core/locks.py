"""One re-entrant lock per model object, whichever adapters wrap it."""

from threading import Lock, RLock
from typing import Any
from weakref import WeakKeyDictionary

_guard = Lock()
_locks: "WeakKeyDictionary[Any, Any]" = WeakKeyDictionary()


def lock_of(model: object) -> Any:
    """The lock of this model object. Two threads that hook one module without it get each other's maps, with no error.

    Raises: TypeError, where the object cannot be referenced weakly or hashed.
    """
    with _guard:
        return _locks.setdefault(model, RLock())
