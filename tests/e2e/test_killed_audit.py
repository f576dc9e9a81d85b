"""A server that is killed in an audit: what it had done stays as it is, and the rest is done by the next one."""

import json

import numpy as np
import pytest
from app_page import AppPage
from PIL import Image
from served_app import served, wait_for

pytestmark = pytest.mark.timeout(600)


@pytest.mark.slow
def test_an_audit_whose_server_is_killed_in_the_middle_goes_on_and_ends_as_if_nothing_had_been(chromium, tmp_path):
    (tmp_path / "photos").mkdir()
    for number in range(41):
        pixels = np.random.default_rng(number).integers(0, 255, (40, 60, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(tmp_path / "photos" / f"{number}.png")

    def begun(folder, address):
        asked = {"data": "photos", "methods": "saliency", "metrics": "deletion", "out": folder}
        view = AppPage(chromium.new_context(accept_downloads=True), address)
        view.go("/audit?" + "&".join(f"audit_{name}={value}" for name, value in asked.items()))
        view.page.get_by_role("button", name="Start, or go on").click()
        return view

    parts = tmp_path / "kept" / "parts"
    with served("e2e_models:tiny", cwd=tmp_path) as (address, process):
        view = begun("kept", address)
        wait_for(lambda: len(list(parts.glob("*.parquet"))) >= 2)
        process.kill()  # in the audit: nobody has stopped it
        process.wait()
        view.close()
    written = {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in parts.glob("*.parquet")}
    assert not (tmp_path / "kept" / "report.html").exists()
    half = parts / f".{next(iter(written)).name}.0123456789abcdef.part"  # what a kill in the middle of a write leaves
    half.write_bytes(next(iter(written.values()))[0][:100])
    with served("e2e_models:tiny", cwd=tmp_path) as (address, _):
        view = begun("kept", address)
        view.page.get_by_text("Items, the worst first").wait_for(timeout=300_000)
        with view.page.expect_download() as download:
            view.page.get_by_role("button", name="report.html").click()
        assert b"<html" in download.value.path().read_bytes()[:2000]
        assert view.errors == []
        whole = begun("whole", address)
        whole.page.get_by_text("Items, the worst first").wait_for(timeout=300_000)
        for one in (view, whole):
            one.close()
    assert {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in written} == written, "what was done is not done again"
    kept, unbroken = (json.loads((tmp_path / name / "report.json").read_text()) for name in ("kept", "whole"))
    assert kept["conclusions"] == unbroken["conclusions"]
    assert rows_of(tmp_path / "kept") == rows_of(tmp_path / "whole")


def rows_of(folder):
    """What was found of every item: all but the time that it took."""
    import pandas as pd

    tables = [pd.read_parquet(path) for path in sorted((folder / "parts").glob("*.parquet"))]
    whole = pd.concat(tables).drop(columns="seconds", errors="ignore")
    return sorted(map(repr, whole.to_dict("records")))
