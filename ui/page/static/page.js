// Entry point: waits for the document, then starts tabs, theme and keyboard shortcuts.

import * as chat from "./chat.js";
import * as library from "./library.js";
import * as panel from "./panel.js";
import * as quality from "./quality.js";
import { byId, fill, neighbour, tryCall } from "./client.js";


const watch = new MutationObserver(start);
watch.observe(document.documentElement, { childList: true, subtree: true });
start();

function start() {
  const root = byId("assistant");
  if (!root) return;
  watch.disconnect();
  document.body.append(root); // out of Gradio's frame and its styles
  document.querySelector("gradio-app")?.setAttribute("hidden", "");
  root.hidden = false;
  theme();
  tabs();
  panel.start();
  chat.start();
  library.start(welcome);
  quality.start();
  keys();
  welcome();
}

async function welcome() {
  const data = await tryCall("start");
  if (!data) return;
  fill(byId("about"), data.about);
  chat.welcome(data);
  library.welcome(data);
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
  for (const tab of all) {
    tab.addEventListener("click", () => choose(tab));
    tab.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (!step) return;
      const next = neighbour(all, tab, step);
      next.focus();
      choose(next);
    });
  }
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
