// The browser answers for the visitor: a number whose hash begins with enough zeros. The question stays for who has none.
(async () => {
  "use strict";
  const form = document.querySelector("form[data-puzzle]");
  if (!form || !window.crypto || !crypto.subtle) return;
  const bits = Number(form.dataset.bits);
  const zeros = (bytes) => {
    let count = 0;
    for (const byte of bytes) {
      if (byte) return count + Math.clz32(byte) - 24;
      count += 8;
    }
    return count;
  };
  const text = new TextEncoder();
  for (let number = 0; number < 5_000_000; number += 1) {
    const digest = await crypto.subtle.digest("SHA-256", text.encode(`${form.dataset.puzzle}:${number}`));
    if (zeros(new Uint8Array(digest)) >= bits) {
      form.elements.proof.value = String(number);
      form.querySelector("[data-said]").hidden = true;
      form.querySelector("[data-counted]").hidden = false;
      return;
    }
  }
})();
