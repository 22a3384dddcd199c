// Rows that open in place. The link leads to a page of its own; with a script its fragment opens under the row.
// A link that was opened once only shows and hides what it has.
function detailOf(row) {
  const next = row.nextElementSibling;
  return next?.classList.contains("detail") ? next : null;
}

async function open(link, row) {
  const detail = document.createElement("tr");
  detail.className = "detail";
  detail.setAttribute("role", "row");
  const cell = document.createElement("td");
  cell.colSpan = [...row.cells].reduce((sum, each) => sum + each.colSpan, 0);
  cell.setAttribute("role", "cell");
  detail.append(cell);
  // What counts as the row's lease counts in what opens from it.
  if (row.hasAttribute("data-lease")) detail.dataset.lease = "";
  link.setAttribute("aria-busy", "true");
  row.after(detail);
  await htmx.ajax("GET", link.href, { source: link, target: cell, swap: "innerHTML" });
  link.removeAttribute("aria-busy");
  const arrived = cell.childElementCount > 0;
  if (!arrived) detail.remove();
  return arrived;
}

async function toggle(link) {
  if (link.hasAttribute("aria-busy")) return;
  const row = link.closest("tr");
  const detail = detailOf(row);
  const isOpen = link.getAttribute("aria-expanded") === "true";
  if (detail) detail.hidden = isOpen;
  else if (!(await open(link, row))) return;
  link.setAttribute("aria-expanded", String(!isOpen));
}

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[aria-expanded]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
  event.preventDefault();
  toggle(link);
});

// role="button" promises the space bar too.
document.addEventListener("keydown", (event) => {
  const link = event.target.closest?.("a[aria-expanded]");
  if (!link || event.key !== " ") return;
  event.preventDefault();
  toggle(link);
});
