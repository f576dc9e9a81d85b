"""The subject of an audit: the model, and how another process gets one of its own."""

from collections.abc import Callable
from typing import Any, cast

from xaivision.core.classifier import ClassifierAdapter
from xaivision.core.errors import InputError

MakeModel = Callable[[], ClassifierAdapter]


class Subject:
    """`name`: what whoever wants the audit calls the model. `make` makes it anew in another process; None: it cannot be."""

    def __init__(self, name: str, model: ClassifierAdapter, make: MakeModel | None = None) -> None:
        self.name = name
        self._model: ClassifierAdapter | None = model
        self._make = make

    @property
    def model(self) -> ClassifierAdapter:
        """The model, made once in each process."""
        if self._model is None and self._make is not None:
            self._model = self._make()
        return cast(ClassifierAdapter, self._model)  # who has none has a way to make it

    def __getstate__(self) -> dict[str, Any]:
        """What another process is told.

        Raises: InputError, where the model cannot be made anew.
        """
        if self._make is None:
            raise InputError(
                "`executor` 'process' needs a model that each process can make for itself: the name of one, or "
                f"'package.module:factory'. Got {self._model!r}. Name it, or use the executor 'serial'."
            )
        return {"name": self.name, "_make": self._make, "_model": None}
