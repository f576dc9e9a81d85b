"""A safetensors file in memory whose bytes depend on nothing but what it holds."""

import json
from collections.abc import Mapping

from safetensors.torch import save
from torch import Tensor

LENGTH_BYTES = 8
METADATA = "__metadata__"


def tensor_bytes(tensors: Mapping[str, Tensor], metadata: Mapping[str, str]) -> bytes:
    """The file of these tensors and of the text beside them; what is equal has equal bytes.

    Raises: SafetensorError, KeyError or ValueError, where such a file cannot hold the tensors.
    """
    content = save(dict(tensors), metadata=dict(metadata))
    # Safetensors writes the metadata in an order that it draws anew at every call.
    end = LENGTH_BYTES + int.from_bytes(content[:LENGTH_BYTES], "little")
    entries = json.loads(content[LENGTH_BYTES:end])
    header = json.dumps(entries | {METADATA: dict(metadata)}, ensure_ascii=False, separators=(",", ":")).encode()
    header += b" " * (-len(header) % LENGTH_BYTES)
    return b"".join((len(header).to_bytes(LENGTH_BYTES, "little"), header, memoryview(content)[end:]))
