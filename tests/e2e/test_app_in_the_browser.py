"""What a visitor does with the app, in a real browser."""

import re
import time

import numpy as np
import pytest
from PIL import Image

pytestmark = pytest.mark.timeout(600)
QUICK = "?photos_methods=saliency&photos_methods=occlusion&photos_judge=false"


def photo(tmp_path, name="my <b>photo.png", seed=0):
    """A picture of noise under a name that is no markup."""
    path = tmp_path / name
    Image.fromarray(np.random.default_rng(seed).integers(0, 255, (40, 60, 3), dtype=np.uint8)).save(path)
    return path


def test_a_photo_is_uploaded_and_another_class_explained_with_no_request_to_another_host_and_no_error(browsed, tmp_path):
    view = browsed("/" + QUICK)
    assert [card.get_attribute("aria-label") for card in view.cards()] == ["saliency", "occlusion"]
    sample = view.first_map()
    view.page.locator("input[type=file]").first.set_input_files(photo(tmp_path))
    uploaded = view.changed(sample)
    view.idle()
    view.choose("Explain", "rocket")
    view.changed(uploaded)
    assert "photos_class=rocket" in view.page.url
    assert view.hosts - {""} == {view.address.removeprefix("http://")}
    assert view.errors == []


@pytest.mark.slow
def test_the_wipe_follows_the_keyboard_and_the_pointer(browsed):
    view = browsed("/" + QUICK + "&photos_tab=Two+maps")
    edge = view.page.get_by_role("slider", name=re.compile("Edge between saliency and occlusion"))
    over = view.page.locator(".pair .over")
    assert edge.input_value() == "50"
    edge.press("ArrowRight")
    assert edge.input_value() == "51"
    assert "49%" in over.get_attribute("style")
    box = view.page.locator(".pair").bounding_box()
    view.page.mouse.click(box["x"] + 0.2 * box["width"], box["y"] + 20)
    assert abs(int(edge.input_value()) - 20) <= 1
    assert view.errors == []


@pytest.mark.slow
def test_a_map_is_enlarged_and_the_arrows_lead_to_the_next_one(browsed):
    view = browsed("/" + QUICK)
    view.page.get_by_role("button", name="Enlarge saliency").click()
    dialog = view.page.locator("dialog")
    assert dialog.locator("strong").inner_text() == "saliency"
    view.page.keyboard.press("ArrowRight")
    assert dialog.locator("strong").inner_text() == "occlusion"
    view.page.keyboard.press("Escape")
    dialog.wait_for(state="detached")


@pytest.mark.slow
def test_a_click_on_the_picture_sets_a_point_and_another_takes_it_away(browsed):
    view = browsed("/" + QUICK + "&photos_tab=Region")
    picture = view.page.locator(".sheet img").first
    picture.scroll_into_view_if_needed()
    box = picture.bounding_box()
    picture.click(position={"x": box["width"] * 0.51, "y": box["height"] * 0.26})
    point = view.page.get_by_role("button", name=re.compile("Remove the point at column 16, row 8, inside"))
    point.wait_for()
    view.idle()
    assert view.page.get_by_text("of the picture.").count() == 1
    point.click()
    point.wait_for(state="detached")
    view.idle()
    assert view.page.get_by_text("Click on the picture").count() == 1
    assert view.errors == []


@pytest.mark.slow
def test_a_cell_of_the_agreement_opens_its_pair(browsed):
    view = browsed("/" + QUICK.replace("judge=false", "judge=true") + "&photos_tab=Agreement")
    cell = view.page.get_by_role("button", name=re.compile("^occlusion and sobel"))
    cell.focus()
    view.page.keyboard.press("Enter")
    view.page.locator(".names span").nth(1).filter(has_text="sobel").wait_for()
    assert view.page.locator(".names span").first.inner_text() == "occlusion"


@pytest.mark.slow
def test_an_edited_row_changes_the_probability(browsed):
    view = browsed("/tables?tables_table=wine&tables_model=wine_logistic&tables_methods=occlusion&tables_judge=false")
    before = view.page.locator("table td.number").first.inner_text()
    grid = view.page.get_by_test_id("stDataFrame").last.locator("canvas").first
    box = grid.bounding_box()
    view.page.mouse.dblclick(box["x"] + box["width"] * 0.42, box["y"] + 35 + 17)
    view.page.wait_for_timeout(800)  # the editor of the cell opens
    view.page.keyboard.press("Control+A")
    view.page.keyboard.type("9")
    view.page.keyboard.press("Enter")
    view.page.get_by_text("Before the edit").wait_for()
    view.idle()
    assert view.page.locator("table td.number").first.inner_text() != before
    assert view.errors == []


