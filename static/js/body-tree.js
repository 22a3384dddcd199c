// The tree of a body: fold and unfold all of it, and copy the path of a line by a click on its key. Paths are written as
// queues_app/bodies/paths.py writes them; where a key is shown otherwise than it is, its whole path stands in data-path.
const PLAIN = /^[A-Za-z_$][\w$-]*$/;

function keyOf(line) {
  const head = line.matches("details") ? line.querySelector(":scope > summary") : line;
  const key = head.querySelector(":scope > b");
  if (!key) return { place: head.querySelector(":scope > .i")?.textContent.trim() ?? "" };
  return { name: key.textContent.slice(1, -1), whole: key.dataset.path };
}

function below(path, { name, place, whole }) {
  if (whole !== undefined || path === null) return whole || null;
  if (name === undefined) return place ? `${path}[${place}]` : path;
  if (!PLAIN.test(name)) return `${path}[${JSON.stringify(name)}]`;
  return path ? `${path}.${name}` : name;
}

// Null for what has no path that could be written down.
function pathOf(element) {
  const lines = [];
  for (let line = element.closest(".tree .leaf, .tree details"); line; line = line.parentElement.closest(".tree details")) {
    lines.unshift(line);
  }
  return lines.map(keyOf).reduce(below, "");
}

document.addEventListener("click", (event) => {
  const fold = event.target.closest("[data-fold]");
  if (fold) {
    const [first, ...rest] = fold.closest(".opened").querySelectorAll(".tree details");
    if (first) first.open = true;
    for (const details of rest) details.open = fold.dataset.fold === "open";
    return;
  }
  const key = event.target.closest(".tree b, .tree .i");
  if (!key) return;
  // On the line of a fold the click would fold it as well.
  event.preventDefault();
  tell(key);
});

function tell(element) {
  const opened = element.closest(".opened");
  const bar = opened.querySelector("[data-path]");
  const path = pathOf(element);
  if (!bar) return;
  bar.hidden = !path;
  if (!path) return;
  bar.querySelector("code").textContent = path;
  bar.querySelector("[data-copy]").dataset.copy = path;
}

// The line that a search stepped to has a path too: so that it can be had by the keyboard.
document.addEventListener("found", (event) => {
  if (event.target.closest(".tree")) tell(event.target);
});
