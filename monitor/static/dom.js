// Builds and updates the page without ever reading text as markup: strangers name the tokens.

const SOL = 1e9;

/** An element. `attributes` may hold `class`, `data-…`, `on…` functions; null children are left out. */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  for (const child of children.flat(Infinity)) {
    if (child === null || child === undefined || child === false) continue;
    element.append(child instanceof Node ? child : String(child));
  }
  return element;
}

/** Make the children of `target` those of `fresh`, keeping every node that stays: focus, scroll and hover survive. */
export function morph(target, ...fresh) {
  const wanted = h("div", {}, ...fresh);
  morphChildren(target, wanted);
}

function morphChildren(old, wanted) {
  const keyed = new Map();
  for (const node of old.children) if (node.dataset?.key) keyed.set(node.dataset.key, node);
  let at = old.firstChild;
  for (const next of [...wanted.childNodes]) {
    const key = next.dataset?.key;
    let match = key ? keyed.get(key) : at;
    if (match && (match.nodeName !== next.nodeName || (!key && match.dataset?.key))) match = null;
    if (!match) {
      old.insertBefore(next, at);
      continue;
    }
    if (match !== at) old.insertBefore(match, at);
    else at = at.nextSibling;
    morphNode(match, next);
  }
  while (at) {
    const gone = at;
    at = at.nextSibling;
    gone.remove();
  }
}

function morphNode(old, next) {
  if (old.nodeType === Node.TEXT_NODE) {
    if (old.data !== next.data) old.data = next.data;
    return;
  }
  for (const { name } of [...old.attributes]) if (!next.hasAttribute(name)) old.removeAttribute(name);
  for (const { name, value } of next.attributes) if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  morphChildren(old, next);
}

export const sol = (lamports) => (lamports === null ? "unknown" : (lamports / SOL).toFixed(6));
export const signedSol = (lamports) =>
  lamports === null ? "unknown" : (lamports < 0 ? "−" : "+") + Math.abs(lamports / SOL).toFixed(6);
export const dollars = (usd) =>
  usd === null ? "unknown" : "$" + usd.toLocaleString("en-US", { minimumFractionDigits: 2, maximumFractionDigits: 2 });
export const share = (value) => (value === null ? "–" : (value * 100).toFixed(1) + " %");
export const percent = (bps) =>
  bps === null ? "–" : (bps < 0 ? "−" : "+") + Math.abs(bps / 100).toFixed(1) + " %";
export const clock = (at) => (at ? at.split("T")[1].slice(0, 8) : "–");
export const short = (mint) => (!mint ? "–" : mint.length <= 12 ? mint : `${mint.slice(0, 4)}…${mint.slice(-4)}`);
export const figure = (value) => (value === null ? "not measured" : Number(value.toPrecision(3)).toString());
export const words = (name) => name.replaceAll("_", " ");
export const rising = (value) => (value === null || value === 0 ? "" : value < 0 ? "down" : "up");

/** The two largest units that matter. */
export function duration(seconds) {
  if (seconds === null || seconds === undefined) return "–";
  const whole = Math.max(0, Math.floor(seconds));
  const minutes = Math.floor(whole / 60);
  if (minutes >= 60) return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
  return minutes ? `${minutes} min ${whole % 60} s` : `${whole} s`;
}

/** An actor's name with the address in it short. */
export function label(name) {
  const dot = name.indexOf(".");
  const rest = name.slice(dot + 1);
  return dot > 0 && rest.length > 20 ? `${name.slice(0, dot)}.${short(rest)}` : name;
}

/** A token: its symbol, which a stranger wrote, isolated from the text around it, and its address. */
export const token = (symbol, mint) => [
  h("bdi", { class: "symbol", title: symbol }, symbol || "?"),
  " ",
  h("code", { title: mint }, short(mint)),
];
