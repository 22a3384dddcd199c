// The tree of a body by the keyboard: one stop for Tab, arrows between its lines, c copies the path of the line. Its folds
// stay details, which need no script and say themselves whether they are open; the rest is done when the focus first
// enters it, so that a page of many stays quick.
// A link to a table is no line: Tab leads to it.
const LINE = "summary, .leaf:not(.as-table)";

function become(well) {
  well.dataset.walked = "";
  well.removeAttribute("tabindex");
  for (const line of well.querySelectorAll(LINE)) line.tabIndex = -1;
}

// The lines that can be seen, in their order: what is folded away is passed over.
function walker(well, from) {
  const lines = document.createTreeWalker(well, NodeFilter.SHOW_ELEMENT, (node) => {
    if (node.matches(".kids") && !node.parentElement.open) return NodeFilter.FILTER_REJECT;
    return node.matches(LINE) ? NodeFilter.FILTER_ACCEPT : NodeFilter.FILTER_SKIP;
  });
  lines.currentNode = from;
  return lines;
}

function above(line) {
  const inside = line.matches("summary") ? line.parentElement.parentElement : line;
  return inside.closest(".tree details")?.querySelector("summary");
}

function aim(well, line) {
  well.querySelector(':is(summary, .leaf)[tabindex="0"]')?.setAttribute("tabindex", "-1");
  line.tabIndex = 0;
  // A fold is read by its name; so is a line that is none.
  if (line.matches("summary")) return;
  line.setAttribute("role", "group");
  line.ariaLabel = line.textContent.slice(0, 500);
}

const STEPS = {
  ArrowDown: (well, line) => walker(well, line).nextNode(),
  ArrowUp: (well, line) => walker(well, line).previousNode(),
  Home: (well) => walker(well, well).firstChild(),
  End: (well) => walker(well, well).lastChild(),
  ArrowRight(well, line) {
    if (!line.matches("summary")) return null;
    if (line.parentElement.open) return walker(well, line).nextNode();
    line.parentElement.open = true;
    return line;
  },
  ArrowLeft(well, line) {
    if (!line.matches("summary") || !line.parentElement.open) return above(line);
    line.parentElement.open = false;
    return line;
  },
};

document.addEventListener("focusin", ({ target }) => {
  const well = target.closest(".tree");
  if (!well) return;
  // A click into the text of the well is about the text.
  if (target === well && !well.matches(":focus-visible")) return;
  if (!("walked" in well.dataset)) become(well);
  const line = target === well ? STEPS.Home(well) : target.closest(LINE);
  if (!line) return;
  aim(well, line);
  if (target === well) line.focus();
  // A press of the mouse must move nothing before it is a click.
  else if (line.matches(":focus-visible")) line.dispatchEvent(new CustomEvent("found", { bubbles: true }));
});

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const line = event.target.closest?.(".tree :is(summary, .leaf)");
  if (!line) return;
  if (event.key === "c") {
    const path = line.closest(".opened").querySelector(".path");
    if (path && !path.hidden) path.querySelector("[data-copy]").click();
    return;
  }
  const step = STEPS[event.key];
  if (!step) return;
  event.preventDefault();
  step(line.closest(".tree"), line)?.focus();
});
