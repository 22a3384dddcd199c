// What stands in a field, repeated elsewhere: data-repeats="id of the field". So the button says "Pull 10".
document.addEventListener("input", ({ target }) => {
  for (const place of document.querySelectorAll("[data-repeats]")) {
    if (place.dataset.repeats === target.id) place.textContent = target.validity.valid ? target.value : "";
  }
});
