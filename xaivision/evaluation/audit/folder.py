"""The folder of an audit: what it was asked, and one file of rows and one of maps for each shard that is done."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from safetensors.numpy import load as arrays_from
from safetensors.numpy import save as arrays_to

from xaivision.core.errors import FileFormatError, InputError, MissingExtraError
from xaivision.core.whole_file import write_whole
from xaivision.evaluation.audit.lock import hold, let_go
from xaivision.evaluation.audit.part import Cost, Curve, Doubt, Part
from xaivision.evaluation.audit.rows import Row

SCHEMA, VERSION = "xaivision-audit", 2
CONFIGURATION, PARTS, LOCK = "audit.json", "parts", "audit.lock"
PICTURES, MAP = "pictures", "map:"
COMPRESSION = "zstd"
# Where a Parquet file keeps what belongs to the shard as a whole.
WHOLE = b"xaivision"
# Of the differences between two audits so many are named.
MOST_TOLD = 3
# What a digest cannot say.
DIGESTS = {
    ("model", "fingerprint"): "the model has other weights or other settings",
    ("model", "code"): "the function that is the model has other code",
    ("items", "fingerprint"): "the items hold other values, or have other names or another order",
}


@dataclass(frozen=True)
class Folder:
    """Parts on disk, each whole or absent: whatever stops an audit, what was done is kept, and is not done again."""

    path: Path

    def open(self, configuration: dict[str, Any]) -> None:
        """Make the folder for this configuration, or take up the audit of the same configuration that it holds.

        Raises: InputError, where it holds an audit of something else, or files of something else, or cannot be written, or where
        another process works on it;
        MissingExtraError, where the package that writes Parquet files is missing.
        """
        _parquet()
        written = json.dumps({"schema": SCHEMA, "version": VERSION, **configuration}, indent=1, sort_keys=True).encode()
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            if not any(map(_is_held, self.path.iterdir())):
                write_whole(self.path / CONFIGURATION, written)
            self._check_same(json.loads(written))
            hold(self.path / LOCK)
            (self.path / PARTS).mkdir(exist_ok=True)
        except OSError as error:
            raise InputError(
                f"`out` must be a folder that can be written. Got `{self.path}`: {error.strerror}. Name another, or make room."
            ) from error

    def holds(self, shard: int) -> bool:
        """Whether this shard is done."""
        return all(self._file(shard, kind).exists() for kind in ("safetensors", "parquet"))

    def write(self, part: Part) -> None:
        """Keep a part; the rows last, since they say that it is done.

        Raises: OSError, where the disk is full; the parts before it are as they were.
        """
        arrays = {f"{MAP}{label}": maps for label, maps in part.maps.items()}
        if part.pictures is not None:
            arrays[PICTURES] = part.pictures
        write_whole(self._file(part.shard, "safetensors"), arrays_to(arrays))
        write_whole(self._file(part.shard, "parquet"), _rows_to(part))

    def read(self, shard: int, *, drawn: bool = True) -> Part:
        """A part that was kept; not `drawn`: without maps and pictures.

        Raises: FileFormatError, where a file is not what was written.
        """
        rows, whole = _rows_from(self._file(shard, "parquet"))
        arrays = self._arrays(shard) if drawn else {}
        return Part(
            shard,
            rows,
            tuple(Cost(*one) for one in whole["costs"]),
            tuple(
                Curve(label, metric, items, tuple(shares), tuple(sums)) for label, metric, items, shares, sums in whole["curves"]
            ),
            whole["model_calls"],
            whole["gradient_calls"],
            whole["seconds"],
            whole["items"],
            {name.removeprefix(MAP): one for name, one in arrays.items() if name != PICTURES},
            arrays.get(PICTURES),
            doubts=tuple(Doubt(*one) for one in whole["doubts"]),
        )

    def note(self, name: str, found: Any) -> None:
        """Keep what was found of the whole.

        Raises: OSError, where the disk is full.
        """
        write_whole(self.path / f"{name}.json", json.dumps(found, indent=1).encode())

    def noted(self, name: str) -> Any:
        """What was kept under this name; None where nothing was.

        Raises: FileFormatError, where the file is not what was written.
        """
        path = self.path / f"{name}.json"
        if not path.is_file():
            return None
        try:
            return json.loads(path.read_bytes())
        except ValueError as error:
            raise _damaged(path, error) from error

    def forget(self) -> None:
        """Keep nothing of what was done, and the folder for another audit."""
        for path in (*self.path.glob(f"{PARTS}/part-*"), *self.path.glob("*.json")):
            path.unlink()
        (self.path / PARTS).rmdir()
        (self.path / LOCK).unlink(missing_ok=True)

    def close(self) -> None:
        """Let other processes work on it."""
        let_go(self.path / LOCK)

    def _arrays(self, shard: int) -> dict[str, Any]:
        path = self._file(shard, "safetensors")
        try:
            return arrays_from(path.read_bytes())
        except (OSError, SafetensorError, ValueError) as error:
            raise _damaged(path, error) from error

    def _file(self, shard: int, kind: str) -> Path:
        return self.path / PARTS / f"part-{shard:06d}.{kind}"

    def _check_same(self, configuration: dict[str, Any]) -> None:
        path = self.path / CONFIGURATION
        if not path.is_file():
            raise InputError(
                f"`out` must be a new folder, or that of an audit. Got `{self.path}`, which holds other files. Name another."
            )
        try:
            known = json.loads(path.read_bytes())
        except ValueError as error:
            raise _damaged(path, error) from error
        if known != configuration:
            told = "; ".join(list(_differences(known, configuration))[:MOST_TOLD])
            raise InputError(
                f"`{self.path}` holds an audit of another configuration: {told}. "
                "Name another folder, or ask the same again to go on with that audit."
            )


def _is_held(path: Path) -> bool:
    """Whether somebody keeps this: it is neither a lock nor what is left of a configuration whose writing was stopped."""
    return path.name != LOCK and not (path.name.startswith(f".{CONFIGURATION}.") and path.suffix == ".part")


def _differences(known: Any, given: Any, path: tuple[str, ...] = ()) -> Iterator[str]:
    """Each place in which two configurations differ, in words."""
    if isinstance(known, dict) and isinstance(given, dict):
        for name in sorted({*known, *given}):
            if name not in known or name not in given:
                yield f"`{'.'.join(path)}` has {'a new' if name in given else 'no longer'} `{name}`"
            elif known[name] != given[name]:
                yield from _differences(known[name], given[name], (*path, name))
                if (*path, name) == ("items", "count"):
                    return  # other items are all that their digest could say
    elif path in DIGESTS:
        yield DIGESTS[path]
    elif "contents" in path:
        yield f"`{path[-1]}` of `{path[2]}` holds other values"
    else:
        shown = [text if len(text) <= 80 else f"{text[:77]}..." for text in (json.dumps(known), json.dumps(given))]
        yield f"`{'.'.join(path)}` was {shown[0]} and is now {shown[1]}"


def _rows_to(part: Part) -> bytes:
    pyarrow, parquet = _parquet()
    whole = {
        "costs": part.costs,
        "doubts": part.doubts,
        "curves": part.curves,
        "model_calls": part.model_calls,
        "gradient_calls": part.gradient_calls,
        "seconds": part.seconds,
        "items": part.items,
    }
    types = {"target": pyarrow.int64(), "value": pyarrow.float64()}
    columns = [pyarrow.array([row[place] for row in part.rows], types.get(name, pyarrow.string())) for place, name in _fields()]
    table = pyarrow.table(columns, names=list(Row._fields)).replace_schema_metadata({WHOLE: json.dumps(whole)})
    sink = pyarrow.BufferOutputStream()
    parquet.write_table(table, sink, compression=COMPRESSION)
    return bytes(sink.getvalue())


def _rows_from(path: Path) -> tuple[tuple[Row, ...], dict[str, Any]]:
    pyarrow, parquet = _parquet()
    try:
        table = parquet.read_table(pyarrow.BufferReader(path.read_bytes()))
        columns = [table.column(name).to_pylist() for name in Row._fields]
        return tuple(Row(*values) for values in zip(*columns, strict=True)), json.loads(table.schema.metadata[WHOLE])
    except (OSError, KeyError, TypeError, ValueError) as error:  # what pyarrow raises of damaged files are such errors too
        raise _damaged(path, error) from error


def _fields() -> list[tuple[int, str]]:
    return list(enumerate(Row._fields))


def _damaged(path: Path, error: Exception) -> FileFormatError:
    return FileFormatError(
        f"`{path}` must be as an audit has written it. Got a file that does not fit: {' '.join(str(error).split())[:120]}. "
        "Delete it, and the audit asks for what it held again."
    )


def _parquet() -> tuple[Any, Any]:
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError:
        raise MissingExtraError("pyarrow", "audit") from None
    return pyarrow, parquet
