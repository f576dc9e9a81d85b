// A figure with words in it: a narrow window scrolls it rather than making them too small to read.
export default function ({ data, parentElement }) {
  const root = parentElement.querySelector(".root");
  root.classList.toggle("dark", dark(root));
  const picture = root.querySelector("img");
  picture.src = data.uri;
  picture.alt = data.alt;
}
