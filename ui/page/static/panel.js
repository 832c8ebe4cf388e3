// Citations and the article panel: hovering shows the quote, clicking opens the article there.

import { byId, fill, html, made, neighbour } from "./client.js";

let opener = null; // the mark or card whose article is open

export function start() {
  const root = byId("assistant");
  root.addEventListener("click", ({ target }) => {
    const place = target.closest(".mark, .card .open, .near .open");
    if (place) open(place);
  });
  for (const [on, off] of [["mouseover", "mouseout"], ["focusin", "focusout"]]) {
    root.addEventListener(on, ({ target }) => target.closest?.(".mark") && showQuote(target.closest(".mark")));
    root.addEventListener(off, ({ target }) => target.closest?.(".mark") && hideQuote());
  }
  byId("panel-close").addEventListener("click", close);
  byId("panel-before").addEventListener("click", () => beside(-1));
  byId("panel-after").addEventListener("click", () => beside(1));
}

function showQuote(mark) {
  const quote = byId("quote");
  quote.replaceChildren(
    made("p", `${mark.dataset.part === "title" ? "Title: " : ""}“${mark.dataset.quote}”`),
    made("p", [mark.dataset.title, mark.dataset.source].filter(Boolean).join(" — "), { class: "meta" }),
  );
  quote.hidden = false;
  mark.setAttribute("aria-describedby", "quote");
  const at = mark.getBoundingClientRect();
  const width = Math.min(384, innerWidth - 32);
  quote.style.width = `${width}px`;
  quote.style.left = `${Math.max(16, Math.min(at.left - 24, innerWidth - width - 16))}px`;
  const below = at.bottom + 8;
  const fits = below + quote.offsetHeight < innerHeight;
  quote.style.top = `${fits ? below : Math.max(8, at.top - quote.offsetHeight - 8)}px`;
}

function hideQuote() {
  byId("quote").hidden = true;
}

// All citations of the exchange in the same article, so that each is highlighted.
function places(place) {
  const turn = place.closest("[data-turn]");
  const found = new Map();
  for (const mark of turn?.querySelectorAll(`.mark[data-article="${CSS.escape(place.dataset.article)}"]`) || []) {
    found.set(mark.dataset.start, [Number(mark.dataset.start), Number(mark.dataset.end), mark.dataset.number]);
  }
  if (place.dataset.start !== undefined && !found.has(place.dataset.start)) {
    found.set(place.dataset.start, [Number(place.dataset.start), Number(place.dataset.end), ""]);
  }
  return [...found.values()];
}

export async function open(place) {
  hideQuote();
  opener = place;
  const panel = byId("panel");
  const article = await html("read", place.dataset.article, places(place));
  if (opener !== place) return;
  panel.hidden = false;
  document.body.classList.add("reading");
  fill(byId("panel-body"), article);
  byId("panel-place").textContent = place.dataset.number ? `Citation ${place.dataset.number}` : "Article";
  byId("panel-before").hidden = byId("panel-after").hidden = marksOf(place).length < 2;
  const there = panel.querySelector(`mark[data-start="${CSS.escape(place.dataset.start || "")}"]`);
  for (const mark of panel.querySelectorAll("mark")) mark.classList.toggle("here", mark === there);
  byId("panel-body").scrollTop = 0;
  (there || panel.querySelector("h2"))?.focus({ preventScroll: true });
  there?.scrollIntoView({ block: "center" });
}

export function close() {
  const panel = byId("panel");
  hideQuote();
  if (panel.hidden) return;
  panel.hidden = true;
  document.body.classList.remove("reading");
  if (opener?.isConnected) opener.focus();
  opener = null;
}

// The citations of the exchange that `element` is in.
const marksOf = (element) => [...(element?.closest("[data-turn]")?.querySelectorAll(".mark") || [])];

function beside(step) {
  const all = marksOf(opener);
  if (all.length) open(neighbour(all, opener, step));
}

// An arrow key: to the next citation, in the panel or among the marks of an answer.
export function step(event, by) {
  const focused = document.activeElement;
  if (focused?.closest("#panel")) {
    event.preventDefault();
    beside(by);
  } else if (focused?.classList.contains("mark")) {
    event.preventDefault();
    neighbour(marksOf(focused), focused, by).focus();
  }
}
