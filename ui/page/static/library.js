// The Library tab: the table of articles, uploads, and the generations of the index.

import { call, fill, made, stream, notify } from "./client.js";

const byId = (id) => document.getElementById(id);
const view = { page: 1, sort: "published", descending: true, text: "" };
let changed = () => {}; // called when the articles have changed
let busy = false;

export function start(data, onChange) {
  changed = onChange;
  byId("upload").hidden = !data.upload;
  byId("upload-limits").textContent = data.limits || "";
  if (byId("library").dataset.ready) return;
  byId("library").dataset.ready = "1";
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
    const { said } = await call("use", target.dataset.use).catch((problem) => ({ said: problem.message }));
    notify(said);
    refresh();
  });
}

export const open = () => refresh();

async function refresh() {
  await show({});
  try {
    fill(byId("generations"), await call("generations"));
  } catch (problem) {
    notify(problem.message);
  }
}

async function show(changes) {
  Object.assign(view, changes);
  const asked = { ...view };
  try {
    const html = await call("listed", asked);
    if (JSON.stringify(asked) === JSON.stringify(view)) fill(byId("articles"), html);
  } catch (problem) {
    notify(problem.message);
  }
}

async function remove(button, article) {
  if (!button.dataset.sure) {
    button.dataset.sure = "1";
    button.textContent = "Remove for good";
    return;
  }
  button.disabled = true;
  const { said, done } = await call("remove", article).catch((problem) => ({ said: problem.message }));
  notify(said);
  await refresh();
  if (done) changed();
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
  const says = made("p", `Sending ${files.length} ${files.length === 1 ? "file" : "files"} …`);
  const bar = made("progress", "", { max: "1", value: "0", "aria-label": "Sent" });
  status.append(says, bar);
  byId("work").replaceChildren(status);
  try {
    const paths = await send(files, (share) => { bar.value = share; });
    await work("take", [files.map((file, at) => ({ name: file.name, path: paths[at] }))]);
  } catch (problem) {
    byId("work").replaceChildren(made("p", problem.message, { class: "problem", role: "alert" }));
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
      failed(new Error(request.status === 413 ? "The files are too large to be sent at once." : "The files were not taken."));
    };
    request.send(body);
  });
}

async function work(name, data) {
  if (busy) return notify("Something is running already.");
  busy = true;
  try {
    await stream(name, data, (now) => fill(byId("work"), now.html));
    await refresh();
    changed();
  } catch (problem) {
    byId("work").replaceChildren(made("p", problem.message, { class: "problem", role: "alert" }));
  } finally {
    busy = false;
  }
}
