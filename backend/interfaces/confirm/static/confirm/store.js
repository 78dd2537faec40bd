// What a phone keeps between signals: drafts by drop, and tallies that wait to be sent. Several drops at once.
window.countStore = (() => {
  "use strict";
  let opening;

  function open() {
    opening = opening || new Promise((resolve, reject) => {
      const request = indexedDB.open("count", 1);
      request.onupgradeneeded = () => {
        request.result.createObjectStore("drafts", { keyPath: "token" });
        request.result.createObjectStore("queue", { keyPath: "client_uuid" });
      };
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
    return opening;
  }

  async function run(name, mode, act) {
    const db = await open();
    return new Promise((resolve, reject) => {
      const transaction = db.transaction(name, mode);
      const request = act(transaction.objectStore(name));
      transaction.oncomplete = () => resolve(request.result);
      transaction.onerror = transaction.onabort = () => reject(transaction.error);
    });
  }

  const put = (name, row) => run(name, "readwrite", (store) => store.put(row));
  const get = (name, key) => run(name, "readonly", (store) => store.get(key));
  const drop = (name, key) => run(name, "readwrite", (store) => store.delete(key));
  const all = (name) => run(name, "readonly", (store) => store.getAll());

  // send what waits; told(row, answer) hears of each that is over. A tally leaves the phone's queue only when
  // the server has said what became of it: 200 taken (or taken before), 404, 409, 422 never to be taken.
  let sending = null;
  function flush(told) {
    sending = sending || (async () => {
      for (const row of await all("queue")) {
        let answer;
        try {
          answer = await fetch(row.url, {
            method: "POST",
            headers: { "Content-Type": "application/json" },
            body: JSON.stringify(row.tally),
          });
        } catch {
          break;
        }
        if (answer.ok || [404, 409, 422].includes(answer.status)) {
          const body = answer.ok ? await answer.json() : null;
          await drop("queue", row.client_uuid);
          if (answer.ok) await drop("drafts", row.token);
          if (told) told(row, answer.status, body);
        }
      }
      return (await all("queue")).length;
    })().finally(() => { sending = null; });
    return sending;
  }

  return { put, get, drop, all, flush };
})();
