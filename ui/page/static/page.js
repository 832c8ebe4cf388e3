// Entry point: waits for the document, then starts tabs, theme and keyboard shortcuts.

import * as chat from "./chat.js";
import * as library from "./library.js";
import * as panel from "./panel.js";
import * as quality from "./quality.js";
import { call, fill, notify } from "./client.js";

const byId = (id) => document.getElementById(id);

function whenThere(id, then) {
  if (byId(id)) return then(byId(id));
  const watch = new MutationObserver(() => {
    if (!byId(id)) return;
    watch.disconnect();
    then(byId(id));
  });
  watch.observe(document.documentElement, { childList: true, subtree: true });
}

whenThere("assistant", async (root) => {
  document.body.append(root); // out of Gradio's frame and its styles
  document.querySelector("gradio-app")?.setAttribute("hidden", "");
  root.hidden = false;
  theme();
  tabs();
  panel.start();
  chat.start();
  keys();
  await welcome();
});

export async function welcome() {
  try {
    const data = await call("start");
    fill(byId("about"), data.about);
    chat.welcome(data);
    library.start(data, welcome);
    quality.start();
  } catch (problem) {
    notify(problem.message);
  }
}

function theme() {
  const button = byId("theme");
  const set = (dark) => {
    document.body.classList.toggle("dark", dark);
    button.textContent = dark ? "Light" : "Dark";
  };
  const system = matchMedia("(prefers-color-scheme: dark)");
  let chosen = null;
  try { chosen = localStorage.getItem("assistant.dark"); } catch { /* follows the system */ }
  const now = () => (chosen === null ? system.matches : chosen === "1");
  set(now());
  // Gradio sets the class once more when it has started
  new MutationObserver(() => {
    if (document.body.classList.contains("dark") !== now()) set(now());
  }).observe(document.body, { attributeFilter: ["class"] });
  system.addEventListener("change", () => set(now()));
  button.addEventListener("click", () => {
    chosen = now() ? "0" : "1";
    try { localStorage.setItem("assistant.dark", chosen); } catch { /* for this visit only */ }
    set(now());
  });
}

function tabs() {
  const all = [...document.querySelectorAll('#assistant [role="tab"]')];
  const choose = (tab) => {
    for (const one of all) {
      const on = one === tab;
      one.setAttribute("aria-selected", String(on));
      one.tabIndex = on ? 0 : -1;
      byId(one.getAttribute("aria-controls")).hidden = !on;
    }
    if (tab.id === "tab-library") library.open();
    if (tab.id === "tab-quality") quality.open();
    if (tab.id !== "tab-ask") panel.close();
  };
  all.forEach((tab, at) => {
    tab.addEventListener("click", () => choose(tab));
    tab.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (!step) return;
      const next = all[(at + step + all.length) % all.length];
      next.focus();
      choose(next);
    });
  });
}

function keys() {
  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest?.("input, textarea, select");
    if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey) {
      event.preventDefault();
      byId("tab-ask").click();
      byId("question").focus();
    } else if (event.key === "Escape") {
      if (chat.stop()) return;
      panel.close();
    } else if ((event.key === "ArrowRight" || event.key === "ArrowLeft") && !typing) {
      panel.step(event, event.key === "ArrowRight" ? 1 : -1);
    }
  });
}
