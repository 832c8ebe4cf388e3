"use strict";
(() => {
  const list = document.getElementById("cases");
  const controls = document.getElementById("filters");
  if (!list || !controls) return;
  const cases = [...list.querySelectorAll(".case")];
  const words = new Map(cases.map((one) => [one, one.textContent.toLowerCase()]));
  const counter = document.getElementById("count");
  const value = (name) => controls.querySelector(`[name=${name}]`)?.value ?? "";
  const fits = (one) => {
    const kinds = JSON.parse(one.dataset.kinds);
    return (!value("kind") || kinds.includes(value("kind")))
      && (!value("type") || one.dataset.type === value("type"))
      && value("words").toLowerCase().split(/\s+/).every((word) => words.get(one).includes(word));
  };
  const orders = {
    set: (one) => Number(one.dataset.place),
    slow: (one) => -Number(one.dataset.seconds),
    sure: (one) => -Number(one.dataset.confidence),
  };
  const show = () => {
    let shown = 0;
    for (const one of cases) {
      one.hidden = !fits(one);
      shown += one.hidden ? 0 : 1;
    }
    const key = orders[value("order")] ?? orders.set;
    list.append(...[...cases].sort((a, b) => key(a) - key(b)));
    counter.textContent = `${shown} of ${cases.length} shown`;
  };
  controls.addEventListener("input", show);
  controls.addEventListener("submit", (event) => event.preventDefault());
  controls.hidden = false;
  const all = document.getElementById("all");
  all.addEventListener("click", () => {
    const open = all.getAttribute("aria-pressed") !== "true";
    for (const one of cases) one.open = open && !one.hidden;
    all.setAttribute("aria-pressed", String(open));
    all.textContent = open ? "Close all" : "Open all";
  });
  const opened = new Set();
  addEventListener("beforeprint", () => {
    for (const one of cases) if (!one.open && !one.hidden) { one.open = true; opened.add(one); }
  });
  addEventListener("afterprint", () => {
    for (const one of opened) one.open = false;
    opened.clear();
  });
  show();
})();
