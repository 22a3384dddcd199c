// Keys. An element names its own by data-key ("/", "p", "g q"); a field is focused, anything else is clicked.
// "/" leads to the search over all queues where the page has no field of its own. A field's key, pressed once more while
// it is empty, is the one of its data-again.
// j k walk the rows, or where there are none follow what is named so, o opens and x selects the one they stand on, s goes
// to what can be done with the selected ones, and Escape back to the row. Silent while typing, and when switched off.
const OFF = "keys-off";
const toggle = document.querySelector("[data-keys-toggle]");
let prefix = "";

function typing(target) {
  return target.isContentEditable || target.matches?.("textarea, select, input:not([type=checkbox], [type=radio])");
}

function rows() {
  return [...document.querySelectorAll("tr[data-row]")].filter((row) => row.offsetParent);
}

function current() {
  return document.activeElement.closest("tr[data-row]") ?? document.querySelector("tr.at");
}

function walk(by) {
  const all = rows();
  if (!all.length) return named(by > 0 ? "j" : "k")?.click();
  const at = all.indexOf(current());
  const row = all[Math.max(0, Math.min(all.length - 1, at < 0 ? 0 : at + by))];
  mark(row);
  enter(row);
}

function enter(row) {
  row?.querySelector("[data-open], a, button, input")?.focus();
}

// The first verb that can be chosen; what is left of the bar is a Tab away.
function toSelection() {
  const bar = document.querySelector("[data-selection]:not([hidden])");
  const verb = bar?.querySelector(".acts :is(button, input, select):not(:disabled)") ?? bar?.querySelector("[data-clear]");
  if (!verb) return false;
  verb.focus();
  return true;
}

function mark(row) {
  document.querySelector("tr.at")?.classList.remove("at");
  row?.classList.add("at");
}

function named(key) {
  return document.querySelector(`[data-key="${CSS.escape(key)}"]`);
}

function act(key) {
  if (key === "j" || key === "k") return walk(key === "j" ? 1 : -1);
  if (key === "s") return toSelection();
  if (key === "o") return current()?.querySelector("[data-open]")?.click();
  if (key === "x") return current()?.querySelector("input[type=checkbox]")?.click();
  const element = named(key) ?? (key === "/" ? named("g /") : null);
  if (!element || element.matches(":disabled, [aria-disabled=true]")) return false;
  if (element.matches("input, select")) element.focus();
  else element.click();
  return true;
}

// From a field of search the arrow down goes to the rows, and Escape away from it when nothing is typed.
function leave({ defaultPrevented, key, target }) {
  if (defaultPrevented || localStorage.getItem(OFF)) return false;
  const row = key === "ArrowDown" && rows()[0];
  if (row) enter(row);
  else if (key === "Escape" && !target.value) target.blur();
  else return false;
  return true;
}

document.addEventListener("keydown", (event) => {
  const isBack = event.key === "Escape" && !document.querySelector("dialog[open]");
  if (isBack && event.target.closest?.("[data-selection]")) return enter(document.querySelector("tr.at") ?? rows()[0]);
  if (event.target.matches?.("input[type=search][data-key]") && leave(event)) return event.preventDefault();
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.key.length > 1) return;
  if (document.querySelector("dialog[open]") || localStorage.getItem(OFF)) return;
  if (typing(event.target)) {
    const { key, again } = event.target.dataset;
    if (again && event.key === key && !event.target.value && act(again) !== false) event.preventDefault();
    return;
  }
  const pressed = prefix ? `${prefix} ${event.key}` : event.key;
  prefix = "";
  if (pressed === "g") {
    prefix = "g";
    setTimeout(() => (prefix = ""), 1500);
    return;
  }
  if (act(pressed) !== false) event.preventDefault();
});

document.addEventListener("focusin", (event) => {
  const row = event.target.closest("tr[data-row]");
  if (row) mark(row);
});

if (toggle) {
  toggle.checked = !localStorage.getItem(OFF);
  toggle.addEventListener("change", () => {
    if (toggle.checked) localStorage.removeItem(OFF);
    else localStorage.setItem(OFF, "1");
  });
}
