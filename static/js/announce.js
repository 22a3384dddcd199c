// One live region says what changed. Scripts dispatch "announce" with the text, as the server does by HX-Trigger.
// (No script imports another: the static files are named by their content, and an import would name them twice.)
const live = document.getElementById("live");

document.body.addEventListener("announce", (event) => {
  // Emptied first, so that the same sentence twice is heard twice.
  live.textContent = "";
  requestAnimationFrame(() => (live.textContent = event.detail.value));
});

document.body.addEventListener("htmx:afterSwap", (event) => {
  const said = event.detail.target?.querySelector?.("[data-announce]");
  if (!said) return;
  const value = said.dataset.announce || said.textContent.trim();
  document.body.dispatchEvent(new CustomEvent("announce", { detail: { value } }));
});
