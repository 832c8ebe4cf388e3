// What Gradio's components lack: citations that open beside the answer, keys, a kept theme, and
// the unfinished question that the server may read ahead. Everything works without it, except those.

const byId = (id) => document.getElementById(id);
const field = (id) => document.querySelector(`#${id} textarea, #${id} input`);
const CITATION = 'a[href^="article?"]';
const WAIT_MS = 5000, SAME_MS = 600;
let opener = null; // the link whose article is beside
let asked = 0; // when it was chosen

// ── citations ───────────────────────────────────────────────────────────────────────────────

document.addEventListener("click", (event) => {
  const link = event.target.closest?.(CITATION);
  if (!link || !field("place") || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  event.stopPropagation(); // a click on an answer shows its proof
  open(link);
}, true);

function open(link) {
  opener = link;
  const place = field("place");
  place.value = `${link.getAttribute("href")}&n=${Date.now()}`; // the same one again is a change too
  place.dispatchEvent(new Event("input", { bubbles: true }));
  asked = Date.now();
  setTimeout(() => reveal(true), SAME_MS); // the same sentence once more changes nothing
}

// The buttons that open a calendar have no name.
function name() {
  for (const button of document.querySelectorAll("#filters button:not([aria-label])")) {
    if (!button.textContent.trim()) button.setAttribute("aria-label", "Choose a day");
  }
}

// Focus and scroll to what is marked, once for each article that arrives.
function reveal(again) {
  const reader = byId("reader");
  const here = reader?.querySelector("mark:has(strong)") || reader?.querySelector("mark");
  if (!here || (here === reader.shown && again !== true)) return;
  if (opener && Date.now() - asked > WAIT_MS) return;
  reader.shown = here;
  here.tabIndex = -1;
  here.focus({ preventScroll: true });
  here.scrollIntoView({ block: "center" });
}

new MutationObserver(() => { name(); reveal(); }).observe(document.documentElement, { childList: true, subtree: true });

// The citations of the conversation, or those of the proof, by where a link stands.
const beside = (link) => [...(link.closest("#chat, #proof")?.querySelectorAll(CITATION) || [])];

function step(by) {
  const inReader = document.activeElement?.closest("#reader");
  const from = inReader ? opener : document.activeElement?.closest(CITATION);
  if (!from?.isConnected) return false;
  const all = beside(from);
  const next = all[(all.indexOf(from) + by + all.length) % all.length];
  if (!next) return false;
  if (inReader) open(next);
  else next.focus();
  return true;
}

// ── keys ────────────────────────────────────────────────────────────────────────────────────

document.addEventListener("keydown", (event) => {
  const typing = event.target.closest?.("input, textarea, select, [contenteditable]");
  if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey) {
    event.preventDefault();
    if (field("question")) field("question").focus();
    else location.assign("./");
  } else if (event.key === "Escape") {
    if (byId("stop")) byId("stop").click();
    else if (opener?.isConnected && document.activeElement?.closest("#reader")) opener.focus();
  } else if ((event.key === "ArrowRight" || event.key === "ArrowLeft") && !typing) {
    if (step(event.key === "ArrowRight" ? 1 : -1)) event.preventDefault();
  }
});

// ── theme ───────────────────────────────────────────────────────────────────────────────────

const KEY = "assistant.dark";
const system = matchMedia("(prefers-color-scheme: dark)");
const chosen = () => { try { return localStorage.getItem(KEY); } catch { return null; } };
const dark = () => (chosen() === null ? system.matches : chosen() === "1");
const paint = () => document.body.classList.toggle("dark", dark());
// Gradio sets the class once more when it has started
new MutationObserver(() => {
  if (document.body.classList.contains("dark") !== dark()) paint();
}).observe(document.body, { attributeFilter: ["class"] });
system.addEventListener("change", paint);
paint();
document.addEventListener("click", (event) => {
  if (!event.target.closest?.("#theme")) return;
  try { localStorage.setItem(KEY, dark() ? "0" : "1"); } catch { /* a private window */ }
  paint();
});

// ── the unfinished question, with the pace of assistant/answering/prefill.py ────────────────

const MIN_CHARS = 12, MAX_CHARS = 2000, MIN_WORDS = 3, PAUSE_MS = 350, MAX_WAIT_MS = 1500;
let sent = "", started = 0, timer;

function look() {
  clearTimeout(timer);
  const text = field("question").value;
  started ||= performance.now();
  if (text.trimEnd().endsWith("?")) ahead(text);
  else if (performance.now() - started >= MAX_WAIT_MS) ahead(text.slice(0, text.lastIndexOf(" ") + 1));
  timer = setTimeout(() => ahead(text), PAUSE_MS);
}

function ahead(text) {
  const question = text.trim(), context = field("context")?.value;
  if (!context || byId("stop") || question === sent) return;
  if (question.length < MIN_CHARS || question.length > MAX_CHARS || question.split(/\s+/).length < MIN_WORDS) return;
  sent = question;
  started = 0;
  const body = JSON.stringify({ ...JSON.parse(context), question });
  fetch("v1/ahead", { method: "POST", headers: { "Content-Type": "application/json" }, body })
    .catch(() => { /* the question itself will tell */ });
}

for (const name of ["input", "compositionend"]) {
  document.addEventListener(name, (event) => {
    if (event.target.closest?.("#question") && !event.isComposing) look();
  });
}
document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !event.target.closest?.("#question")) return;
  clearTimeout(timer); // the question itself comes
  sent = "";
  started = 0;
}, true);
