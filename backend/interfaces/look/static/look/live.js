// The page is right without this; with it, it turns by itself when something happens.
(() => {
  "use strict";
  const SLOWEST = 60000;
  let wait = 1000;
  let seq = 0;
  let stream = null;
  let turning = false;

  const box = () => document.querySelector("[data-live]");
  const held = () => {
    const active = document.activeElement;
    return Boolean(active && active.closest && active.closest("form[data-hold]"));
  };

  // somebody who is choosing is not interrupted
  function turn() {
    const now = box();
    if (!now || turning) return;
    const later = document.querySelector("[data-later]");
    if (later && held()) {
      later.hidden = false;
      return;
    }
    turning = true;
    window.htmx.ajax("GET", now.dataset.parts, { target: `#${now.id}`, swap: "outerHTML" }).then(() => {
      const said = document.querySelector("[data-fresh]");
      if (said) said.textContent = said.dataset.words;
      const fresh = box();
      if (fresh) seq = Math.max(seq, Number(fresh.dataset.seq));
    }).finally(() => { turning = false; });
  }

  async function open() {
    const now = box();
    if (!now || document.hidden) return;
    let answer;
    try {
      answer = await fetch(now.dataset.ticket, { headers: { Accept: "application/json" } });
      if (!answer.ok) return;
    } catch {
      again();
      return;
    }
    const { ticket } = await answer.json();
    stream = new EventSource(`${now.dataset.live}?ticket=${encodeURIComponent(ticket)}&after=${seq}`);
    stream.addEventListener("open", () => { wait = 1000; });
    stream.addEventListener("changed", (event) => {
      seq = Math.max(seq, Number(event.lastEventId));
      turn();
    });
    // a ticket is good for a minute: every new try takes a new one, and looks by itself meanwhile
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
    setTimeout(() => {
      if (stream) return;
      turn();
      open();
    }, wait);
    wait = Math.min(wait * 2, SLOWEST);
  }

  if (!box() || !window.EventSource) return;
  seq = Number(box().dataset.seq);
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) close();
    else if (!stream) open();
  });
  window.addEventListener("pagehide", close);
  open();
})();
