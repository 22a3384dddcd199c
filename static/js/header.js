// Menus are <details>. Only one is open; Escape, a click elsewhere, or leaving by Tab closes it.
function close(except) {
  for (const menu of document.querySelectorAll("details.menu[open]")) if (menu !== except) menu.open = false;
}

document.addEventListener("click", (event) => close(event.target.closest("details.menu")));
document.addEventListener("focusin", (event) => close(event.target.closest("details.menu")));
document.addEventListener("keydown", (event) => {
  const menu = event.key === "Escape" && document.querySelector("details.menu[open]");
  if (!menu) return;
  menu.open = false;
  menu.querySelector("summary").focus();
});

// The zone this browser lives in, offered by name.
for (const button of document.querySelectorAll("[data-local-zone]")) {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (!zone || zone === "UTC") continue;
  button.value = zone;
  button.querySelector("span").textContent = zone;
  button.hidden = false;
}

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
