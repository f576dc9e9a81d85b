// A figure with words in it: a narrow window scrolls it rather than making them too small to read.
const LEAST = 0.85; // of its own size
export default function ({ data, parentElement }) {
  const root = parentElement.querySelector(".root");
  root.classList.toggle("dark", dark(root));
  const picture = root.querySelector("img");
  picture.onload = () => {
    picture.style.minWidth = `${LEAST * picture.naturalWidth}px`;
  };
  picture.src = data.uri;
  picture.alt = data.alt;
}
