// Calls the endpoints of ui/page/app.py over Gradio's HTTP API, and inserts their HTML.
//
// `run` answers once, the queue streams. All HTML comes from ui/page/render.py.

const HEADERS = { "Content-Type": "application/json" };
const UNREACHABLE = "The assistant cannot be reached. Is it still running?";

export const byId = (id) => document.getElementById(id);

const address = (path) => new URL(`gradio_api/${path}`, document.baseURI);

export const key = () => Array.from(crypto.getRandomValues(new Uint8Array(12)), (b) => b.toString(16).padStart(2, "0")).join("");

async function post(path, body) {
  let response;
  try {
    response = await fetch(address(path), { method: "POST", headers: HEADERS, body: JSON.stringify(body) });
  } catch {
    throw new Error(UNREACHABLE);
  }
  const reply = await response.json().catch(() => ({}));
  if (!response.ok) throw new Error(messageOf(reply) || `The assistant refused this (${response.status}).`);
  return reply;
}

function messageOf(body) {
  const text = body.detail || body.error?.message || body.error || body.message;
  return typeof text === "string" ? text : "";
}

export async function call(name, ...data) {
  return (await post(`run/${name}`, { data })).data[0];
}

// As `call`, but a failure becomes a notice and `undefined`.
export const tryCall = (name, ...data) => call(name, ...data).catch((error) => notify(error.message));

// The HTML of an endpoint, or its error as a paragraph.
export const html = (name, ...data) => call(name, ...data).catch((error) => problem(error.message).outerHTML);

// Calls `onValue` with each value of a streaming endpoint; resolves at its end.
export async function stream(name, data, onValue) {
  const session_hash = key();
  const fn_index = window.gradio_config.dependencies.find((one) => one.api_name === name).id;
  await post("queue/join", { data, fn_index, session_hash, trigger_id: null, simple_format: true });
  await new Promise((done, failed) => {
    const source = new EventSource(address(`queue/data?session_hash=${session_hash}`));
    const end = (finish, value) => { source.close(); finish(value); };
    source.onerror = () => end(failed, new Error(UNREACHABLE));
    source.onmessage = ({ data: line }) => {
      const message = JSON.parse(line);
      if (message.msg === "close_stream") return end(done);
      if (message.msg === "unexpected_error" || message.success === false) {
        return end(failed, new Error("Something went wrong here. Ask whoever runs the assistant."));
      }
      const value = message.output?.data?.[0];
      if (value && typeof value === "object") onValue(value);
      if (message.msg === "process_completed") end(done);
    };
  });
}

// Updates `element` to this HTML, changing only what differs, so focus, scroll position and opened
// details stay. A template is inert: nothing in it loads or runs before the comparison.
export function fill(element, html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  children(element, template.content);
}

function children(now, next) {
  const old = [...now.childNodes];
  const fresh = [...next.childNodes];
  fresh.forEach((node, at) => {
    if (at >= old.length) now.append(node);
    else if (old[at].nodeType !== node.nodeType || old[at].nodeName !== node.nodeName) old[at].replaceWith(node);
    else if (node.nodeType === Node.ELEMENT_NODE) same(old[at], node);
    else if (old[at].data !== node.data) old[at].data = node.data;
  });
  old.slice(fresh.length).forEach((node) => node.remove());
}

function same(now, next) {
  for (const { name } of [...now.attributes]) {
    if (!next.hasAttribute(name) && name !== "open") now.removeAttribute(name);
  }
  for (const { name, value } of next.attributes) {
    if (now.getAttribute(name) !== value) now.setAttribute(name, value);
  }
  children(now, next);
}

// A new element with text content.
export function made(name, text = "", attributes = {}) {
  const element = document.createElement(name);
  element.textContent = text;
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  return element;
}

// An error message, as in templates/problem.html.
export const problem = (message) => made("p", message, { class: "problem", role: "alert" });

// True at the second click on a button; the first only shows `label`.
export function confirmed(button, label) {
  if (button.dataset.sure) return true;
  button.dataset.sure = "1";
  button.textContent = label;
  return false;
}

// The element `step` places after `one`, in a circle.
export const neighbour = (all, one, step) => all[(all.indexOf(one) + step + all.length) % all.length];

let noticeTimer;
export function notify(text) {
  byId("notice").textContent = text;
  clearTimeout(noticeTimer);
  noticeTimer = setTimeout(() => { byId("notice").textContent = ""; }, 4000);
}

export function save(text, name, type) {
  const link = made("a", "", { download: name, href: URL.createObjectURL(new Blob([text], { type })) });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
