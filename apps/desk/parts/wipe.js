// Two maps of one input in one frame: the left one is shown up to the edge, the right one from there on.
export default function ({ data, parentElement }) {
  const root = parentElement.querySelector(".root");
  root.classList.toggle("dark", dark(root));
  const [left, right] = root.querySelectorAll("img");
  const [leftName, rightName] = root.querySelectorAll(".names span");
  const pair = root.querySelector(".pair");
  const range = root.querySelector("input");
  for (const [picture, name, told] of [[left, leftName, data.left], [right, rightName, data.right]]) {
    picture.src = told.uri;
    picture.alt = told.alt;
    name.textContent = told.label;
  }
  range.setAttribute("aria-label", `Edge between ${data.left.label} and ${data.right.label}, in percent`);
  const place = () => {
    left.parentElement.style.clipPath = `inset(0 ${100 - Number(range.value)}% 0 0)`;
    root.querySelector(".edge").style.left = `${range.value}%`;
  };
  const follow = (event) => {
    const frame = pair.getBoundingClientRect();
    range.value = String(Math.round((100 * (event.clientX - frame.left)) / frame.width));
    place();
  };
  range.oninput = place;
  pair.onpointerdown = (event) => {
    pair.setPointerCapture(event.pointerId);
    follow(event);
  };
  pair.onpointermove = (event) => pair.hasPointerCapture(event.pointerId) && follow(event);
  place();
}
