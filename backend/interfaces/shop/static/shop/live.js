// How the needs stand, while the page is open and looked at. Everybody gets the same small answer, mostly 304.
(() => {
  "use strict";
  const list = document.querySelector("[data-counters]");
  if (!list) return;
  let wait = 4;

  const show = (item, said) => {
    item.querySelector("[data-cells]").innerHTML = said.cells;
    const left = item.querySelector(".need__left b");
    const form = item.querySelector("form.need__give");
    if (!form) return;
    if (said.gone) {
      form.outerHTML = said.gone;
      return;
    }
    if (left) left.textContent = said.left.toLocaleString("en");
    const input = form.querySelector("input[type=number]");
    if (input) input.max = said.left;
  };

  const ask = async () => {
    if (document.hidden) return;
    const answer = await fetch(list.dataset.counters, { cache: "no-cache" });
    if (!answer.ok) throw new Error(String(answer.status));
    const { needs } = await answer.json();
    for (const item of list.querySelectorAll("[data-need]")) {
      const said = needs[item.dataset.need];
      if (said && JSON.stringify(said) !== item.dataset.said) {
        item.dataset.said = JSON.stringify(said);
        show(item, said);
      }
    }
  };

  const next = () =>
    setTimeout(async () => {
      try {
        await ask();
        wait = 4;
      } catch {
        wait = Math.min(60, wait * 2);
      }
      next();
    }, wait * 1000 * (0.8 + Math.random() * 0.5));
  next();
})();
