// While a question is typed, tells the server how far it is, so that the model reads what it will
// probably need. The pace is that of assistant/ahead.py; nothing depends on the reply.

import { call } from "./wire.js";

const SHORTEST = 12; // characters
const FEWEST = 3; // words
const REST_MS = 350;
const PATIENCE_MS = 1500;
let field;
let asked; // makes of a text what would be sent with the question; null while one is answered
let on = false;
let told = "";
let began = 0; // when typing went on after the last guess
let resting;

export function watch(box, about) {
  field = box;
  asked = about;
  field.addEventListener("input", ({ isComposing }) => { if (!isComposing) look(); });
  field.addEventListener("compositionend", look);
}

export function allow(wanted) {
  on = wanted;
}

// Thinks about what stands in the field now.
export function look() {
  clearTimeout(resting);
  if (!on) return;
  const text = field.value;
  began ||= performance.now();
  if (text.trimEnd().endsWith("?")) guess(text);
  else if (performance.now() - began >= PATIENCE_MS) guess(text.slice(0, text.lastIndexOf(" ") + 1));
  resting = setTimeout(() => guess(text), REST_MS);
}

export function stop() {
  clearTimeout(resting);
  told = "";
  began = 0;
}

function guess(text) {
  const question = text.trim();
  if (question === told || question.length < SHORTEST || question.split(/\s+/).length < FEWEST) return;
  const sent = asked(question);
  if (!sent) return;
  told = question;
  began = 0;
  call("ahead", sent).catch(() => { on = false; }); // it would not come through again
}
