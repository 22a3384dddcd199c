// Nothing fails in silence. An error answer that is a fragment goes to its place, whatever its code; a whole page, or no
// answer at all, becomes a bar that stays until it is closed.
function show(text) {
  const bar = document.getElementById("failure-bar").content.cloneNode(true);
  bar.querySelector("p").textContent = text;
  document.getElementById("notices").replaceChildren(bar);
  document.body.dispatchEvent(new CustomEvent("announce", { detail: { value: text } }));
}

document.body.addEventListener("htmx:beforeSwap", ({ detail }) => {
  const { status, response } = detail.xhr;
  if (status < 400 || !response.trim()) return;
  detail.shouldSwap = !/^\s*<!doctype/i.test(response);
  detail.isError = !detail.shouldSwap;
});

document.body.addEventListener("htmx:responseError", ({ detail }) => {
  const page = new DOMParser().parseFromString(detail.xhr.response, "text/html");
  const sentence = page.querySelector("[data-sentence]")?.textContent.trim();
  show(sentence || `The server answered ${detail.xhr.status}. Load the page again.`);
});

document.body.addEventListener("htmx:sendError", ({ detail }) => {
  // The refresh control says so itself, and tries again.
  if (detail.requestConfig.triggeringEvent?.type === "refresh") return;
  show("The server did not answer. If this sent or removed something, look into the audit log before you try again.");
});
