// The Ask tab: the form, the exchanges of a conversation and their buttons.

import * as prefill from "./prefill.js";
import * as store from "./conversations.js";
import { byId, call, confirmed, fill, key, made, notify, problem, save, stream, tryCall } from "./client.js";

const BATCH = 20; // exchanges of a stored conversation fetched at once
let talk = fresh();
let running = null; // key of the running answer
let replaces = null; // key of the exchange that the next question replaces
let markdown = new Map(); // by key of an exchange
let strictness = 0.5;

function fresh() {
  return { id: key(), title: "", turns: [] };
}

export function start() {
  const form = byId("composer");
  const question = byId("question");
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    ask(question.value);
  });
  question.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      form.requestSubmit();
    }
  });
  question.addEventListener("input", grow);
  prefill.watch(question, (text) => (running ? null : payloadOf(text, earlier())));
  byId("stop").addEventListener("click", stop);
  byId("turns").addEventListener("click", ({ target }) => {
    const button = target.closest("[data-do]");
    if (button) actions[button.dataset.do]?.(button, button.closest("[data-turn]")?.dataset.turn);
  });
  byId("examples").addEventListener("click", ({ target }) => {
    if (target.tagName === "BUTTON") ask(target.textContent);
  });
  byId("filters").addEventListener("input", showFilters);
  byId("clear-filters").addEventListener("click", () => {
    for (const field of byId("filters").querySelectorAll("input")) {
      if (field.type === "checkbox") field.checked = false;
      else if (field.type === "range") field.value = strictness;
      else field.value = "";
    }
    showFilters();
  });
  byId("new-conversation").addEventListener("click", () => { show(fresh()); question.focus(); });
  byId("show-conversations").addEventListener("click", ({ currentTarget }) => {
    const on = byId("ask").classList.toggle("listing");
    currentTarget.setAttribute("aria-expanded", String(on));
  });
  byId("conversation-list").addEventListener("click", listed);
  byId("export-markdown").addEventListener("click", () => {
    exportAs("md", "text/markdown", ({ turns }) => turns.map((one) => markdown.get(one.key) || "").join("\n---\n\n"));
  });
  byId("export-json").addEventListener("click", () => {
    exportAs("json", "application/json", ({ title, turns }) => json({ title, turns: turns.map((one) => one.answer) }));
  });
  byId("export-cases").addEventListener("click", async () => {
    const cases = await tryCall("cases");
    if (cases) save(cases, "feedback-cases.jsonl", "application/x-ndjson");
    else if (cases === "") notify("Nobody has rated an answer yet.");
  });
  const last = store.find(store.lastOpen());
  if (last) show(last);
  else list();
}

export function welcome(data) {
  fill(byId("examples"), data.examples);
  fill(byId("sources"), data.sources);
  byId("sources").closest("fieldset").hidden = !data.sources;
  strictness = data.strict;
  prefill.enable(data.ahead);
  byId("filters").querySelector('[name="strict"]').value = data.strict;
  showFilters();
}

function grow() {
  const question = byId("question");
  question.style.height = "auto";
  question.style.height = `${Math.min(question.scrollHeight, 200)}px`;
}

function filters() {
  const value = (name) => byId("filters").querySelector(`[name="${name}"]`).value;
  return {
    as_of: value("as_of"), since: value("since"), until: value("until"),
    strict: Number(value("strict")),
    sources: [...byId("sources").querySelectorAll("input:checked")].map((box) => box.value),
  };
}

function showFilters() {
  const { as_of, since, until, strict, sources } = filters();
  const parts = [
    as_of && `as of ${as_of}`, since && `from ${since}`, until && `until ${until}`,
    sources.length && `${sources.length} ${sources.length === 1 ? "source" : "sources"}`,
  ].filter(Boolean);
  byId("filters-summary").textContent = parts.length ? `: ${parts.join(", ")}` : "";
  byId("strict-value").textContent = strict.toFixed(1);
}

// ── one question ────────────────────────────────────────────────────────────────────────────

