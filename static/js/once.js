// A form that was sent is not sent twice: not by a double click, and not by Enter held down.
const sent = new WeakSet();

document.addEventListener(
  "submit",
  (event) => {
    const form = event.target;
    if (form.method === "get" || form.method === "dialog") return;
    // Its answer is a file, and the page stays: whoever wants the file again gets it again.
    if (form.hasAttribute("data-saves")) return;
    if (sent.has(form)) {
      event.preventDefault();
      event.stopImmediatePropagation();
      return;
    }
    sent.add(form);
    event.submitter?.setAttribute("aria-busy", "true");
  },
  true,
);

function release(form) {
  sent.delete(form);
  for (const button of form.querySelectorAll("[aria-busy]")) button.removeAttribute("aria-busy");
}

// htmx keeps the page, so the form may be wanted again; a browser that goes back shows it again.
document.body.addEventListener("htmx:afterRequest", ({ detail }) => {
  const form = detail.elt.closest?.("form");
  if (form) release(form);
});
addEventListener("pageshow", () => {
  for (const form of document.forms) release(form);
});
