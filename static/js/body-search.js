// Searches one opened body. Matches are highlighted without touching the markup, so that a tree of thousands of lines
// stays quick; the one that is stepped to is unfolded, and its path can be copied. Without this the browser's search works.
const MOST = 1000;
const states = new WeakMap();
const canHighlight = "highlights" in CSS;

// The text of a well in one string, and where each piece of it begins. What a folded line says of its inside is no text.
function read(well) {
  const walker = document.createTreeWalker(well, NodeFilter.SHOW_TEXT, (node) =>
    node.parentElement.closest(".inside") ? NodeFilter.FILTER_REJECT : NodeFilter.FILTER_ACCEPT,
  );
  const nodes = [];
  const starts = [];
  let text = "";
  while (walker.nextNode()) {
    const node = walker.currentNode;
    const low = node.data.toLowerCase();
    nodes.push(node);
    starts.push(text.length);
    text += low.length === node.data.length ? low : node.data;
  }
  return { nodes, starts, text };
}

function pieceAt(starts, index) {
  let low = 0;
  let high = starts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (starts[middle] <= index) low = middle;
    else high = middle - 1;
  }
  return low;
}

function rangeOf({ nodes, starts }, from, to) {
  const range = new Range();
  const first = pieceAt(starts, from);
  const last = pieceAt(starts, to - 1);
  range.setStart(nodes[first], from - starts[first]);
  range.setEnd(nodes[last], to - starts[last]);
  return range;
}

function find(well, wanted) {
  const whole = read(well);
  const ranges = [];
  let at = wanted ? whole.text.indexOf(wanted) : -1;
  while (at >= 0 && ranges.length < MOST) {
    ranges.push(rangeOf(whole, at, at + wanted.length));
    at = whole.text.indexOf(wanted, at + wanted.length);
  }
  return { ranges, isCut: at >= 0 };
}

function show(bar, state) {
  const { ranges, at, isCut } = state;
  const current = ranges[at];
  CSS.highlights.set("found", new Highlight(...ranges));
  CSS.highlights.set("found-now", new Highlight(...(current ? [current] : [])));
  const total = `${ranges.length.toLocaleString("en")}${isCut ? "+" : ""}`;
  bar.querySelector("[data-search-count]").textContent = state.wanted ? (current ? `${at + 1} of ${total}` : "not found") : "";
  for (const step of bar.querySelectorAll("[data-search-step]")) step.disabled = ranges.length === 0;
  if (!current) return;
  const element = current.startContainer.parentElement;
  for (let fold = element.closest("details"); fold; fold = fold.parentElement.closest("details")) {
    // A match in the line of the fold itself is seen as it is.
    if (!element.closest("summary") || element.closest("summary").parentElement !== fold) fold.open = true;
  }
  element.scrollIntoView({ block: "nearest", inline: "nearest" });
  element.dispatchEvent(new CustomEvent("found", { bubbles: true }));
}

function wellOf(bar) {
  return bar.closest(".opened").querySelector(".body-well");
}

function search(bar) {
  const wanted = bar.querySelector("[data-body-search]").value.toLowerCase();
  const state = { ...find(wellOf(bar), wanted), wanted, at: 0 };
  states.set(bar, state);
  show(bar, state);
}

function step(bar, by) {
  const state = states.get(bar);
  if (!state?.ranges.length) return;
  state.at = (state.at + by + state.ranges.length) % state.ranges.length;
  show(bar, state);
}

if (canHighlight) {
  document.documentElement.dataset.searches = "";
  document.addEventListener("input", (event) => {
    if (event.target.matches("[data-body-search]")) search(event.target.closest("[data-search]"));
  });
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-search-step]");
    if (button) step(button.closest("[data-search]"), Number(button.dataset.searchStep));
  });
  document.addEventListener("keydown", (event) => {
    if (!event.target.matches?.("[data-body-search]")) return;
    const bar = event.target.closest("[data-search]");
    if (event.key === "Enter") {
      event.preventDefault();
      step(bar, event.shiftKey ? -1 : 1);
    } else if (event.key === "Escape" && event.target.value) {
      event.preventDefault();
      event.target.value = "";
      search(bar);
    }
  });
}
