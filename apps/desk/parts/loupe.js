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
  sheet.setAttribute("aria-label", "Arrow keys move the mark, Enter sets a point");
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
    told.textContent = points.length ? `${points.length} of at most 20 points. A click on a point removes it.` : "Click, or move by the arrow keys and press Enter, to say what belongs to the region.";
  };

  closer.onclick = () => zoomed(1.5);
  farther.onclick = () => zoomed(1 / 1.5);
  inside.onclick = () => include(true);
  outside.onclick = () => include(false);
  clear.onclick = () => {
    points = [];
    send();
  };
  const point = (column, row, turned) => {
    if (column < 0 || row < 0 || column >= width || row >= height || points.length >= 20) return;
    points.push([column, row, including() !== turned ? 1 : 0]);
    send();
  };
  sheet.onclick = (event) => {
    const frame = picture.getBoundingClientRect();
    const column = Math.floor((width * (event.clientX - frame.left)) / frame.width);
    const row = Math.floor((height * (event.clientY - frame.top)) / frame.height);
    point(column, row, event.shiftKey);
  };
  // Without a pointer: the arrow keys move a mark over the picture, Enter sets a point there.
  const mark = root.querySelector(".mark");
  const at = (root.dataset.at || `${width >> 1},${height >> 1}`).split(",").map(Number);
  const marked = () => {
    root.dataset.at = at.join(",");
    mark.style.left = `${(100 * (at[0] + 0.5)) / width}%`;
    mark.style.top = `${(100 * (at[1] + 0.5)) / height}%`;
  };
  const step = Math.max(1, Math.round(Math.min(width, height) / 32));
  const ways = { ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, -step], ArrowDown: [0, step] };
  sheet.onkeydown = (event) => {
    if (event.target !== sheet) return;
    if (event.key === "Enter") point(at[0], at[1], event.shiftKey);
    else if (ways[event.key]) {
      at[0] = Math.min(width - 1, Math.max(0, at[0] + ways[event.key][0]));
      at[1] = Math.min(height - 1, Math.max(0, at[1] + ways[event.key][1]));
      marked();
      told.textContent = `Column ${at[0]}, row ${at[1]}. Enter sets a point.`;
    } else return;
    event.preventDefault();
  };
  marked();
  include(including());
  zoomed(1);
  draw();
}
