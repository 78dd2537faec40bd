// Small helps. Every page works without them.
(() => {
  "use strict";

  // + and - beside a number
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-step]");
    if (!button) return;
    const input = button.closest("[data-stepper]").querySelector("input");
    const low = input.min === "" ? -Infinity : Number(input.min);
    const high = input.max === "" ? Infinity : Number(input.max);
    const next = (Number(input.value) || 0) + Number(button.dataset.step);
    input.value = Math.min(high, Math.max(low, next));
    input.dispatchEvent(new Event("input", { bubbles: true }));
    input.dispatchEvent(new Event("change", { bubbles: true }));
  });

  // a form marked data-once is sent once; its button walks until the next page is there
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!("once" in form.dataset)) return;
    if (form.dataset.once === "sent") {
      event.preventDefault();
      return;
    }
    form.dataset.once = "sent";
    const button = event.submitter || form.querySelector("button:not([type=button])");
    if (button) {
      button.classList.add("is-busy");
      button.setAttribute("aria-busy", "true");
    }
  });
  window.addEventListener("pageshow", () => {
    for (const form of document.querySelectorAll("form[data-once=sent]")) {
      form.dataset.once = "";
      for (const button of form.querySelectorAll(".is-busy")) {
        button.classList.remove("is-busy");
        button.removeAttribute("aria-busy");
      }
    }
  });

  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-print]")) window.print();
  });
})();
