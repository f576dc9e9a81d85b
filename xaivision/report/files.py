"""Results as files: one safetensors file each, tensors by field path and the rest as JSON in its header. No pickle.

The header also holds the sha256 of the whole file, every byte of it, with the 64 digits of the checksum itself taken as zeros.
"""

import hashlib
import json
import re
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from safetensors.torch import load as tensors_from

from xaivision.core.errors import FileFormatError, InputError
from xaivision.core.whole_file import write_whole
from xaivision.models.tensor_bytes import LENGTH_BYTES, tensor_bytes
from xaivision.report.encoding import Decoder, Encoder
from xaivision.report.stored_types import RESULTS

SUFFIX = ".safetensors"
SCHEMA, VERSION = "xaivision-result", "2"
# Version 1 had no checksum: whether such a file is still what was written cannot be known.
UNCHECKED_VERSION = "1"
CHECKSUM = "sha256"
NO_DIGITS = "0" * 64
# More than any result that fits a machine's memory comfortably; a file that claims more is a mistake or an attack.
LARGEST_FILE = 8 * 2**30
LARGEST_HEADER = 64 * 2**20
# A folder may hold thousands of results; nobody reads them in an error.
MOST_NAMED = 5

_A_PICTURE = "For a picture take `show().savefig(...)`."
_A_PAGE = "A page shows a comparison: `compare(...).save(...)` writes it."
_A_TABLE = f"Leave the suffix out, or write {SUFFIX}."
# What another suffix asks for, and where to get that.
OTHER_FILES = {
    **dict.fromkeys((".png", ".jpg", ".jpeg", ".svg", ".pdf", ".webp", ".gif", ".tif", ".tiff"), _A_PICTURE),
    **dict.fromkeys((".html", ".htm"), _A_PAGE),
    **dict.fromkeys((".json", ".csv", ".npz", ".npy", ".pt", ".pth", ".pkl", ".pickle", ".zip", ".txt"), _A_TABLE),
}

# How other formats begin, so that a refusal can name them.
SIGNATURES = {
    b"PK\x03\x04": "a zip archive (as .npz, .pt and .docx files are)",
    b"\x93NUMPY": "a NumPy array",
    b"\x80": "a pickle",
    b"\x89PNG": "a PNG picture",
    b"\xff\xd8\xff": "a JPEG picture",
    b"<": "a text in HTML or XML",
    b"{": "a text in JSON",
}


def save(result: Any, path: str | Path) -> Path:
    """Write a result to one file, whole or not at all, and return its path; `.safetensors` is appended where it is missing.

    Tensors keep every bit and their dtype; `load` gives them back on the CPU.

    Raises: InputError, where a file cannot hold the result; OSError, where the disk is full or the folder does not exist.
    """
    _check_suffix(Path(path))
    return write_whole(_with_suffix(Path(path)), file_content(result))


def file_content(result: Any) -> bytes:
    """What `save` writes.

    Raises: InputError, where a file cannot hold the result.
    """
    if not isinstance(result, RESULTS):
        raise InputError(f"`save` takes {', '.join(kind.__name__ for kind in RESULTS)}. Got {type(result).__name__}.")
    encoder = Encoder()
    tree = encoder.node(result, "")
    body = json.dumps(tree, allow_nan=False, separators=(",", ":"))
    try:
        header = {"schema": SCHEMA, "version": VERSION, CHECKSUM: NO_DIGITS, "result": body}
        content = tensor_bytes(encoder.tensors, header)
    except (KeyError, SafetensorError, ValueError) as error:
        raise InputError(f"The result holds tensors of a kind that safetensors files cannot hold: {error}.") from error
    return b"".join(_sealed(content))


def load(path: str | Path) -> Any:
    """The result that `save` wrote to this path (with or without its suffix), its tensors on the CPU. Nothing is executed.

    Raises: FileFormatError, where the file is not a whole result of this library; FileNotFoundError or IsADirectoryError,
    where there is no such file; OSError, where it cannot be read.
    """
    path = _stored(Path(path))
    try:
        return _result(_content(path))
    except FileFormatError as error:
        raise FileFormatError(
            f"`{path.name}` must be a result written by `save`. Got a file that does not fit: {error}."
        ) from error
    except RecursionError as error:
        raise FileFormatError(f"`{path.name}` must be a result written by `save`. Got one nested too deep.") from error


def _stored(path: Path) -> Path:
    """Where the file is, with its suffix or without."""
    found = next((one for one in (path, _with_suffix(path)) if one.is_file()), None)
    if found is not None:
        return found
    if path.is_dir():
        raise IsADirectoryError(f"`load` needs the file of one result. Got `{path}`, which is a folder.{_instead(path, '')}")
    if not path.parent.is_dir():
        raise FileNotFoundError(
            f"`load` needs a file that `save` has written. Got `{path}`, whose folder does not exist. "
            f"Correct the path; one that does not begin at the root begins at `{Path.cwd()}`."
        )
    raise FileNotFoundError(
        f"`load` needs a file that `save` has written. Got `{path}`, which does not exist.{_instead(path.parent, path.name)}"
    )


