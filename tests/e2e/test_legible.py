"""Every word of the app's own parts stands out from what is behind it, by day and by night."""

import pytest

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
QUICK = "/?photos_methods=saliency&photos_methods=occlusion"
# Of normal text, WCAG 2 level AA.
LEAST = 4.5
# Each text, whether its part takes the page for dark, and its contrast.
CONTRASTS = r"""() => {
  const roots = [...document.querySelectorAll('*')].map(one => one.shadowRoot?.querySelector('.root')).filter(Boolean);
  const numbers = text => (text.match(/[\d.]+/g) || []).map(Number);
  const linear = part => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
  const light = color => {
    const [red, green, blue] = color.map(part => linear(part / 255));
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const behind = node => {
    for (let one = node; one; one = one.parentNode || one.host) {
      const color = one instanceof Element ? numbers(getComputedStyle(one).backgroundColor) : [];
      if (color.length === 3 || color[3] > 0) return color.slice(0, 3);
    }
    return [255, 255, 255];
  };
  const words = node => [...node.childNodes].filter(one => one.nodeType === Node.TEXT_NODE).map(one => one.data).join('').trim();
  const told = (root, node) => {
    const [more, less] = [light(numbers(getComputedStyle(node).color).slice(0, 3)), light(behind(node))].sort((a, b) => b - a);
    return [words(node), root.classList.contains('dark'), (more + 0.05) / (less + 0.05)];
  };
  const shown = root => [...root.querySelectorAll('*')].filter(node => words(node) && node.getClientRects().length);
  return roots.flatMap(root => shown(root).map(node => told(root, node)));
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", [QUICK, f"{QUICK}&photos_tab=Agreement"])
def test_every_word_of_our_own_parts_can_be_read_in_the_light_and_in_the_dark(browsed, scheme, path):
    told = browsed(path, scheme=scheme).page.evaluate(CONTRASTS)
    assert len(told) > 20
    assert {dark for _, dark, _ in told} == {scheme == "dark"}
    assert [(text, round(contrast, 2)) for text, _, contrast in told if contrast < LEAST] == []
