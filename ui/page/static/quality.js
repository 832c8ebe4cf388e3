// The Quality tab: start and stop an evaluation, open reports, compare two runs.

import { call, fill, made, stream, notify } from "./client.js";

const byId = (id) => document.getElementById(id);
let running = false;

export function start() {
  if (byId("quality").dataset.ready) return;
  byId("quality").dataset.ready = "1";
  byId("runs").addEventListener("submit", (event) => {
    event.preventDefault();
    const form = new FormData(event.target);
    run({ set: form.get("set"), size: Number(form.get("size")) });
  });
  byId("runs").addEventListener("change", () => {
    byId("compare").disabled = chosen().length !== 2;
  });
  byId("compare").addEventListener("click", async () => {
    const [after, before] = chosen(); // newest first
    byId("compared").replaceChildren(made("p", "Comparing …"));
    try {
      fill(byId("compared"), (await call("compare", before, after)).html);
    } catch (problem) {
      byId("compared").replaceChildren(made("p", problem.message, { class: "problem", role: "alert" }));
    }
  });
  byId("stop-run").addEventListener("click", () => {
    call("stop_run").catch((problem) => notify(problem.message));
    notify("Stopping. What is done is kept.");
  });
}

export async function open() {
  try {
    fill(byId("runs"), await call("runs"));
    byId("compare").hidden = byId("runs").querySelectorAll('input[name="run"]').length < 2;
    byId("compare").disabled = chosen().length !== 2;
  } catch (problem) {
    notify(problem.message);
  }
}

const chosen = () => [...byId("runs").querySelectorAll('input[name="run"]:checked')].map((box) => box.value);

async function run(wanted) {
  if (running) return notify("An evaluation is running already.");
  running = true;
  byId("stop-run").hidden = false;
  try {
    await stream("run_eval", [wanted], (now) => fill(byId("run-progress"), now.html));
  } catch (problem) {
    byId("run-progress").replaceChildren(made("p", problem.message, { class: "problem", role: "alert" }));
  } finally {
    running = false;
    byId("stop-run").hidden = true;
    open();
  }
}
