// The theme button: auto, light, dark. The server reads the cookie, so that no page flashes in the wrong colours.
const THEMES = ["auto", "light", "dark"];

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-theme-button]");
  if (!button) return;
  event.preventDefault();
  const root = document.documentElement;
  const next = THEMES[(THEMES.indexOf(root.dataset.theme) + 1) % THEMES.length];
  root.dataset.theme = next;
  document.cookie = `theme=${next};path=${root.dataset.base};max-age=31536000;samesite=lax${location.protocol === "https:" ? ";secure" : ""}`;
  for (const word of document.querySelectorAll("[data-theme-word]")) word.textContent = next;
  document.body.dispatchEvent(new CustomEvent("announce", { detail: { value: `Theme: ${next}` } }));
});
