// The list of work by keys: the row that has the focus is shown beside it, and letters do what stands there.
"use strict";
(() => {
  const NEXT = "cases.next";
  const pane = document.getElementById("case-pane");
  const rows = () => [...document.querySelectorAll("#cases [data-row]")];
  const path = (row) => new URL(row.href).pathname;
  const wide = () => Boolean(pane) && pane.offsetParent !== null;
  let chosen = null, waiting = 0;

  function shows(row) {
    const shown = pane?.querySelector(".case");
    return Boolean(shown) && decodeURI(shown.dataset.case) === decodeURI(path(row));
  }

  function choose(row) {
    if (!wide()) return;
    chosen?.classList.remove("chosen");
    chosen = row;
    row.classList.add("chosen");
    clearTimeout(waiting);
    waiting = setTimeout(() => {
      if (!shows(row)) htmx.ajax("GET", row.getAttribute("href"), { target: "#case-pane", swap: "innerHTML", source: pane });
    }, 120);
  }

  document.addEventListener("focusin", (event) => {
    const row = event.target.closest("#cases [data-row]");
    if (row && row !== chosen) choose(row);
  });

  // What stands on the page for a letter; in the list only once the chosen row's case is what is shown.
  function doing(key) {
    if (wide() && !(chosen && shows(chosen))) return null;
    return document.querySelector(`.case [data-do="${key}"]:not(:disabled)`);
  }

  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest("input, textarea, select, dialog[open]");
    if (typing || event.ctrlKey || event.altKey || event.metaKey || event.repeat || !"atxz".includes(event.key)) return;
    if (document.querySelector("dialog[open]")) return;
    event.stopPropagation(); // here these letters are the case's, not a tab's
    const found = doing(event.key);
    if (!found) return;
    event.preventDefault();
    if (found.nodeName !== "DETAILS") return found.click();
    found.open = true;
    found.querySelector("select").focus();
  }, true);

  // The next page of the list begins where the work goes on: at the same row, or behind one that is done.
  document.body.addEventListener("htmx:beforeRequest", (event) => {
    const form = event.target.closest(".case form");
    if (!form || !chosen) return;
    const all = rows(), at = all.indexOf(chosen);
    const next = form.hasAttribute("data-ends") ? all[at + 1] || all[at - 1] : chosen;
    if (next) sessionStorage.setItem(NEXT, path(next));
  });
  if (pane) {
    const next = sessionStorage.getItem(NEXT), all = rows();
    sessionStorage.removeItem(NEXT);
    if (wide()) (all.find((row) => path(row) === next) || all[0])?.focus();
  }

  for (const field of document.querySelectorAll("#filters select")) {
    field.addEventListener("change", () => field.form.requestSubmit());
  }
})();
