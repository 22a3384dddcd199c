// The zone this browser lives in, offered by name.
for (const button of document.querySelectorAll("[data-local-zone]")) {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (!zone || zone === "UTC") continue;
  button.value = zone;
  button.querySelector("span").textContent = zone;
  button.hidden = false;
}
