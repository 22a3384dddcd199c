// Choosing rows: one by one, the page by the box in the head, a range with shift. The bar below counts what is chosen, and
// how many of those each verb is about. Inside [data-select]: [data-page] in the head, [data-pick] in the rows.
let last = null;

function boxes(scope) {
  return [...scope.querySelectorAll("[data-pick]")];
}

function count(scope) {
  const all = boxes(scope);
  const chosen = all.filter((box) => box.checked);
  const leased = chosen.filter((box) => box.hasAttribute("data-leased")).length;
  const deletable = chosen.filter((box) => box.hasAttribute("data-deletable")).length;
  const [unleased, undeletable] = [chosen.length - leased, chosen.length - deletable];
  const counts = { chosen: chosen.length, leased, unleased, deletable, undeletable, pair: 0 };
  // Two can be compared, no more and no fewer.
  if (chosen.length === 2) counts.pair = 2;
  const page = scope.querySelector("[data-page]");
  if (page) {
    page.disabled = !all.length;
    page.checked = chosen.length > 0 && chosen.length === all.length;
    page.indeterminate = chosen.length > 0 && !page.checked;
  }
  const bar = scope.querySelector("[data-selection]");
  if (!bar) return;
  bar.hidden = !chosen.length;
  for (const figure of bar.querySelectorAll("[data-count]")) figure.textContent = counts[figure.dataset.count];
  for (const part of bar.querySelectorAll("[data-when]")) part.hidden = !counts[part.dataset.when];
  for (const verb of bar.querySelectorAll("[data-needs]")) verb.disabled = !counts[verb.dataset.needs];
}

function scopeOf(target) {
  return target.closest?.("[data-select]");
}

document.addEventListener("click", (event) => {
  const box = event.target;
  const scope = scopeOf(box);
  if (!scope) return;
  if (box.matches("[data-page]")) {
    for (const each of boxes(scope)) each.checked = box.checked;
  } else if (box.closest("[data-clear]")) {
    for (const each of boxes(scope)) each.checked = false;
    scope.querySelector("[data-page]")?.focus();
  } else if (box.matches("[data-pick]")) {
    const all = boxes(scope);
    const from = all.indexOf(last);
    if (event.shiftKey && from >= 0) {
      const to = all.indexOf(box);
      for (const each of all.slice(Math.min(from, to), Math.max(from, to) + 1)) each.checked = box.checked;
    }
    last = box;
  } else return;
  count(scope);
});

for (const name of ["lapsed", "htmx:afterSwap", "reset"]) {
  document.addEventListener(name, () => {
    for (const scope of document.querySelectorAll("[data-select]")) count(scope);
  });
}
// A browser may restore ticks when it comes back to a page.
for (const scope of document.querySelectorAll("[data-select]")) count(scope);