@pytest.mark.slow
def test_the_report_is_downloaded_and_opens_without_a_network(browsed, chromium, tmp_path):
    view = browsed("/" + QUICK + "&photos_tab=Export")
    with view.page.expect_download() as download:
        view.page.get_by_role("button", name="HTML").click()
    path = tmp_path / download.value.suggested_filename
    download.value.save_as(path)
    assert path.name == "xaivision-cat.html"
    context = chromium.new_context(offline=True, java_script_enabled=True)
    page = context.new_page()
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(path.as_uri())
    assert page.locator("article.card img").count() == 3
    assert page.evaluate("[...document.images].every(one => one.complete && one.naturalWidth > 0)")
    assert [url for url in asked if not url.startswith(("file:", "data:"))] == []
    context.close()


@pytest.mark.slow
def test_an_address_leads_back_to_the_same_question(browsed):
    view = browsed("/" + QUICK)
    view.choose("Explain", "cup")
    view.choose("Photo", "rocket")
    other = browsed(view.page.url.removeprefix(view.address))
    assert other.first_map() == view.first_map()
    assert other.page.get_by_alt_text("Input picture rocket").count() == 1


@pytest.mark.slow
def test_a_slider_redraws_and_the_time_it_takes_is_short(browsed):
    view = browsed("/" + QUICK)
    slider = view.page.get_by_role("slider", name=re.compile("Photo under the map"))
    seconds = []
    for _ in range(5):
        before = view.first_map()
        start = time.perf_counter()
        slider.press("ArrowRight")
        view.changed(before)
        seconds.append(time.perf_counter() - start)
    print(f"a slider redraws within {min(seconds):.2f} s")
    assert min(seconds) < 2


@pytest.mark.slow
def test_an_audit_is_stopped_and_gone_on_with_after_the_server_was_killed(chromium, tmp_path):
    from app_page import AppPage
    from served_app import served

    (tmp_path / "photos").mkdir()
    for number in range(41):
        photo(tmp_path / "photos", f"{number}.png", number)
    asked = {"data": "photos", "methods": "saliency", "metrics": "deletion", "out": "kept"}
    query = "/audit?" + "&".join(f"audit_{name}={value}" for name, value in asked.items())
    parts = tmp_path / "kept" / "parts"
    with served("e2e_models:tiny", cwd=tmp_path) as (address, process):
        view = AppPage(chromium.new_context(), address).go(query)
        view.page.get_by_role("button", name="Start, or go on").click()
        wait_for(lambda: len(list(parts.glob("*.parquet"))) >= 1)
        view.page.get_by_test_id("stMain").get_by_role("button", name="Stop").click()
        view.page.get_by_text("Stopped. What was found is kept.").wait_for()
        process.kill()
        process.wait()
        view.close()
    written = {path: path.stat().st_mtime_ns for path in parts.glob("*.parquet")}
    assert not (tmp_path / "kept" / "report.html").exists()
    with served("e2e_models:tiny", cwd=tmp_path) as (address, _):
        view = AppPage(chromium.new_context(accept_downloads=True), address).go(query)
        view.page.get_by_role("button", name="Start, or go on").click()
        view.page.get_by_text("Items, the worst first").wait_for(timeout=300_000)
        with view.page.expect_download() as download:
            view.page.get_by_role("button", name="report.html").click()
        assert b"<html" in download.value.path().read_bytes()[:2000]
        assert view.errors == []
        view.close()
    assert all(path.stat().st_mtime_ns == when for path, when in written.items())


@pytest.mark.slow
def test_fifty_reruns_grow_the_servers_memory_by_less_than_50_megabytes(browsed, app):
    view = browsed("/" + QUICK)
    slider = view.page.get_by_role("slider", name=re.compile("Photo under the map"))

    def rerun(times):
        for number in range(times):
            slider.press("ArrowRight" if number % 8 < 4 else "ArrowLeft")
            if number % 10 == 0:
                view.choose("Explain", "cup" if number % 20 else "rocket")
            view.idle()

    rerun(10)
    before = resident(app[1].pid)
    rerun(50)
    grown = resident(app[1].pid) - before
    print(f"50 reruns grow the memory by {grown / 1e6:.1f} MB")
    assert grown < 50e6


def resident(pid):
    """Bytes of memory that the process holds."""
    with open(f"/proc/{pid}/status") as file:
        return next(int(line.split()[1]) * 1024 for line in file if line.startswith("VmRSS"))


def wait_for(true, seconds=120):
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end
        time.sleep(0.02)
