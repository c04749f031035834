// A board hangs for months: it asks each minute whether the prices are still these.
"use strict";
setInterval(async () => {
  try {
    const answer = await fetch(location.href);
    if (!answer.ok) return;
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("board");
    const shown = document.getElementById("board");
    if (fresh && fresh.innerHTML !== shown.innerHTML) shown.replaceWith(fresh);
  } catch { /* the last board stays until the server is back */ }
}, 60000);
