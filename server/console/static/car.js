// Asks how the stay stands, and draws it where it changed; counts the minutes that are left to leave.
"use strict";
(() => {
  const state = document.getElementById("state");
  if (!state) return;
  const QUICK_MS = 4000, SLOW_MS = 30000, TRIES_QUICK = 150;
  let tries = 0;

  function count() {
    for (const each of state.querySelectorAll("[data-until]")) {
      const minutes = Math.floor((Date.parse(each.dataset.until) - Date.now()) / 60000);
      each.textContent = minutes < 0 ? "" : each.dataset.minutes.replace("{n}", minutes);
    }
  }

  async function ask() {
    tries += 1;
    if (!document.hidden) {
      try {
        const answer = await fetch(`${state.dataset.state}?seen=${state.dataset.mark}`, { cache: "no-store" });
        if (answer.status === 200) {
          state.innerHTML = await answer.text(); // rendered and escaped by our server
          state.dataset.mark = answer.headers.get("x-mark");
        } else if (answer.status === 404) {
          location.reload();
          return;
        }
        count();
      } catch { /* no network: the next time */ }
    }
    setTimeout(ask, tries < TRIES_QUICK ? QUICK_MS : SLOW_MS);
  }

  document.addEventListener("visibilitychange", () => { tries = 0; });
  count();
  setTimeout(ask, QUICK_MS);
})();