async function ask(text) {
  const question = text.trim();
  if (!question || running) return;
  const before = earlier();
  const slot = made("div", "", { class: "slot" });
  if (before.length < talk.turns.length) byId("turns").lastElementChild.replaceWith(slot);
  else byId("turns").append(slot);
  replaces = null;
  prefill.stop();
  const mine = key();
  running = mine;
  waiting(slot, question);
  byId("question").value = "";
  grow();
  busy(true);
  byId("opening").hidden = true;
  slot.scrollIntoView({ block: "start" });
  const mineTalk = talk;
  try {
    await stream("ask", [{ ...payloadOf(question, before), key: mine }], (now) => {
      fill(slot, now.html);
      if (now.answer) keep(mineTalk, [...before, { key: mine, answer: now.answer }], now.markdown);
    });
  } catch (error) {
    failed(slot, question, error.message);
  } finally {
    running = null;
    busy(false);
    prefill.look(); // the next question may have been started meanwhile
  }
}

// The history of the next question: without the last exchange if that is replaced.
function earlier() {
  const all = talk.turns;
  return all.length && all.at(-1).key === replaces ? all.slice(0, -1) : all;
}

const payloadOf = (question, before) => ({ question, history: before.map(past), ...filters() });

function waiting(slot, question) {
  const turn = made("article", "", { class: "turn" });
  const status = made("div", "", { class: "status" });
  status.append(made("p", "Searching the articles …"));
  turn.append(made("h2", question, { class: "asked" }), status);
  slot.append(turn);
}

function failed(slot, question, message) {
  const turn = made("article", "", { class: "turn failed", "data-turn": "", "data-final": "" });
  const tools = made("div", "", { class: "tools" });
  tools.append(made("button", "Edit and ask again", { type: "button", "data-do": "edit" }));
  turn.append(made("h2", question, { class: "asked" }), problem(message), tools);
  slot.replaceChildren(turn);
}

const past = ({ answer }) => ({
  question: answer.question,
  answer: answer.answer,
  articles: [...new Set(answer.citations.map((one) => one.article))],
  read: answer.read ?? null,
});

function keep(conversation, turns, text) {
  conversation.turns = turns;
  conversation.title ||= turns[0].answer.question;
  markdown.set(turns.at(-1).key, text);
  if (!store.put(conversation)) notify("This browser has no room to keep the conversation.");
  store.setOpen(conversation.id);
  list();
}

function busy(on) {
  byId("send").hidden = on;
  byId("stop").hidden = !on;
  byId("stop").disabled = false;
  byId("stop").textContent = "Stop";
}

// True if there was an answer to stop.
export function stop() {
  if (!running) return false;
  byId("stop").disabled = true;
  byId("stop").textContent = "Stopping";
  tryCall("stop", running);
  return true;
}

// ── buttons of an exchange ───────────────────────────────────────────────────────

const turnsBefore = (of) => talk.turns.slice(0, talk.turns.findIndex((one) => one.key === of));
const answerOf = (of) => talk.turns.find((one) => one.key === of)?.answer;

const actions = {
  async copy(button, of) {
    const text = markdown.get(of) || "";
    try {
      await navigator.clipboard.writeText(text);
    } catch { // no clipboard outside a secure page
      const area = made("textarea", text);
      document.body.append(area);
      area.select();
      document.execCommand("copy");
      area.remove();
    }
    notify("Copied with its citations.");
  },
  ask: (button) => ask(button.textContent),
  again(button, of) {
    replaces = of;
    ask(answerOf(of)?.question || "");
  },
  edit(button, of) {
    replaces = of || null;
    const question = byId("question");
    question.value = button.closest(".turn").querySelector(".asked").textContent;
    question.focus();
    grow();
  },
  up: (button, of) => rate(button, of, "up"),
  down: (button, of) => rate(button, of, "down"),
  async receipt(button, of) {
    const receipt = await tryCall("receipt", of);
    if (receipt) save(json(receipt), "receipt.json", "application/json");
  },
};

