// The button says how many are given and what they cost, as the number beside it changes.
(() => {
  "use strict";
  const yuan = (fen) => "¥" + (fen / 100).toLocaleString("en", { minimumFractionDigits: fen % 100 ? 2 : 0 });

  document.addEventListener("input", (event) => {
    const form = event.target.closest("form");
    const button = form && form.querySelector("[data-give]");
    if (!button) return;
    const quantity = Math.max(1, Math.floor(Number(event.target.value)) || 1);
    const words = quantity === 1 ? button.dataset.one : button.dataset.many.replace("0", quantity.toLocaleString("en"));
    button.querySelector("span").textContent = words;
    button.querySelector("b").textContent = yuan(quantity * Number(button.dataset.give));
  });
})();
