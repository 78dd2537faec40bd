// The counting page: 正 while one counts, a draft after every touch, and a queue for days without a network.
(() => {
  "use strict";
  const store = window.countStore;
  const form = document.querySelector("form[data-count]");
  const bar = document.querySelector("[data-offline]");
  const RETRY = 20000;

  const fill = (box, n) => { box.textContent = box.dataset.words.replace("{n}", n); };

  // ---- one item ----
  function draw(item) {
    const input = item.querySelector("[data-got]");
    const marks = item.querySelector("[data-marks]");
    const broken = Number(item.querySelector("[data-broken]").value) || 0;
    const empty = input.value === "";
    const got = Number(input.value) || 0;
    const lack = Number(item.dataset.expected) - got;
    marks.replaceChildren(...strokes(got - Math.min(broken, got)).map(sign));
    const show = { match: !empty && lack === 0 && !broken, short: !empty && lack > 0, over: !empty && lack < 0 };
    for (const [name, on] of Object.entries(show)) item.querySelector(`[data-says] [data-${name}]`).hidden = !on;
    fill(item.querySelector("[data-short] [data-words]"), lack);
    fill(item.querySelector("[data-over] [data-words]"), -lack);
    const why = item.querySelector("[data-why]");
    why.hidden = !show.short;
    if (show.short) why.open = true;
  }

  function strokes(n) {
    if (n <= 0 || n >= 200) return [];
    return [...Array(Math.floor(n / 5)).fill(5), ...(n % 5 ? [n % 5] : [])];
  }

  function sign(n) {
    const template = document.querySelector("template[data-signs]").content;
    return template.querySelector(`[data-sign="${n}"] svg`).cloneNode(true);
  }

  // ---- the draft ----
  const values = () => Object.fromEntries([...new FormData(form)]);

  function restore(saved) {
    for (const [name, value] of Object.entries(saved)) {
      for (const field of form.querySelectorAll(`[name="${CSS.escape(name)}"]`)) {
        if (field.type === "radio") field.checked = field.value === value;
        else field.value = value;
      }
    }
    for (const details of form.querySelectorAll("[data-bad]")) {
      if (Number(details.querySelector("[data-broken]").value)) details.open = true;
    }
  }

  // ---- the queue ----
  function tally() {
    const all = values();
    const counts = [...form.querySelectorAll("[data-item]")].map((item) => {
      const id = item.dataset.item;
      return { item: id, got: all[`got-${id}`], bad: all[`bad-${id}`] || 0, fault: all[`fault-${id}`],
               seen: all[`seen-${id}`] || "", words: all[`words-${id}`] || "" };
    });
    return { client_uuid: all.client_uuid, counted_at: new Date().toISOString(),
             second_adult: all.second_adult, counts };
  }

  let waiting = ""; // the tally of this page that is in the queue

  function told(row, status, body) {
    if (!form || row.token !== form.dataset.token) return;
    waiting = "";
    if (body) location.replace(body.receipt);
    else refused();
  }

  function refused() {
    lock(false);
    show("[data-refused]", true);
    show("[data-kept]", false);
  }

  function show(selector, on) {
    const note = document.querySelector(selector);
    note.hidden = !on;
    if (on) note.focus();
  }

  function lock(on) {
    for (const field of form.elements) if (field.type !== "hidden") field.disabled = on;
  }

  async function send() {
    const left = await store.flush(told);
    // another page of this phone may have sent it
    if (waiting && !(await store.get("queue", waiting))) location.reload();
    const offline = !navigator.onLine;
    bar.hidden = !(offline || left);
    bar.querySelector("[data-offline-none]").hidden = left > 0;
    const some = bar.querySelector("[data-offline-some]");
    some.hidden = left === 0;
    fill(some, left);
    return left;
  }

  async function submit(event) {
    event.preventDefault();
    show("[data-refused]", false);
    const said = tally();
    await store.put("queue", { client_uuid: said.client_uuid, token: form.dataset.token,
                               url: form.dataset.tally, tally: said });
    waiting = said.client_uuid;
    lock(true);
    await send();
    if ((await store.get("queue", said.client_uuid))) show("[data-kept]", true);
  }

  async function begin() {
    const { token } = form.dataset;
    const draft = await store.get("drafts", token);
    if (draft) restore(draft.values);
    for (const item of form.querySelectorAll("[data-item]")) draw(item);
    form.addEventListener("input", (event) => {
      draw(event.target.closest("[data-item]") || form.querySelector("[data-item]"));
      store.put("drafts", { token, values: values() });
    });
    form.addEventListener("submit", submit);
    const kept = (await store.all("queue")).find((row) => row.token === token);
    if (kept) {
      waiting = kept.client_uuid;
      lock(true);
      show("[data-kept]", true);
    }
  }

  async function keep() {
    if (!("serviceWorker" in navigator)) return;
    await navigator.serviceWorker.register(form.dataset.worker);
    const ready = await navigator.serviceWorker.ready;
    const files = [...document.querySelectorAll("link[href], script[src]")].map((tag) => tag.href || tag.src);
    ready.active.postMessage({ keep: [location.href.split("?")[0], ...files] });
  }

  const done = document.querySelector("[data-done]");
  if (done) store.drop("drafts", done.dataset.done);
  if (!form) {
    store.flush();
    return;
  }
  begin().then(send);
  keep();
  // twice: the first may join a try that began without a signal and is about to fail
  window.addEventListener("online", () => send().then(send));
  window.addEventListener("offline", send);
  setInterval(send, RETRY);
})();
