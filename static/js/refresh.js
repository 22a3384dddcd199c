// The one refresh control. Dispatches "refresh" on the body; what listens with hx-trigger="refresh from:body" asks the
// server. Never a second request before the first is answered; none while the tab is hidden; backs off when it fails.
const MAX_WAIT = 300; // seconds
const offset = Date.now() - Number(document.body.dataset.now);
const box = document.querySelector("[data-refresh]");

if (box) {
  const select = box.querySelector("select");
  const label = box.querySelector("[data-at]");
  const open = new Map(); // request -> when it left
  let failures = 0;
  let failed = false;
  let retryAfter = 0;
  let nextAt = due();

  function due() {
    const every = Number(select.value);
    if (!every) return Infinity;
    return Date.now() + 1000 * Math.max(retryAfter, Math.min(MAX_WAIT, every * 2 ** failures));
  }

  function refresh() {
    document.body.dispatchEvent(new CustomEvent("refresh"));
    if (!open.size) nextAt = due();
    return open.size > 0;
  }

  // Where calls are held back, an answer has no newer counts. It says of when they are, and how often they are asked for.
  function describe() {
    const held = document.querySelector("[data-as-of]")?.dataset;
    if (held && !failed) label.dataset.at = held.asOf;
    label.dataset.before = failures ? "stale, " : held ? "counts " : "updated ";
    label.dataset.after = failures || held ? " old" : " ago";
    for (const option of select.options) {
      const isSlower = held && option.selected && option.value > 0 && option.value < Number(held.everyS);
      option.label = isSlower ? `now ${held.every}` : option.text;
    }
  }

  function settle() {
    failures = failed ? failures + 1 : 0;
    if (failures === 1) {
      const value = "Could not refresh. The rows are the old ones.";
      document.body.dispatchEvent(new CustomEvent("announce", { detail: { value } }));
    }
    if (!failed) label.dataset.at = Date.now() - offset;
    describe();
    box.toggleAttribute("data-stale", failures > 0);
    nextAt = due();
    failed = false;
    retryAfter = 0;
  }

  function tick() {
    if (document.hidden) return;
    // An element that was swapped away takes its answer with it: forget what is long gone.
    for (const [request, left] of open) if (Date.now() - left > 120_000) open.delete(request);
    if (!open.size && Date.now() >= nextAt) refresh();
  }

  document.body.addEventListener("htmx:beforeRequest", ({ detail }) => {
    if (detail.requestConfig.triggeringEvent?.type === "refresh") open.set(detail.xhr, Date.now());
  });
  document.body.addEventListener("htmx:afterRequest", ({ detail }) => {
    if (!open.delete(detail.xhr)) return;
    if (detail.xhr.status < 200 || detail.xhr.status >= 400) {
      failed = true;
      retryAfter = Math.max(retryAfter, Number(detail.xhr.getResponseHeader("Retry-After")) || 0);
    }
    if (!open.size) settle();
  });

  box.querySelector("[data-refresh-now]").addEventListener("click", (event) => {
    // Where nothing listens the link does what it says: it loads the page again.
    if (open.size || refresh()) event.preventDefault();
  });
  select.addEventListener("change", () => {
    const secure = location.protocol === "https:" ? ";secure" : "";
    document.cookie = `refresh=${select.value};path=${document.documentElement.dataset.base};max-age=31536000;samesite=lax${secure}`;
    nextAt = due();
    describe();
  });
  document.addEventListener("visibilitychange", tick);
  describe();
  setInterval(tick, 1000);
}
