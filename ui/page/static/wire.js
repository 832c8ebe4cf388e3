// What the page asks the server for, and how its HTML gets into the page.
//
// Functions are called by the name that ui/app.py gives them, over the requests of Gradio's own
// page: `run` answers at once, the queue streams. All HTML comes from ui/render.py.

const HEADERS = { "Content-Type": "application/json" };
const AWAY = "The assistant cannot be reached. Is it still running?";

const address = (path) => new URL(`gradio_api/${path}`, document.baseURI);

export const key = () => Array.from(crypto.getRandomValues(new Uint8Array(12)), (b) => b.toString(16).padStart(2, "0")).join("");

async function post(path, body) {
  let response;
  try {
    response = await fetch(address(path), { method: "POST", headers: HEADERS, body: JSON.stringify(body) });
  } catch {
    throw new Error(AWAY);
  }
  const told = await response.json().catch(() => ({}));
  if (!response.ok) throw new Error(said(told) || `The assistant refused this (${response.status}).`);
  return told;
}

function said(told) {
  const text = told.detail || told.error?.message || told.error || told.message;
  return typeof text === "string" ? text : "";
}

export async function call(name, ...data) {
  return (await post(`run/${name}`, { data })).data[0];
}

// Calls `heard` with each value of a function that answers bit by bit; resolves when it has ended.
export async function stream(name, data, heard) {
  const session_hash = key();
  const fn_index = window.gradio_config.dependencies.find((one) => one.api_name === name).id;
  await post("queue/join", { data, fn_index, session_hash, trigger_id: null, simple_format: true });
  await new Promise((done, failed) => {
    const source = new EventSource(address(`queue/data?session_hash=${session_hash}`));
    const end = (finish, value) => { source.close(); finish(value); };
    source.onerror = () => end(failed, new Error(AWAY));
    source.onmessage = ({ data: line }) => {
      const message = JSON.parse(line);
      if (message.msg === "close_stream") return end(done);
      if (message.msg === "unexpected_error" || message.success === false) {
        return end(failed, new Error("Something went wrong here. Ask whoever runs the assistant."));
      }
      const value = message.output?.data?.[0];
      if (value && typeof value === "object") heard(value);
      if (message.msg === "process_completed") end(done);
    };
  });
}

// Makes `element` hold this HTML, changing only what differs: focus, scrolling and what a person
// has opened stay. The template is inert, so nothing in it loads or runs before it is compared.
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

// An element of the page's own, with text only.
export function made(name, text = "", attributes = {}) {
  const element = document.createElement(name);
  element.textContent = text;
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  return element;
}

let telling;
export function tell(text) {
  const place = document.getElementById("told");
  place.textContent = text;
  clearTimeout(telling);
  telling = setTimeout(() => { place.textContent = ""; }, 4000);
}

export function save(text, name, type) {
  const link = made("a", "", { download: name, href: URL.createObjectURL(new Blob([text], { type })) });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
