"""What a dataset says of itself."""

from dataclasses import dataclass


@dataclass(frozen=True)
class DatasetCard:
    """The card of a named dataset: what it holds, how much, under which license, whom to cite, and where it comes from."""

    name: str
    what: str
    size: str
    license: str
    citation: str
    origin: str

    def markdown(self) -> str:
        """The card as a section of `datasets/README.md`."""
        lines = (
            f"## {self.name}",
            "",
            self.what,
            "",
            f"- Size: {self.size}",
            f"- License: {self.license}",
            f"- Citation: {self.citation}",
            f"- Origin: {self.origin}",
        )
        return "\n".join(lines)
