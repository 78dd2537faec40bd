// Hand the link on by the phone's own menu, or copy it. Without either it stands in its field.
(() => {
  "use strict";
  const part = document.querySelector("[data-share]");
  if (!part) return;
  const link = part.querySelector("[data-share-link]");
  const send = part.querySelector("[data-share-send]");
  const copy = part.querySelector("[data-share-copy]");

  link.addEventListener("focus", () => link.select());
  if (navigator.share) {
    send.hidden = false;
    send.addEventListener("click", () => {
      navigator.share({ title: send.dataset.title, url: link.value }).catch(() => link.focus());
    });
  }
  if (navigator.clipboard) {
    copy.hidden = false;
    copy.addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(link.value);
        copy.querySelector("span").textContent = copy.dataset.done;
      } catch {
        link.focus();
      }
    });
  }
})();
