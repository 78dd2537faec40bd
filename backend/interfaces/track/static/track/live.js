// The page is right without this; with it, it turns by itself when something happens.
(() => {
  "use strict";
  const SLOWEST = 60000;
  let wait = 1000;
  let seq = 0;
  let stream = null;

  const gift = () => document.getElementById("gift");
  const held = () => {
    const active = document.activeElement;
    return Boolean(active && active.closest && active.closest("form[data-hold]"));
  };

  // a donor who is choosing is not interrupted
  function turn() {
    if (held()) {
      document.querySelector("[data-later]").hidden = false;
      return;
    }
    const box = gift();
    window.htmx.ajax("GET", box.dataset.parts, { target: "#gift", swap: "outerHTML" }).then(() => {
      const said = document.querySelector("[data-fresh]");
      said.textContent = said.dataset.words;
      const now = gift();
      if (now) seq = Math.max(seq, Number(now.dataset.seq));
    });
  }

  async function open() {
    const box = gift();
    if (!box || document.hidden) return;
    let answer;
    try {
      answer = await fetch(box.dataset.ticket, { headers: { Accept: "application/json" } });
      if (!answer.ok) return;
    } catch {
      again();
      return;
    }
    const { ticket } = await answer.json();
    stream = new EventSource(`${box.dataset.live}?ticket=${encodeURIComponent(ticket)}&after=${seq}`);
    stream.addEventListener("open", () => { wait = 1000; });
    stream.addEventListener("changed", (event) => {
      seq = Math.max(seq, Number(event.lastEventId));
      turn();
    });
    // a ticket is good for a minute: every new try takes a new one
    stream.addEventListener("error", () => {
      close();
      again();
    });
  }

  function close() {
    if (stream) stream.close();
    stream = null;
  }

  function again() {
    setTimeout(() => { if (!stream) open(); }, wait);
    wait = Math.min(wait * 2, SLOWEST);
  }

  if (!gift() || !window.EventSource) return;
  seq = Number(gift().dataset.seq);
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) close();
    else if (!stream) open();
  });
  window.addEventListener("pagehide", close);
  open();
})();
