// The Library tab: the table of articles, uploads, and the generations of the index.

import { byId, confirmed, fill, html, made, notify, problem, stream, tryCall } from "./client.js";

const view = { page: 1, sort: "published", descending: true, text: "" };
let changed = () => {}; // called when the articles have changed
let busy = false;

export function start(onChange) {
  changed = onChange;
  let waiting;
  byId("find").addEventListener("input", ({ target }) => {
    clearTimeout(waiting);
    waiting = setTimeout(() => show({ text: target.value, page: 1 }), 200);
  });
  byId("articles").addEventListener("click", ({ target }) => {
    const { sort, page, article } = target.dataset;
    if (sort) show({ sort, page: 1, descending: sort === view.sort ? !view.descending : sort !== "title" && sort !== "source" });
    else if (page) show({ page: Number(page) });
    else if (target.classList.contains("remove")) remove(target, article);
  });
  byId("files").addEventListener("change", ({ target }) => { upload([...target.files]); target.value = ""; });
  drop(byId("upload"));
  byId("rebuild").addEventListener("click", () => work("rebuild", []));
  byId("generations").addEventListener("click", async ({ target }) => {
    if (!target.dataset.use) return;
    const used = await tryCall("use", target.dataset.use);
    if (used) notify(used);
    open();
  });
}

export function welcome(data) {
  byId("upload").hidden = !data.upload;
  byId("upload-limits").textContent = data.limits;
}

export async function open() {
  await show({});
  fill(byId("generations"), await html("generations"));
}

async function show(changes) {
  Object.assign(view, changes);
  const sent = JSON.stringify(view);
  const table = await html("listed", view);
  if (sent === JSON.stringify(view)) fill(byId("articles"), table);
}

async function remove(button, article) {
  if (!confirmed(button, "Really remove")) return;
  button.disabled = true;
  const removed = await tryCall("remove", article);
  await said(removed?.said);
  if (!removed) return;
  const undo = made("button", "Undo the removal", { type: "button" });
  undo.addEventListener("click", async () => { undo.remove(); said(await tryCall("undo", removed.undo)); });
  byId("work").replaceChildren(undo);
}

async function said(change) {
  if (change) notify(change);
  await open();
  if (change) changed();
}

function drop(zone) {
  const over = (on) => zone.classList.toggle("over", on);
  zone.addEventListener("dragover", (event) => { event.preventDefault(); over(true); });
  zone.addEventListener("dragleave", () => over(false));
  zone.addEventListener("drop", (event) => {
    event.preventDefault();
    over(false);
    upload([...event.dataTransfer.files]);
  });
}

async function upload(files) {
  if (!files.length || busy) return;
  const status = made("div", "", { class: "status" });
  const text = made("p", `Sending ${files.length} ${files.length === 1 ? "file" : "files"} …`);
  const bar = made("progress", "", { max: "1", value: "0", "aria-label": "Sent" });
  status.append(text, bar);
  byId("work").replaceChildren(status);
  try {
    const paths = await send(files, (share) => { bar.value = share; });
    await work("take", [files.map((file, at) => ({ name: file.name, path: paths[at] }))]);
  } catch (error) {
    byId("work").replaceChildren(problem(error.message));
  }
}

function send(files, onProgress) {
  const body = new FormData();
  for (const file of files) body.append("files", file);
  return new Promise((done, failed) => {
    const request = new XMLHttpRequest();
    request.open("POST", new URL("gradio_api/upload", document.baseURI));
    request.upload.onprogress = (event) => event.lengthComputable && onProgress(event.loaded / event.total);
    request.onerror = () => failed(new Error("The files could not be sent. Are they too large?"));
    request.onload = () => {
      if (request.status === 200) return done(JSON.parse(request.responseText));
      failed(new Error(request.status === 413 ? "The files are too large to be sent at once." : refusal(request.responseText)));
    };
    request.send(body);
  });
}

function refusal(text) {
  try {
    return JSON.parse(text).detail || "The files were not taken.";
  } catch {
    return "The files were not taken.";
  }
}

async function work(name, data) {
  if (busy) return notify("Something is running already.");
  busy = true;
  try {
    await stream(name, data, (now) => fill(byId("work"), now.html));
    await open();
    changed();
  } catch (error) {
    byId("work").replaceChildren(problem(error.message));
  } finally {
    busy = false;
  }
}
