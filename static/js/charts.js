// Charts: point, or use the arrow keys, to read one moment in all of them; drag to see only that time. Every value stands
// in the table behind a chart, and the read-out says it in its words. The address is the one of the two fields.
const SHORTEST = 30 * 60 * 1000; // ms, as the server has it
const NEAR = 0.6; // percent of the axis that a mark is said from
const opened = new Set();
let held = null; // what a reader is at while the charts are replaced
let drag = null;

const charts = (plot) => [...plot.closest("main").querySelectorAll("[data-chart]")];
const rowsOf = (chart) => [...chart.querySelectorAll("tr[data-x]")];
const place = (row) => Number(row.dataset.x);

function nearest(rows, x) {
  return rows.reduce((best, row) => (!best || Math.abs(place(row) - x) < Math.abs(place(best) - x) ? row : best), null);
}

function said(chart, row) {
  const heads = [...chart.querySelectorAll("thead th:not([data-source])")].slice(1).map((head) => head.textContent);
  const [when, ...values] = [...row.querySelectorAll("th, td:not([data-source])")].map((cell) => cell.textContent);
  const source = row.querySelector("[data-source]");
  const told = heads.length > 1 ? values.map((value, n) => `${value} ${heads[n]}`).join(", ") : values[0];
  const marks = [...document.querySelectorAll("[data-mark]")].filter((mark) => Math.abs(mark.dataset.mark - place(row)) < NEAR);
  return [`${told} at ${when}${source ? `, ${source.textContent}` : ""}`, ...marks.map((mark) => mark.dataset.said)].join("; ");
}

function point(plot, x) {
  for (const chart of charts(plot)) {
    const row = nearest(rowsOf(chart), x);
    if (!row) continue;
    const cross = chart.querySelector(".cross");
    for (const end of ["x1", "x2"]) cross.setAttribute(end, `${place(row)}%`);
    cross.classList.add("shown");
    const text = said(chart, row);
    chart.querySelector(".read-out").textContent = text;
    const slider = chart.querySelector("[data-plot]");
    slider.setAttribute("aria-valuenow", place(row));
    slider.setAttribute("aria-valuetext", text);
  }
}

function rest(plot) {
  for (const chart of charts(plot)) {
    chart.querySelector(".cross").classList.remove("shown");
    const out = chart.querySelector(".read-out");
    out.textContent = out.dataset.rest;
  }
}

function share(plot, event) {
  const box = plot.getBoundingClientRect();
  return Math.min(100, Math.max(0, (100 * (event.clientX - box.left)) / box.width));
}

function shade(plot, from, to) {
  for (const chart of charts(plot)) {
    const shadow = chart.querySelector(".drag");
    shadow.setAttribute("x", `${Math.min(from, to)}%`);
    shadow.setAttribute("width", `${Math.abs(to - from)}%`);
  }
}

function go(plot, from, to) {
  const { first: begin, last: end, url, was } = document.getElementById("charts").dataset;
  const at = (x) => Number(begin) + ((end - begin) * x) / 100;
  let [first, last] = [at(Math.min(from, to)), at(Math.max(from, to))];
  if (last - first < SHORTEST) {
    first = Math.min((first + last - SHORTEST) / 2, end - SHORTEST);
    last = first + SHORTEST;
  }
  const text = (ms) => new Date(Math.round(ms / 1000) * 1000).toISOString().replace(".000Z", "Z");
  location.assign(`${url}?${new URLSearchParams({ since: text(first), until: text(last), was })}`);
}

function equip(root) {
  for (const plot of root.querySelectorAll("[data-plot]:not([role])")) {
    const chart = plot.closest("[data-chart]");
    if (!rowsOf(chart).length) continue;
    const picture = plot.querySelector("svg");
    const name = picture.getAttribute("aria-labelledby");
    picture.removeAttribute("role");
    picture.removeAttribute("aria-labelledby");
    picture.setAttribute("aria-hidden", "true");
    const last = rowsOf(chart).at(-1);
    const about = { role: "slider", tabindex: 0, "aria-labelledby": name, "aria-valuemin": 0, "aria-valuemax": 100 };
    about["aria-valuenow"] = place(last);
    about["aria-valuetext"] = said(chart, last);
    for (const [key, value] of Object.entries(about)) plot.setAttribute(key, value);
  }
  for (const id of opened) document.getElementById(id)?.setAttribute("open", "");
}

document.addEventListener("pointermove", (event) => {
  const plot = drag?.plot ?? event.target.closest?.("[data-plot][role]");
  if (!plot) return;
  point(plot, share(plot, event));
  if (drag) shade(plot, drag.from, share(plot, event));
});
document.addEventListener("pointerout", (event) => {
  const plot = event.target.closest?.("[data-plot][role]");
  if (plot && !drag && !plot.contains(event.relatedTarget)) rest(plot);
});
document.addEventListener("pointerdown", (event) => {
  const plot = event.target.closest?.("[data-plot][role]");
  if (plot && event.button === 0 && event.pointerType !== "touch") drag = { plot, from: share(plot, event) };
});
document.addEventListener("pointerup", (event) => {
  if (!drag) return;
  const { plot, from } = drag;
  const to = share(plot, event);
  drag = null;
  if (Math.abs(to - from) > 1) go(plot, from, to);
  else shade(plot, 0, 0);
});
document.addEventListener("keydown", (event) => {
  const plot = event.target.closest?.("[data-plot][role]");
  if (!plot) return;
  if (event.key === "Escape" && drag) {
    drag = null;
    shade(plot, 0, 0);
    return;
  }
  const rows = rowsOf(plot.closest("[data-chart]"));
  const here = rows.indexOf(nearest(rows, Number(plot.getAttribute("aria-valuenow"))));
  const steps = { ArrowLeft: here - 1, ArrowRight: here + 1, Home: 0, End: rows.length - 1 };
  if (!(event.key in steps)) return;
  event.preventDefault();
  point(plot, place(rows[Math.min(rows.length - 1, Math.max(0, steps[event.key]))]));
});
document.addEventListener("focusout", ({ target }) => target.matches?.("[data-plot][role]") && rest(target));
// What a reader opened stays open when the charts refresh themselves.
document.addEventListener("toggle", ({ target }) => opened[target.open ? "add" : "delete"](target.id), true);
document.body.addEventListener("htmx:beforeSwap", () => {
  const at = document.activeElement;
  const boxes = [...document.querySelectorAll("[data-chart] details[open]")];
  held = {
    plot: at.matches("[data-plot][role]") ? [at.id, Number(at.getAttribute("aria-valuenow"))] : null,
    scrolls: boxes.map((box) => [box.id, box.querySelector(".values").scrollTop]),
  };
});
document.body.addEventListener("htmx:afterSwap", () => {
  equip(document);
  if (drag && !drag.plot.isConnected) {
    // Whoever drags goes on in the new one.
    const again = document.getElementById(drag.plot.id);
    drag = again && { plot: again, from: drag.from };
  }
  for (const [id, top] of held?.scrolls ?? []) document.querySelector(`#${id} .values`)?.scrollTo(0, top);
  const [id, x] = held?.plot ?? [];
  const plot = document.getElementById(id);
  held = null;
  if (!plot || plot === document.activeElement) return;
  plot.focus({ preventScroll: true });
  point(plot, x);
});
equip(document);
