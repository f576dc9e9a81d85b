"""Files that are whole or absent: a full disk or a stopped program leaves what was there before, and no rubbish."""

import os
from contextlib import suppress
from pathlib import Path
from secrets import token_hex


def write_whole(path: str | Path, content: bytes) -> Path:
    """Write the bytes to a new file beside the old one, then put it in the old one's place; the path.

    Raises: OSError, where the folder does not exist or the disk is full; the old file is then unchanged.
    """
    path = Path(path)
    part = path.with_name(f".{path.name[:100]}.{token_hex(8)}.part")
    try:
        with part.open("xb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        part.replace(path)
    except BaseException:
        with suppress(OSError):
            part.unlink()
        raise
    return path
