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
