// Shows what the box says about this lane, and takes it down when the box has said nothing for five seconds:
// nobody may pay by a code that is no longer theirs.
"use strict";
(() => {
  const SILENT_MS = 5000, AGAIN_MS = 2000, LOOK_MS = 250, SMALLEST = 0.3;
  const root = document.documentElement;
  const stage = document.querySelector("#stage"), away = document.querySelector("#away");
  const { lane, edition } = document.body.dataset;
  let news = null, heard = performance.now(), asked = 0, isAway = false;

  function hear() {
    heard = performance.now();
  }

  function listen() {
    news?.close();
    news = new EventSource(`/screen/${lane}/events`);
    news.addEventListener("beat", hear);
    news.addEventListener("edition", (event) => {
      if (event.data === edition) hear();
      else location.reload();
    });
    news.addEventListener("page", (event) => {
      hear();
      isAway = false;
      stage.innerHTML = event.data; // escaped by the box, and no script of it would run
      fit();
    });
  }

  function leave() {
    isAway = true;
    news.close();
    stage.replaceChildren(away.content.cloneNode(true));
    fit();
  }

  // A box that came back may want this screen paired again, which is another page; one that is away has no page at all.
  async function ask() {
    asked = performance.now();
    try {
      const answer = await fetch(location.pathname, { method: "HEAD", redirect: "manual", signal: AbortSignal.timeout(AGAIN_MS) });
      if (answer.type === "opaqueredirect" || answer.status === 403 || answer.status === 404) location.reload();
      else if (answer.ok) listen();
    } catch { /* still away */ }
  }

  function look() {
    const now = performance.now();
    if (!isAway && now - heard > SILENT_MS) leave();
    if (isAway && now - asked > 2 * AGAIN_MS) ask();
  }

  // Long words get smaller until all of the page is on the panel: nobody can scroll it.
  function fit() {
    let size = 1;
    root.style.setProperty("--fit", size);
    while (isTooBig() && size > SMALLEST) root.style.setProperty("--fit", size -= 0.04);
  }

  function isTooBig() {
    const face = stage.firstElementChild;
    return Boolean(face) && (face.scrollHeight > face.clientHeight + 1 || face.scrollWidth > face.clientWidth + 1);
  }

  stage.addEventListener("error", (event) => event.target.remove(), true); // a picture that is gone leaves no hole
  addEventListener("resize", fit);
  fit();
  listen();
  setInterval(look, LOOK_MS);
})();
