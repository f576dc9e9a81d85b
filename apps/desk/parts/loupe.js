// A picture to look into and to point at. Points are in pixels of the picture: [column, row, 1 in or 0 out].
export default function ({ data, parentElement, setStateValue }) {
  const root = parentElement.querySelector(".root");
  root.classList.toggle("dark", dark(root));
  const [picture, region] = root.querySelectorAll("img");
  const sheet = root.querySelector(".sheet");
  const told = root.querySelector(".told");
  const [closer, farther, inside, outside, clear] = root.querySelectorAll(".tools button");
  const { width, height } = data;
  let points = data.points.map((point) => [...point]);

  picture.src = data.picture.uri;
  picture.alt = data.picture.alt;
  region.hidden = !data.region;
  if (data.region) {
    region.src = data.region.uri;
    region.alt = data.region.alt;
  }
  root.querySelector(".frame").style.setProperty("--shape", `${width} / ${height}`);

  const zoom = () => Number(sheet.dataset.zoom || 1);
  const zoomed = (by) => {
    sheet.dataset.zoom = Math.min(8, Math.max(1, zoom() * by));
    sheet.style.width = `${100 * zoom()}%`;
  };
  const including = () => root.dataset.including !== "no";
  const include = (yes) => {
    root.dataset.including = yes ? "yes" : "no";
    inside.setAttribute("aria-pressed", String(yes));
    outside.setAttribute("aria-pressed", String(!yes));
  };
  const send = () => {
    draw();
    setStateValue("points", points);
  };
  const draw = () => {
    sheet.querySelectorAll(".point").forEach((one) => one.remove());
    points.forEach(([column, row, kept], place) => {
      const mark = document.createElement("button");
      mark.type = "button";
      mark.className = `point ${kept ? "in" : "out"}`;
      mark.textContent = kept ? "+" : "−";
      mark.style.left = `${(100 * (column + 0.5)) / width}%`;
      mark.style.top = `${(100 * (row + 0.5)) / height}%`;
      mark.setAttribute("aria-label", `Remove the point at column ${column}, row ${row}, ${kept ? "inside" : "outside"} the region`);
      mark.onclick = (event) => {
        event.stopPropagation();
        points.splice(place, 1);
        send();
      };
      sheet.append(mark);
    });
    told.textContent = points.length ? `${points.length} of at most 20 points. A click on a point removes it.` : "Click to say what belongs to the region.";
  };

  closer.onclick = () => zoomed(1.5);
  farther.onclick = () => zoomed(1 / 1.5);
  inside.onclick = () => include(true);
  outside.onclick = () => include(false);
  clear.onclick = () => {
    points = [];
    send();
  };
  sheet.onclick = (event) => {
    const frame = picture.getBoundingClientRect();
    const column = Math.floor((width * (event.clientX - frame.left)) / frame.width);
    const row = Math.floor((height * (event.clientY - frame.top)) / frame.height);
    if (column < 0 || row < 0 || column >= width || row >= height || points.length >= 20) return;
    points.push([column, row, including() !== event.shiftKey ? 1 : 0]);
    send();
  };
  include(including());
  zoomed(1);
  draw();
}
