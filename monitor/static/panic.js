// The panic button: says what it will do, asks for the token, does it once, and says what came of it.

import { h, morph, percent, sol, token } from "./dom.js";

const KEPT = "micro-lightning-token";
const $ = (id) => document.getElementById(id);

let positions = [];
let asked = null;

/** What is held now, for the dialog; and whether what was asked to be sold is gone. */
export function know(status) {
  positions = status.positions;
  if (!$("confirm").open) return;
  if (asked) {
    const left = positions.filter((one) => asked.includes(one.mint));
    if (!left.length) {
      asked = null;
      say("Sold: the position is closed.", "good");
    }
  } else describe();
}

function describe() {
  const picked = document.querySelector("[name=which]:checked")?.value ?? "";
  const choice = (value, ...text) =>
    h("label", { "data-key": value || "all" }, h("input", { type: "radio", name: "which", value, checked: value === picked }), " ", ...text);
  $("panic-what").textContent = positions.length
    ? "Everything chosen is sold at once, at up to 60 % slippage, and the token is never entered again."
    : "Nothing is held. A buy that is on its way is sold when it has landed and this is asked again.";
  morph(
    $("panic-choice"),
    choice("", "everything"),
    ...positions.map((one) => choice(one.mint, token(one.symbol, one.mint), ` ${sol(one.sale_lamports)} SOL, ${percent(one.gain_bps)}`)),
  );
  for (const radio of document.querySelectorAll("[name=which]")) radio.checked = radio.value === picked;
}

function say(text, kind = "") {
  $("panic-answer").textContent = text;
  $("panic-answer").className = kind;
}

function open() {
  asked = null;
  say("");
  describe();
  $("token").value = sessionStorage.getItem(KEPT) ?? "";
  $("confirm").showModal();
  $("token").focus();
}

async function go(event) {
  event.preventDefault();
  const mint = document.querySelector("[name=which]:checked")?.value ?? "";
  $("panic-go").disabled = true;
  say("Asking…");
  try {
    const answer = await fetch("/emergency", {
      method: "POST",
      headers: { "Content-Type": "application/json", Authorization: `Bearer ${$("token").value.trim()}` },
      body: JSON.stringify({ action: "exit", mint, why: $("why").value }),
    });
    const document_ = await answer.json();
    if (!answer.ok) {
      if (answer.status === 401 || answer.status === 403) sessionStorage.removeItem(KEPT);
      say(`Refused: ${document_.detail}`, "bad");
      return;
    }
    sessionStorage.setItem(KEPT, $("token").value.trim());
    const told = document_.told.length;
    const missed = document_.not_told.length ? `, ${document_.not_told.length} not told: try again` : "";
    asked = told ? document_.told : null;
    say(told ? `Told ${told}${missed}. Waiting until it is sold…` : "Nothing was held.", missed ? "bad" : "");
  } catch (error) {
    say(`Not asked: ${error.message}. Is the process alive?`, "bad");
  } finally {
    $("panic-go").disabled = false;
  }
}

$("panic").hidden = false;
$("panic").addEventListener("click", open);
$("panic-cancel").addEventListener("click", () => $("confirm").close());
$("panic-form").addEventListener("submit", go);
$("confirm").addEventListener("close", () => {
  $("token").value = "";
  $("panic").focus();
});
