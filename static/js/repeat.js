// What stands in a field, repeated elsewhere: data-repeats="id of the field". So the button says "Pull 10". And what was said
// for another number than stands there now, data-unlike="id of the field", says so.
function compare() {
  for (const place of document.querySelectorAll("[data-unlike]")) {
    const field = document.getElementById(place.dataset.unlike);
    place.hidden = !field || field.value.trim() === place.dataset.number;
  }
}

document.addEventListener("input", ({ target }) => {
  for (const place of document.querySelectorAll("[data-repeats]")) {
    if (place.dataset.repeats === target.id) place.textContent = target.validity.valid ? target.value : "";
  }
  compare();
});
document.addEventListener("htmx:afterSwap", compare);
