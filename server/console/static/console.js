// What the pages do beyond HTMX: ages, the queue's number, dialogs, keys, and telling when the server is away.
"use strict";
(() => {
  const $ = (selector) => document.querySelector(selector);
  const words = document.body.dataset;
  const toast = $("#toast");
  let fading = 0;

  function say(text, bad) {
    toast.textContent = text;
    linger(bad);
  }

  function linger(bad) {
    toast.classList.toggle("bad", Boolean(bad));
    clearTimeout(fading);
    fading = setTimeout(() => { toast.textContent = ""; }, bad ? 8000 : 5000);
  }

  function age(since) {
    const passed = Math.round((Date.now() - Date.parse(since)) / 1000), seconds = Math.abs(passed);
    if (seconds < 5) return words.ageNow;
    if (passed < 0) {
      const [ahead, span] = seconds <= 7200 ? [words.ageAhead, 60] : seconds <= 172800 ? [words.ageAheadHours, 3600]
        : [words.ageAheadDays, 86400];
      return ahead.replace("{n}", Math.ceil(seconds / span));
    }
    const [word, unit] = seconds < 60 ? [words.ageSeconds, 1] : seconds < 3600 ? [words.ageMinutes, 60]
      : seconds < 86400 ? [words.ageHours, 3600] : [words.ageDays, 86400];
    return word.replace("{n}", Math.floor(seconds / unit));
  }

  function refresh() {
    for (const each of document.querySelectorAll("time[data-age]")) each.textContent = age(each.dateTime);
    for (const each of document.querySelectorAll("[data-age-of]")) each.textContent = age(each.dataset.ageOf);
    const count = $("#queue-count");
    const waiting = document.querySelectorAll(".wanted").length;
    if (count) count.textContent = waiting || "";
    document.title = document.title.replace(/^(\(\d+\) )?/, waiting ? `(${waiting}) ` : "");
  }

  refresh();
  setInterval(refresh, 1000);

  // A part that did not change is not drawn again: pictures do not flicker, the focus stays where it is.
  const shown = new Map();
  document.body.addEventListener("htmx:beforeSwap", (event) => {
    const { target, serverResponse, xhr } = event.detail;
    if (!target?.dataset.site || xhr.status !== 200) return;
    event.detail.shouldSwap = shown.get(target.id) !== serverResponse;
    shown.set(target.id, serverResponse);
  });
  document.body.addEventListener("htmx:sseBeforeMessage", () => shown.clear()); // a stream draws parts as well
  document.body.addEventListener("htmx:afterSettle", refresh);

  document.body.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.target?.id === "toast") linger(false);
    const dialog = event.detail.target?.id === "help-body" && $("#help");
    if (dialog && !dialog.open) dialog.showModal();
    if (dialog) dialog.querySelector("[autofocus]")?.focus();
  });
  document.body.addEventListener("helped", () => $("#help")?.close());
  document.body.addEventListener("htmx:responseError", (event) => say(event.detail.xhr.responseText, true));
  document.body.addEventListener("htmx:sendError", (event) => {
    if (!event.target.dataset.site) say(words.offline, true);
  });

  function linked(on) {
    const link = $("#link");
    if (!link) return;
    link.classList.toggle("on", on);
    link.lastElementChild.textContent = on ? link.dataset.on : link.dataset.off;
  }
  document.body.addEventListener("htmx:sseOpen", () => linked(true));
  document.body.addEventListener("htmx:sseError", () => linked(false));

  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-close]")) event.target.closest("dialog").close();
    else if (event.target.closest("#show-keys")) $("#keys").showModal();
    else if (event.target.nodeName === "DIALOG") event.target.close();
  });

  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest("input, textarea, select, dialog[open]");
    if (typing || event.ctrlKey || event.altKey || event.metaKey) return;
    if (event.key === "?") $("#keys")?.showModal();
    else if (event.key === "/") search(event);
    else if (event.key === "j" || event.key === "k") step(event.key === "j" ? 1 : -1);
    else if (/^[1-9]$/.test(event.key)) pick(Number(event.key));
    else if (/^[a-z]$/.test(event.key)) $(`[data-key="${event.key}"]:not(:disabled)`)?.click();
  });

  function search(event) {
    const field = $("[data-search]");
    if (!field) return;
    event.preventDefault(); // or the key is written into it
    field.focus();
    field.select();
  }

  // Rows are links or buttons with data-row: Enter does what a click does.
  function step(by) {
    const rows = [...document.querySelectorAll("[data-row]")];
    const at = rows.indexOf(document.activeElement.closest("[data-row]"));
    const next = rows[at < 0 ? (by > 0 ? 0 : rows.length - 1) : at + by];
    next?.focus();
    next?.scrollIntoView({ block: "nearest" });
  }

  // What the last form did is told once: a reload does not tell it again.
  if ($("#said")) {
    const here = new URL(location.href);
    here.searchParams.delete("said");
    history.replaceState(history.state, "", here);
  }
  $(".tabs [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });

  function pick(number) {
    const wanted = document.querySelectorAll(".wanted")[number - 1];
    if (!wanted) return;
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    wanted.scrollIntoView({ block: "center", behavior: calm ? "auto" : "smooth" });
    (wanted.querySelector("button:not(:disabled)") || wanted).focus({ preventScroll: true });
  }
})();
