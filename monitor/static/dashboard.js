// Keeps the page fresh from /events, and says when nothing comes any more.

import * as charts from "./charts.js";
import { duration } from "./dom.js";
import { know } from "./panic.js";
import * as panels from "./panels.js";

const STALE_MS = 5000;
const LOOK_MS = 500;
const all = {};
const shows = { ...panels, charts: charts.charts, equity: charts.equity };

let heardAt = performance.now();

function hear(topic, event) {
  heardAt = performance.now();
  const told = JSON.parse(event.data);
  all[topic] = told;
  // What cannot be had keeps its last picture; the notices say why. Old alerts would pass for all there are.
  if (!("missing" in told) || topic === "alerts") shows[topic]?.(told, all);
  if (topic === "status") {
    if (!("missing" in told)) know(told);
    if (all.health) panels.health(all.health, all);
    // Made by the server without books, the page has no place for them.
    if (!("missing" in told) && !document.getElementById("money")) location.reload();
  }
  freshen();
}

function freshen() {
  const silentMs = performance.now() - heardAt;
  const stale = silentMs > STALE_MS;
  const banner = document.getElementById("stale");
  if (stale) {
    banner.textContent = `Stale: nothing has been heard for ${duration(silentMs / 1000)}. The process may be dead; what stands below is old.`;
  }
  banner.hidden = !stale;
  document.body.classList.toggle("stale", stale);
}

const source = new EventSource("/events");
for (const topic of ["health", "status", "commandments", "charts", "alerts", "operations", "candidates", "equity", "actors", "link"]) {
  source.addEventListener(topic, (event) => hear(topic, event));
}
source.addEventListener("error", () => {
  // A refusal (503, 401) ends it for good; a lost connection it mends by itself.
  if (source.readyState === EventSource.CLOSED) setTimeout(() => location.reload(), STALE_MS);
});
setInterval(freshen, LOOK_MS);
document.documentElement.dataset.live = "1";