async function rate(button, of, vote) {
  const answer = answerOf(of);
  if (!answer) return;
  const turn = button.closest(".turn");
  for (const one of turn.querySelectorAll('[data-do="up"], [data-do="down"]')) {
    one.setAttribute("aria-pressed", String(one === button));
  }
  const send = (note) => call("rate", { key: of, vote, note, answer, history: turnsBefore(of).map(past) }).then(() => true, (error) => notify(error.message));
  if (!(await send(""))) return;
  notify("Kept on this machine. Thank you.");
  byId("turns").querySelector(".note")?.remove();
  const form = made("form", "", { class: "note" });
  const label = made("label", vote === "up" ? "A note, if you like" : "What would have been right?");
  const field = made("input", "", { type: "text", maxlength: "1000" });
  label.append(field);
  form.append(label, made("button", "Keep the note", { type: "submit" }));
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (await send(field.value)) {
      form.remove();
      notify("Your note is kept.");
    }
  });
  button.closest("footer").append(form);
  field.focus();
}

// ── conversations ───────────────────────────────────────────────────────────────────────────

async function show(conversation) {
  if (running) stop();
  talk = conversation;
  replaces = null;
  store.setOpen(talk.id);
  list();
  byId("ask").classList.remove("listing");
  byId("show-conversations").setAttribute("aria-expanded", "false");
  byId("opening").hidden = talk.turns.length > 0;
  byId("turns").replaceChildren();
  for (let at = 0; at < talk.turns.length; at += BATCH) {
    const shown = await tryCall("turns", talk.turns.slice(at, at + BATCH));
    if (!shown || talk !== conversation) return;
    shown.forEach((one, place) => {
      const slot = made("div", "", { class: "slot" });
      fill(slot, one.html);
      byId("turns").append(slot);
      markdown.set(talk.turns[at + place].key, one.markdown);
    });
  }
  byId("turns").lastElementChild?.scrollIntoView({ block: "start" });
}

function list() {
  byId("conversation-list").replaceChildren(...store.all().map((one) => {
    const row = made("li", "", { "data-id": one.id });
    const open = made("button", one.title || "Untitled", { type: "button", class: "name" });
    if (one.id === talk.id) open.setAttribute("aria-current", "true");
    row.append(
      open,
      made("button", "Rename", { type: "button", class: "rename quiet", "aria-label": `Rename ${one.title}` }),
      made("button", "Delete", { type: "button", class: "delete quiet", "aria-label": `Delete ${one.title}` }),
    );
    return row;
  }));
}

function listed({ target }) {
  const row = target.closest("li");
  if (!row || target.tagName !== "BUTTON") return;
  const { id } = row.dataset;
  if (target.classList.contains("name")) show(store.find(id) || fresh());
  else if (target.classList.contains("rename")) renaming(row, id);
  else if (target.classList.contains("delete") && confirmed(target, "Delete for good")) {
    store.remove(id);
    if (id === talk.id) show(fresh());
    else list();
  }
}

function renaming(row, id) {
  const field = made("input", "", { type: "text", "aria-label": "Name of the conversation", maxlength: "120" });
  field.value = row.querySelector(".name").textContent;
  const done = (event) => {
    if (event.type === "keydown" && event.key !== "Enter" && event.key !== "Escape") return;
    event.stopPropagation();
    if (event.key !== "Escape" && field.value.trim()) {
      store.rename(id, field.value.trim());
      if (id === talk.id) talk.title = field.value.trim();
    }
    list();
  };
  field.addEventListener("keydown", done);
  field.addEventListener("blur", done);
  row.replaceChildren(field);
  field.focus();
}

const json = (value) => JSON.stringify(value, null, 1);

function exportAs(extension, type, text) {
  if (!talk.turns.length) return notify("There is nothing to export yet.");
  save(text(talk), `${fileName()}.${extension}`, type);
}

const fileName = () => (talk.title || "conversation").replace(/[^\p{L}\p{N}]+/gu, "-").replace(/^-|-$/g, "").slice(0, 60) || "conversation";
