"""Draws the pictures in README.md and docs/ anew: the demo's own figures, reduced to a size that a repository can carry."""

import os
from pathlib import Path
from tempfile import TemporaryDirectory

os.environ.setdefault("OMP_WAIT_POLICY", "passive")
os.environ.setdefault("MPLBACKEND", "Agg")

from PIL import Image

from xaivision.demo import run_demo

FOLDER = Path(__file__).resolve().parent / "pictures"
WIDTH, QUALITY = 1280, 88


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    with TemporaryDirectory() as made:
        for figure in (path for path in run_demo(Path(made), quick=True).written if path.suffix == ".png"):
            drawn = FOLDER / f"{figure.stem}.jpg"
            with Image.open(figure) as picture:
                reduced(picture).save(drawn, quality=QUALITY, subsampling=0, optimize=True)
            print(f"docs/pictures/{drawn.name}: {drawn.stat().st_size // 1000} kB")


def reduced(picture: Image.Image) -> Image.Image:
    height = round(picture.height * min(1, WIDTH / picture.width))
    return picture.convert("RGB").resize((min(WIDTH, picture.width), height), Image.Resampling.LANCZOS)


if __name__ == "__main__":
    main()