def _instead(folder: Path, name: str) -> str:
    """What the folder holds that could be meant."""
    known = sorted(one.name for one in folder.glob(f"*{SUFFIX}"))
    if not known:
        return f" `{folder.resolve()}` holds no results: save one there first, or name another folder."
    close = get_close_matches(name, known, n=1, cutoff=0.5)
    if close:
        return f" Did you mean `{close[0]}`?"
    more = f" and {len(known) - MOST_NAMED} more" if len(known) > MOST_NAMED else ""
    return f" `{folder.resolve()}` holds {', '.join(f'`{one}`' for one in known[:MOST_NAMED])}{more}: name one of them."


def _result(content: bytes) -> Any:
    body = _json(_checked(_metadata(content), content)["result"])
    try:
        tensors = tensors_from(content)
    except (SafetensorError, KeyError, ValueError, TypeError, RuntimeError, OverflowError) as error:
        raise FileFormatError(f"its tensors cannot be read ({str(error)[:120]})") from error
    decoder = Decoder(tensors)
    try:
        result = decoder.value(body, "")
    except InputError as error:
        raise FileFormatError(str(error).rstrip(".")) from error
    if not isinstance(result, RESULTS):
        raise FileFormatError("it holds no result")
    if decoder.unused:
        raise FileFormatError(f"it holds {len(decoder.unused)} tensors that belong to nothing")
    return result


def _content(path: Path) -> bytes:
    """The bytes of the file, once its size and its first bytes are believable."""
    size = path.stat().st_size
    with path.open("rb") as stream:
        start = stream.read(LENGTH_BYTES)
        for signature, name in SIGNATURES.items():
            if start.startswith(signature) and not _plausible(start, size):
                raise FileFormatError(f"it is {name}")
        if size > LARGEST_FILE:
            raise FileFormatError(f"it has {size} bytes, more than any result")
        if not _plausible(start, size):
            raise FileFormatError("its header is longer than the file")
        return start + stream.read()


def _plausible(start: bytes, size: int) -> bool:
    """Whether the length that the first eight bytes claim for the header fits into the file."""
    return len(start) == LENGTH_BYTES and 0 < int.from_bytes(start, "little") <= min(size - LENGTH_BYTES, LARGEST_HEADER)


def _metadata(content: bytes) -> dict[str, Any]:
    length = int.from_bytes(content[:LENGTH_BYTES], "little")
    header = _json(content[LENGTH_BYTES : LENGTH_BYTES + length])
    found = header.get("__metadata__") if isinstance(header, dict) else None
    if not isinstance(found, dict) or found.get("schema") != SCHEMA:
        raise FileFormatError("it is a safetensors file of something else")
    version = found.get("version")
    if version == UNCHECKED_VERSION:
        raise FileFormatError(
            "it was written by an earlier release, without a checksum, and what it holds cannot be vouched for; "
            "ask the method again and save its answer with this release"
        )
    if version != VERSION:
        raise FileFormatError(f"it has version {str(version)[:20]!r} of the format and this release reads {VERSION!r}")
    if set(found) != {"schema", "version", CHECKSUM, "result"} or not all(isinstance(part, str) for part in found.values()):
        raise FileFormatError("its header has other entries than a result's")
    return found


def _sealed(content: bytes) -> tuple[memoryview, bytes, memoryview]:
    """The file in three parts, of which the second is its checksum: a large result is not copied once more."""
    before, after = _around_digits(content, NO_DIGITS)
    return before, _digits(before, after).encode("ascii"), after


def _checked(metadata: dict[str, Any], content: bytes) -> dict[str, Any]:
    """Raises: FileFormatError, where one bit of the file is not as it was written."""
    given = metadata[CHECKSUM]
    if not re.fullmatch("[0-9a-f]{64}", given) or given != _digits(*_around_digits(content, given)):
        raise FileFormatError(
            "its content does not match its checksum: it was damaged or changed after it was written; copy or save it again"
        )
    return metadata


def _around_digits(content: bytes, digits: str) -> tuple[memoryview, memoryview]:
    """What stands before and after the digits of the checksum."""
    # Quotes inside the other entries are escaped, so this can be found in one place only.
    entry = f'"{CHECKSUM}":"{digits}"'.encode("ascii")
    start = content.find(entry, 0, LENGTH_BYTES + int.from_bytes(content[:LENGTH_BYTES], "little"))
    if start < 0:
        raise FileFormatError("its checksum is not where `save` writes it")
    end, view = start + len(entry) - 1, memoryview(content)
    return view[: end - len(digits)], view[end:]


def _digits(before: memoryview, after: memoryview) -> str:
    found = hashlib.sha256(before)
    found.update(NO_DIGITS.encode("ascii"))
    found.update(after)
    return found.hexdigest()


def _json(text: str | bytes) -> Any:
    try:
        return json.loads(text, parse_constant=_no_constant, object_pairs_hook=_once)
    except (ValueError, UnicodeDecodeError) as error:
        raise FileFormatError("its header is not the JSON it should be") from error


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name is given twice")
    return found


def _check_suffix(path: Path) -> None:
    """Raises: InputError, where the name says that another kind of file is wanted."""
    suffix = path.suffix.lower()
    if suffix in OTHER_FILES:
        raise InputError(f"`save` writes a {SUFFIX} file, which `load` reads. Got {path.name!r}. {OTHER_FILES[suffix]}")


def _with_suffix(path: Path) -> Path:
    return path if path.name.endswith(SUFFIX) else path.with_name(path.name + SUFFIX)
