// Shared by every component: whether the page is dark, told by the color of its text.
function dark(root) {
  const [red, green, blue] = (getComputedStyle(root).color.match(/[\d.]+/g) || [0, 0, 0]).map(Number);
  return red * 0.299 + green * 0.587 + blue * 0.114 > 128;
}

