"""What the server itself takes of an upload, and what is left of one when it ends."""

import signal
import urllib.error
import urllib.request

import numpy as np
import pytest
from app_page import AppPage
from PIL import Image
from served_app import served, wait_for

pytestmark = pytest.mark.timeout(600)
QUICK = "/?photos_methods=saliency&photos_judge=false"


@pytest.mark.slow
def test_an_upload_that_no_page_of_the_app_sends_is_refused(app):
    request = urllib.request.Request(f"{app[0]}/_stcore/upload_file/somebody/1", data=b"1", method="PUT")  # noqa: S310 - our own
    with pytest.raises(urllib.error.HTTPError, match="403"):
        urllib.request.urlopen(request, timeout=30)  # noqa: S310 - our own address


@pytest.mark.slow
def test_an_upload_beyond_the_limit_is_refused_by_the_server_itself(browsed, tmp_path):
    Image.fromarray(np.zeros((40, 60, 3), dtype=np.uint8)).save(tmp_path / "photo.png")
    view = browsed(QUICK)
    with view.page.expect_request(lambda one: "upload_file" in one.url and one.method == "PUT") as sent:
        view.page.locator("input[type=file]").first.set_input_files(tmp_path / "photo.png")
    asked = sent.value.all_headers()

    def answer(megabytes):
        file = {"name": "large.png", "mimeType": "image/png", "buffer": bytes(megabytes * 2**20)}
        headers = {"X-Xsrftoken": asked["x-xsrftoken"]}
        return view.context.request.put(sent.value.url, headers=headers, multipart={"file": file}).status

    assert answer(1) == 204
    assert answer(51) == 413


@pytest.mark.slow
def test_an_upload_is_gone_when_the_server_ends_and_that_of_a_killed_one_with_the_next(chromium, tmp_path, monkeypatch):
    place = tmp_path / "temporary"
    place.mkdir()
    monkeypatch.setenv("TMPDIR", str(place))
    rows = tmp_path / "<b>rows.csv"
    rows.write_text("age,income,debt,years\n" + "1,2,3,4\n" * 9)
    left = []
    for ending in (signal.SIGKILL, signal.SIGTERM, signal.SIGINT):
        with served("e2e_models:rows", cwd=tmp_path, log=tmp_path / "said") as (address, process):
            view = AppPage(chromium.new_context(), address).go("/tables?tables_methods=occlusion&tables_judge=false")
            view.page.locator("input[type=file]").first.set_input_files(rows)
            wait_for(lambda: any(place.glob(f"xaivision-app-{process.pid}-*/*.csv")))
            view.idle()
            assert view.errors == []
            process.send_signal(ending)
            process.wait(60)
            view.close()
        left.append(len(list(place.glob("xaivision-app-*"))))
    assert left == [1, 0, 0]
