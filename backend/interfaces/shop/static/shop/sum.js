// The sums of the confirm page follow the quantities; the server counts again.
(() => {
  "use strict";
  const form = document.querySelector("form[data-sum]");
  if (!form) return;
  const yuan = (fen, always) =>
    "¥" + (fen / 100).toLocaleString("en", { minimumFractionDigits: always || fen % 100 ? 2 : 0 });

  form.addEventListener("input", () => {
    let total = 0;
    for (const input of form.querySelectorAll("input[data-price]")) {
      const amount = Math.max(0, Math.floor(Number(input.value)) || 0) * Number(input.dataset.price);
      input.closest("li").querySelector("[data-line]").textContent = yuan(amount, false);
      total += amount;
    }
    form.querySelector("[data-total]").textContent = yuan(total, true);
    form.querySelector("[data-total-short]").textContent = yuan(total, false);
  });
})();
