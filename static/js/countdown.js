// Ages (data-at) and lease countdowns (data-until, data-total), in ms, step once a second. Without a script they keep
// what the server wrote, beside the absolute times. The clock is the server's, since the browser's may be wrong; the
// words are those of queues_app/formats.py.
const offset = Date.now() - Number(document.body.dataset.now);

function put(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

function ago(seconds) {
  const s = Math.max(0, Math.floor(seconds));
  if (s < 60) return `${s} s`;
  const minutes = Math.floor(s / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return `${hours} h ${minutes % 60} min`;
  const days = `${Math.floor(hours / 24).toLocaleString("en")} d`;
  return hours >= 2400 ? days : `${days} ${hours % 24} h`;
}

function clock(seconds) {
  const s = Math.ceil(seconds);
  const [hours, minutes, left] = [Math.floor(s / 3600), Math.floor(s / 60) % 60, s % 60].map(String);
  if (hours === "0") return `${minutes}:${left.padStart(2, "0")}`;
  return `${hours}:${minutes.padStart(2, "0")}:${left.padStart(2, "0")}`;
}

function lapse(lease) {
  delete lease.dataset.until;
  lease.classList.add("lapsed");
  const words = lease.querySelector(".clock");
  put(words, lease.dataset.lapsed);
  lease.replaceChildren(words);
  const scope = lease.closest("[data-lease]");
  if (!scope) return;
  for (const element of scope.querySelectorAll("[data-needs-lease]")) element.hidden = true;
  for (const element of scope.querySelectorAll("[data-when-lapsed]")) element.hidden = false;
  scope.querySelector("[data-leased]")?.removeAttribute("data-leased");
  scope.dispatchEvent(new CustomEvent("lapsed", { bubbles: true }));
}

function step() {
  if (document.hidden) return;
  const at = Date.now() - offset;
  let lapsed = 0;
  for (const age of document.querySelectorAll("[data-at]")) {
    const { at: since, before = "", after = "" } = age.dataset;
    put(age, before + ago((at - since) / 1000) + after);
  }
  for (const lease of document.querySelectorAll("[data-until]")) {
    const left = lease.dataset.until - at;
    if (left <= 0) {
      lapse(lease);
      lapsed += 1;
      continue;
    }
    put(lease.querySelector(".clock"), clock(left / 1000));
    const share = Math.min(100, Math.round((100 * left) / lease.dataset.total));
    lease.querySelector(".arc")?.setAttribute("stroke-dasharray", `${share} 100`);
  }
  if (!lapsed) return;
  const value = lapsed === 1 ? "1 lease lapsed" : `${lapsed} leases lapsed`;
  document.body.dispatchEvent(new CustomEvent("announce", { detail: { value } }));
}

setInterval(step, 1000);
document.addEventListener("visibilitychange", step);
