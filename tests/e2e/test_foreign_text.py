"""What somebody else has written is read on a page, and never obeyed."""

import pytest
from app_page import AppPage
from e2e_models import FOREIGN
from served_app import served

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
LINKS = """() => {
  const found = document.querySelector('[data-testid=stMain]').querySelectorAll('a[href], .katex, b, [role=img], p img');
  return [...found].map(one => one.outerHTML);
}"""


def test_foreign_text_is_text_in_a_message_in_a_heading_and_in_a_part(chromium, tmp_path):
    with served("e2e_models:foreign", cwd=tmp_path) as (address, _):
        view = AppPage(chromium.new_context(), address).go(
            "/?photos_methods=saliency&photos_methods=occlusion&photos_judge=false"
        )
        alert = view.page.get_by_test_id("stAlert").filter(has_text="The model raised")
        assert FOREIGN in " ".join(alert.inner_text().split())
        assert view.page.locator(".root th", has_text="evil.example").first.inner_text() == FOREIGN
        assert view.page.evaluate(LINKS) == []
        view.page.locator("input[type=file]").first.set_input_files(
            {"name": f"{FOREIGN}.png", "mimeType": "image/png", "buffer": b"no picture"}
        )
        said = view.page.get_by_test_id("stAlert").filter(has_text="must be a PNG")
        assert "www.evil.example me@evil.example <b>bold<" in said.inner_text()  # a browser takes the slashes out of a name
        assert view.page.evaluate(LINKS) == []
        assert view.hosts - {""} == {view.address.removeprefix("http://")}
        view.close()
