// Questions. data-dialog="id" opens a <dialog> of the page; one that arrives with data-modal opens by itself; data-close closes.
// The browser keeps the rest inert, gives the focus to [autofocus] (Cancel), and gives it back.
function openNew(root) {
  for (const dialog of root.querySelectorAll("dialog[data-modal]:not([open])")) dialog.showModal();
}

document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-dialog]");
  if (opener) document.getElementById(opener.dataset.dialog)?.showModal();
  const closer = event.target.closest("[data-close]");
  if (!closer) return;
  const dialog = closer.closest("dialog");
  if (dialog) {
    event.preventDefault();
    dialog.close();
  } else closer.closest(".result")?.remove();
});

// What answers with a file leaves the page as it is; its question is answered all the same, once the form is on its way.
document.addEventListener("submit", (event) => {
  const dialog = event.target.matches("[data-saves]") && event.target.closest("dialog");
  if (dialog) setTimeout(() => dialog.close());
});

// A question that was fetched is asked once.
document.addEventListener("close", (event) => {
  if (event.target.matches("dialog[data-modal]")) event.target.remove();
}, true);

document.body.addEventListener("htmx:afterSwap", () => openNew(document));

document.body.addEventListener("htmx:afterRequest", ({ detail }) => {
  const dialog = detail.elt.closest?.("dialog[open]");
  if (dialog && detail.xhr.status >= 200 && detail.xhr.status < 400) dialog.close();
});

openNew(document);
