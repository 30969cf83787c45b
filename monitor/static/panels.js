// Each panel from its topic. The templates write the same; these keep it fresh.

import { choose, chosen } from "./charts.js";
import { clock, dollars, duration, figure, h, label, morph, percent, rising, share, signedSol, sol, token, words } from "./dom.js";

const $ = (id) => document.getElementById(id);
const put = (id, ...children) => $(id) && morph($(id), ...children);
const cell = (name, kind, ...children) => h("td", { "data-label": name, class: kind || null }, ...children);
const joined = (parts, by) => parts.flatMap((part, at) => (at ? [by, part] : [part]));
const empty = (text, columns) => h("tr", {}, h("td", { class: "quiet empty", colspan: columns }, text));

export function health(topic, all) {
  document.title = `${topic.reasons.length ? "failing" : "ok"} · Micro-Lightning`;
  badges(topic, all.status);
  notices(topic, all.status);
  const at = all.status?.at ? `${all.status.at.replace("T", " ").replace(/(\.\d+)?Z/, "")} market time · ` : "";
  $("when").textContent = `${at}up ${duration(topic.uptime_s)}`;
}

function badges(topic, status) {
  const bad = topic.reasons.length > 0;
  const badge = (kind, text) => h("span", { class: `badge ${kind}` }, text);
  put(
    "badges",
    badge("mode", topic.mode), " ",
    badge(bad ? "bad" : "good", bad ? "failing" : "healthy"), " ",
    status?.entries && badge(status.entries.open ? "good" : "warn", `entries ${status.entries.open ? "open" : "closed"}`), " ",
    status?.breaker?.open && badge("bad", `breaker open until ${clock(status.breaker.until)}`),
  );
}

function notices(topic, status) {
  const notice = (kind, title, items) =>
    h("section", { class: `notice ${kind}`, "data-key": title }, h("h2", {}, title), h("ul", {}, items.map((item) => h("li", {}, item))));
  const against = status?.entries?.against ?? [];
  put(
    "notices",
    topic.reasons.length > 0 && notice("bad", "Failing", topic.reasons),
    status?.missing && notice("bad", "No books", [status.missing]),
    against.length > 0 &&
      notice("warn", "Entries wait", against.map((one) => [h("b", {}, words(one.criterion)), ` ${one.reason || one.outcome}`, one.until ? ` until ${clock(one.until)}` : ""])),
  );
}

export function status(topic) {
  const today = topic.today;
  const card = (name, kind, big, unit, note) =>
    h("div", {}, h("dt", {}, name), h("dd", { class: `big ${kind}` }, big, unit && " ", unit && h("small", {}, unit)), h("dd", { class: "quiet" }, note));
  put(
    "money",
    card("Equity", "", sol(topic.equity_lamports), "SOL", dollars(topic.equity_usd)),
    card("Today", rising(today.result_lamports), signedSol(today.result_lamports), "SOL", `${today.operations} closed, ${today.wins} won`),
    card("Under the peak", "", sol(topic.drawdown_lamports), "SOL", `halt at ${sol(topic.drawdown_limit_lamports)}`),
    card("Wallets", "", share(topic.fleet_health), "", `generation ${topic.generation}`),
    card("SOL", "", dollars(topic.sol_usd), "", `${topic.orders_unsettled} orders under way`),
  );
  put("positions", topic.positions.length ? topic.positions.map((one) => held(one, topic.positions)) : h("p", { class: "quiet empty" }, "Nothing is held. A position appears here with its candles, levels and time windows."));
  put("wallets", topic.wallets.map(wallet));
  put("targets", topic.performance.targets.map(target));
}

function held(one, every) {
  const next = one.next_exits.length ? `next exit ${clock(one.next_exits[0].at)}, ` : "";
  const profit = one.next_take_profit ? ` · profit at ${percent(one.next_take_profit.gain_bps)}` : "";
  return h(
    "article", { class: "held", "data-mint": one.mint, "data-key": one.id },
    h("p", { class: "line" }, token(one.symbol, one.mint), " ",
      h("span", { class: `badge ${one.window}` }, one.window), " ",
      one.panic && h("span", { class: "badge bad" }, `panic: ${words(one.panic)}`), " ",
      every.length > 1 && h("button", { type: "button", class: "pick", "data-pick": one.mint, "aria-pressed": chosen(every) === one.mint }, "chart"), " ",
      h("b", { class: `gain ${rising(one.gain_bps)}` }, percent(one.gain_bps))),
    h("p", { class: "quiet" }, `held ${duration(one.held_s)}, urgency ${one.urgency} · cost ${sol(one.cost_lamports)}, sale now ${sol(one.sale_lamports)} SOL · ${next}all by ${clock(one.expires_at)}${profit}`),
  );
}

const wallet = (one) =>
  h("tr", { "data-key": one.role },
    cell("Role", "", words(one.role)), cell("Balance", "n", sol(one.balance_lamports)), cell("Spendable", "n wide", sol(one.spendable_lamports)),
    cell("Reserved", "n wide", sol(one.reserved_lamports)), cell("Rent", "n wide", sol(one.rent_locked_lamports)),
    cell("Used", "n wide", `${one.operations_used} of ${one.operations_allowed}`), cell("Health", "n", share(one.health)));

