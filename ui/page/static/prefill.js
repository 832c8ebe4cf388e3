// Sends an unfinished question to the server for speculative prefill, with the pace of
// assistant/answering/prefill.py. Nothing depends on the reply.

import { call } from "./client.js";

const MIN_CHARS = 12;
const MIN_WORDS = 3;
const PAUSE_MS = 350;
const MAX_WAIT_MS = 1500;
let field;
let payloadOf; // the request body for a question; null while one is being answered
let enabled = false;
let sent = "";
let started = 0; // when typing resumed after the last request
let timer;

export function watch(textarea, makePayload) {
  field = textarea;
  payloadOf = makePayload;
  field.addEventListener("input", ({ isComposing }) => { if (!isComposing) look(); });
  field.addEventListener("compositionend", look);
}

export function enable(value) {
  enabled = value;
}

// Sends the field's text after a pause, at a question mark, or after MAX_WAIT_MS of typing.
export function look() {
  clearTimeout(timer);
  if (!enabled) return;
  const text = field.value;
  started ||= performance.now();
  if (text.trimEnd().endsWith("?")) prefill(text);
  else if (performance.now() - started >= MAX_WAIT_MS) prefill(text.slice(0, text.lastIndexOf(" ") + 1));
  timer = setTimeout(() => prefill(text), PAUSE_MS);
}

export function stop() {
  clearTimeout(timer);
  sent = "";
  started = 0;
}

function prefill(text) {
  const question = text.trim();
  if (question === sent || question.length < MIN_CHARS || question.split(/\s+/).length < MIN_WORDS) return;
  const payload = payloadOf(question);
  if (!payload) return;
  sent = question;
  started = 0;
  call("ahead", payload).catch(() => { enabled = false; });
}
