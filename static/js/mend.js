// What was wrong with a field stands there until something else is typed: whether that is right the server says.
document.addEventListener("input", ({ target }) => {
  if (target.getAttribute?.("aria-invalid") !== "true") return;
  target.removeAttribute("aria-invalid");
  for (const id of (target.getAttribute("aria-describedby") ?? "").split(" ")) {
    const told = document.getElementById(id);
    if (told?.matches(".error")) told.remove();
  }
});
