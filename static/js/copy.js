// Copies data-copy, or the text of what data-copy-from names. Works without HTTPS too, where the clipboard is closed to pages.

function byCommand(text) {
  const area = document.createElement("textarea");
  area.value = text;
  area.className = "sr";
  // Inside an open dialog, since all else is inert then.
  (document.querySelector("dialog[open]") ?? document.body).append(area);
  const before = document.activeElement;
  area.select();
  const done = document.execCommand("copy");
  area.remove();
  before?.focus();
  return done;
}

async function copy(text) {
  if (!navigator.clipboard) return byCommand(text);
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return byCommand(text);
  }
}

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy], [data-copy-from]");
  if (!button) return;
  event.preventDefault();
  const text = button.dataset.copy ?? document.querySelector(button.dataset.copyFrom).textContent;
  const done = await copy(text);
  const value = done ? "Copied." : "The browser does not allow copying here.";
  document.body.dispatchEvent(new CustomEvent("announce", { detail: { value } }));
  const use = button.querySelector("use");
  if (!done || !use || button.dataset.busy) return;
  const drawing = use.getAttribute("href");
  button.dataset.busy = "";
  use.setAttribute("href", drawing.replace(/#.*/, "#check"));
  setTimeout(() => {
    use.setAttribute("href", drawing);
    delete button.dataset.busy;
  }, 1500);
});
