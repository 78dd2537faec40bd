// Asks for the turn: the nearer, the sooner; after a failure later and later, never all at once.
(() => {
  "use strict";
  const box = document.querySelector("[data-wait]");
  if (!box) return;
  const write = (name, text) => {
    const element = box.querySelector(name);
    if (text && element.textContent !== text) element.textContent = text;
  };
  let failures = 0;
  let wait = 3;

  const next = () => setTimeout(ask, wait * 1000 * (0.8 + Math.random() * 0.5));

  async function ask() {
    try {
      const answer = await fetch(box.dataset.wait, { headers: { Accept: "application/json" } });
      if (!answer.ok) throw new Error(String(answer.status));
      const said = await answer.json();
      if (said.state === "in") {
        location.replace(box.dataset.go);
        return;
      }
      write("[data-ahead]", said.ahead);
      write("[data-long]", said.long);
      wait = said.every || 5;
      failures = 0;
    } catch {
      failures += 1;
      wait = Math.min(60, 5 * 2 ** failures);
    }
    next();
  }
  next();
})();
