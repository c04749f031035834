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
    if (passed < 0) return words.ageAhead.replace("{n}", Math.ceil(seconds / 60));
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
    if (!target.dataset.site || xhr.status !== 200) return;
    event.detail.shouldSwap = shown.get(target.id) !== serverResponse;
    shown.set(target.id, serverResponse);
  });
  document.body.addEventListener("htmx:afterSettle", refresh);

  document.body.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.target.id === "toast") linger(false);
    const dialog = event.detail.target.id === "help-body" && $("#help");
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
    else if (event.key === "l") $("#to-live")?.click();
    else if (event.key === "d") $("#to-day")?.click();
    else if (/^[1-9]$/.test(event.key)) pick(Number(event.key));
  });

  function pick(number) {
    const wanted = document.querySelectorAll(".wanted")[number - 1];
    if (!wanted) return;
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    wanted.scrollIntoView({ block: "center", behavior: calm ? "auto" : "smooth" });
    (wanted.querySelector("button:not(:disabled)") || wanted).focus({ preventScroll: true });
  }
})();