function target(one) {
  const kind = one.met === null ? "quiet" : one.met ? "up" : "down";
  const verdict = one.met === null ? "" : one.met ? "met, " : "missed, ";
  return h("div", {}, h("dt", {}, words(one.name)), h("dd", {}, figure(one.value), " ", h("small", { class: kind }, `${verdict}wanted ${one.wanted}`)));
}

export function commandments(topic) {
  put("lights", topic.items.map((one) => {
    const kind = !one.compliant ? "bad" : one.entries_open ? "good" : "warn";
    const state = !one.compliant ? "broken" : one.entries_open ? "kept" : "kept, entries wait";
    return h(
      "li", { class: kind, "data-key": one.number },
      h("b", {}, `${one.number} ${one.name}`), " ",
      h("span", { class: "state" }, state, one.violations ? ` · ${one.violations} violations` : ""), " ",
      h("span", { class: "quiet" }, `${one.rule} · ${one.refused} refused`), " ",
      h("span", {}, one.state, one.next_change_at ? `, changes ${clock(one.next_change_at)}` : ""),
    );
  }));
}

export function candidates(topic) {
  const why = (one) => [
    ...joined(one.why.map((verdict) => [h("b", {}, words(verdict.criterion)), ` ${verdict.reason || verdict.outcome}`]), "; "),
    one.why.length ? "" : "every criterion passes",
    one.more ? h("span", { class: "quiet" }, ` and ${one.more} more`) : null,
  ];
  const row = (one) =>
    h("tr", { "data-key": one.mint },
      cell("Token", "", token(one.symbol, one.mint)), cell("Judged", "t wide", clock(one.judged_at)),
      cell("Fate", "", h("span", { class: `fate ${one.fate}` }, one.fate)),
      cell("Quality", "n wide", figure(one.quality)), cell("Risk", "n wide", figure(one.risk)), cell("Why", "", why(one)),
      cell("Later", "", one.later.map((later) => `${Math.floor(later.after_s / 60)} min ${share(later.change_share)}`).join(", ")));
  put("candidates", topic.items.length ? topic.items.map(row) : empty("None yet.", 7));
}

export function alerts(topic) {
  const kinds = { critical: "bad", warning: "warn" };
  const row = (one) =>
    h("li", { class: kinds[one.severity] || null, "data-key": one.id },
      h("span", { class: "quiet" }, clock(one.at)), " ", h("b", {}, words(one.key)), ` ${one.text}`,
      one.count > 1 && h("small", {}, ` × ${one.count}`), one.acknowledged && h("small", { class: "quiet" }, " seen"));
  if (topic.missing) {
    put("alerts", h("li", { class: "bad empty" }, "The notifier is down."));
    return;
  }
  put("alerts", topic.items.length ? topic.items.map(row) : h("li", { class: "quiet empty" }, "None."));
}

/** Reasons in order, neighbours that are the same counted. */
function told(exits) {
  const runs = [];
  for (const { reason } of exits) {
    if (runs.at(-1)?.reason === reason) runs.at(-1).count += 1;
    else runs.push({ reason, count: 1 });
  }
  return runs.map(({ reason, count }) => words(reason) + (count > 1 ? ` × ${count}` : "")).join(", ") || "–";
}

export function operations(topic) {
  const row = (one) => {
    const open = one.state === "open";
    return h("tr", { "data-key": one.id },
      cell("Operation", "", one.id), cell("Token", "", token(one.symbol, one.mint)), cell("Opened", "t wide", clock(one.opened_at)),
      cell("Held", "t", duration(one.hold_s), open ? ", open" : ""),
      cell("Net", `n ${open ? "quiet" : rising(one.net_lamports)}`, signedSol(one.net_lamports), open ? " so far" : ""),
      cell("Exits", "", told(one.exits)));
  };
  put("operations", topic.items.length ? topic.items.map(row) : empty("None yet.", 6));
}

document.getElementById("positions")?.addEventListener("click", (event) => {
  const mint = event.target.closest("[data-pick]")?.dataset.pick;
  if (mint) choose(mint);
});

const lives = new Map();

export function actors(topic) {
  put("actors", topic.items.map((one) => {
    const bad = one.late || one.state !== "alive";
    return h(
      "li", { class: `d${Math.min(one.depth, 6)}${bad ? " bad" : ""}`, "data-key": one.name },
      h("a", { href: `/actors/${encodeURIComponent(one.name)}` }, label(one.name)), " ",
      h("span", { class: "state" }, one.state, one.late ? ", late" : ""),
      one.restarts > 0 && h("span", { class: "restarts" }, ` ${one.restarts} restarts`),
      one.mailbox_depth > 0 && h("span", { class: "quiet" }, ` ${one.mailbox_depth} wait`),
    );
  }));
  put("watchers", `${topic.watchers} watchers${topic.late_watchers ? `, ${topic.late_watchers} late` : ""}: `, h("a", { href: "/actors?class=watcher" }, "list"));
  for (const one of topic.items) {
    const life = `${one.state} ${one.incarnation}`;
    const before = lives.get(one.name);
    if (before !== undefined && before !== life) flash([...$("actors").children].find((row) => row.dataset.key === one.name));
    lives.set(one.name, life);
  }
}

function flash(row) {
  row?.animate([{ background: "var(--warn-back)" }, { background: "transparent" }], { duration: 4000, easing: "ease-out" });
}

export function link(topic) {
  const banner = $("link");
  banner.hidden = topic.state === "ok";
  banner.textContent = topic.detail;
}
