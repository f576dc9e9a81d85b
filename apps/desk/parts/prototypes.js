// Prototypes, and inputs beside those they are like. Every text is foreign: it is only ever set as text.
function boxed(one) {
  const { width, height, uri, alt } = one;
  const [x, y, across, down] = one.box;
  const box = { x, y, width: across, height: down, fill: "none", "vector-effect": "non-scaling-stroke" };
  return drawing(
    "svg", { class: "boxed", viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": alt },
    drawing("image", { href: uri, width, height }),
    drawing("rect", { ...box, stroke: "#ffffff", "stroke-width": 4 }),
    drawing("rect", { ...box, stroke: one.color, "stroke-width": 2 }),
  );
}

// What the box holds, enlarged.
function crop(one) {
  const picture = drawing("image", { href: one.uri, width: one.width, height: one.height });
  return drawing("svg", { class: "boxed", viewBox: one.crop, role: "img", "aria-label": `${one.alt}: what the box holds` }, picture);
}

function shown(card) {
  if (card.columns.length) return pairs(card.columns, "this row", card.beside);
  if (card.row) return profile(card.row.points, card.row.behind, card.row.alt);
  const [first, second] = card.places;
  if (!second) return make("div", { class: "twins" }, boxed(first), crop(first));
  const sides = [["this", first], ["looks like that", second]];
  return make("div", { class: "pair" }, ...sides.map(([words, one]) => make("div", {}, make("p", { text: words }), boxed(one))));
}

function part(section) {
  const cards = section.cards.map((card) =>
    make(
      "article", { class: "card", "aria-label": card.title },
      make("header", {}, make("strong", { text: card.title })),
      shown(card),
      make("ul", { class: "lines" }, ...card.lines.map((text) => make("li", { text }))),
    ),
  );
  return [
    make("h3", { text: section.name }),
    make("div", { class: "cards wide" }, ...cards),
    section.rest && make("p", { class: "rest", text: section.rest }),
  ].filter(Boolean);
}

export default function ({ data, parentElement }) {
  const root = parentElement.querySelector(".root");
  root.classList.toggle("dark", dark(root));
  root.replaceChildren(...data.sections.flatMap(part));
}
