// The search over all queues. Enter opens the first hit of what is typed, as soon as it is there; the arrow down goes to
// the hits, where j and k walk and Enter opens.
const field = document.querySelector("#search-q");
let awaited = "";

function hit() {
  return document.querySelector("#found [data-open]");
}

function isFound(words) {
  return document.querySelector("#found").dataset.q === words;
}

field.addEventListener("keydown", (event) => {
  const words = field.value.trim();
  if (event.isComposing || (event.key === "Enter" && !words)) return;
  if (event.key === "Enter" && !(isFound(words) && hit())) {
    // The form asks; its answer is opened when it comes.
    awaited = words;
  } else if (event.key === "Enter") {
    event.preventDefault();
    hit().click();
  } else if (event.key === "ArrowDown" && hit()) {
    event.preventDefault();
    hit().focus();
  }
});

field.addEventListener("input", () => (awaited = ""));

document.addEventListener("htmx:afterSwap", () => {
  if (!awaited || !isFound(awaited)) return;
  awaited = "";
  hit()?.click();
});
