// Pages are kept for everybody. What belongs to this visitor alone is asked for apart, and only when there is some.
(() => {
  "use strict";
  if (!/(?:^|; )here=1/.test(document.cookie)) return;
  const put = async () => {
    const answer = await fetch("/here/", { headers: { Accept: "text/html" } });
    if (!answer.ok) return;
    const parts = new DOMParser().parseFromString(await answer.text(), "text/html");
    for (const part of parts.querySelectorAll("[data-into]")) {
      const place = document.querySelector(`[data-here="${part.dataset.into}"]`);
      if (place) place.replaceChildren(...part.childNodes);
    }
  };
  put().catch(() => {});
})();
