// The eye in a password field: data-reveal names the field.
document.addEventListener("click", (event) => {
  const eye = event.target.closest("[data-reveal]");
  if (!eye) return;
  const field = document.getElementById(eye.dataset.reveal);
  const shown = field.type === "password";
  field.type = shown ? "text" : "password";
  eye.setAttribute("aria-pressed", String(shown));
  const use = eye.querySelector("use");
  use.setAttribute("href", use.getAttribute("href").replace(/#.*/, shown ? "#eye-off" : "#eye"));
});

// Sent as a password again, so that the browser does not remember it as a word that was typed.
document.addEventListener("submit", (event) => {
  for (const eye of event.target.querySelectorAll('[data-reveal][aria-pressed="true"]')) {
    document.getElementById(eye.dataset.reveal).type = "password";
  }
});
