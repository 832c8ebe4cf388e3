// The Quality tab: start and stop an evaluation, open reports, compare two runs.

import { byId, fill, html, made, notify, problem, stream, tryCall } from "./client.js";

let running = false;

export function start() {
  byId("runs").addEventListener("submit", (event) => {
    event.preventDefault();
    const form = new FormData(event.target);
    run({ set: form.get("set"), size: Number(form.get("size")) });
  });
  byId("runs").addEventListener("change", enableCompare);
  byId("compare").addEventListener("click", async () => {
    const [after, before] = chosen(); // newest first
    byId("compared").replaceChildren(made("p", "Comparing …"));
    fill(byId("compared"), await html("compare", before, after));
  });
  byId("stop-run").addEventListener("click", () => {
    tryCall("stop_run");
    notify("Stopping. What is done is kept.");
  });
}

export async function open() {
  fill(byId("runs"), await html("runs"));
  byId("compare").hidden = byId("runs").querySelectorAll('input[name="run"]').length < 2;
  enableCompare();
}

const enableCompare = () => { byId("compare").disabled = chosen().length !== 2; };

const chosen = () => [...byId("runs").querySelectorAll('input[name="run"]:checked')].map((box) => box.value);

async function run(options) {
  if (running) return notify("An evaluation is running already.");
  running = true;
  byId("stop-run").hidden = false;
  try {
    await stream("run_eval", [options], (now) => fill(byId("run-progress"), now.html));
  } catch (error) {
    byId("run-progress").replaceChildren(problem(error.message));
  } finally {
    running = false;
    byId("stop-run").hidden = true;
    open();
  }
}
