// One live region says what changed. Scripts dispatch "announce" with the text, as the server does by HX-Trigger.
// (No script imports another: the static files are named by their content, and an import would name them twice.)
const live = document.getElementById("live");

function say(text) {
  // Emptied first, so that the same sentence twice is heard twice.
  live.textContent = "";
  requestAnimationFrame(() => (live.textContent = text));
}

document.body.addEventListener("announce", (event) => say(event.detail.value));

// Fired on each element that arrived.
document.body.addEventListener("htmx:afterSwap", ({ target }) => {
  const said = target.matches("[data-announce]") ? target : target.querySelector("[data-announce]");
  if (said) say(said.dataset.announce || said.textContent.trim());
});

// What the page itself came with, such as the result of an act. A reader hears no live region that was filled before.
const first = document.querySelector("[data-announce]");
if (first) setTimeout(() => say(first.dataset.announce || first.textContent.trim()), 500);

// Nothing fails in silence. An error answer that is a fragment goes to its place, whatever its code; a whole page, or no
// answer at all, becomes a bar that stays until it is closed.
function show(text) {
  const bar = document.getElementById("failure-bar").content.cloneNode(true);
  bar.querySelector("p").textContent = text;
  document.getElementById("notices").replaceChildren(bar);
  say(text);
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
