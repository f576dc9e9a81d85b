"""Tables of what surrogates were measured to do, from the files that the benchmarks write."""

import json
from pathlib import Path

from markdown_tables import table


def measured(result: Path) -> str:
    """What was measured, on what, and the numbers."""
    if not result.exists():
        return f"Not measured yet: `python -m benchmarks {result.stem}`."
    found = json.loads(result.read_text(encoding="utf-8"))
    return f"{found['what']}.\n\n{table(found['columns'], found['rows'])}\n\nMeasured on: {found['machine']}."
