// A waiting driver is heard: a short tone when one more waits than before, where this browser's switch is on.
"use strict";
(() => {
  const KEY = "live.sound";
  const button = document.getElementById("sound");
  const queue = document.getElementById("queue");
  let context = null;
  let before = new Set(waiting());

  function waiting() {
    return [...document.querySelectorAll(".wanted")].map((each) => each.id);
  }

  function on() {
    return localStorage.getItem(KEY) === "on";
  }

  function shows() {
    button.setAttribute("aria-pressed", String(on()));
  }

  function ring() {
    context = context || new AudioContext();
    context.resume(); // a browser makes no sound before somebody has touched the page
    const tone = context.createOscillator(), level = context.createGain(), now = context.currentTime;
    tone.frequency.setValueAtTime(880, now);
    tone.frequency.setValueAtTime(660, now + 0.18);
    level.gain.setValueAtTime(0.15, now);
    level.gain.exponentialRampToValueAtTime(0.001, now + 0.5);
    tone.connect(level).connect(context.destination);
    tone.start(now);
    tone.stop(now + 0.5);
    queue.dataset.rung = Number(queue.dataset.rung || 0) + 1;
  }

  button.addEventListener("click", () => {
    localStorage.setItem(KEY, on() ? "off" : "on");
    shows();
    if (on()) ring();
  });
  document.body.addEventListener("htmx:afterSettle", () => {
    const now = waiting();
    if (on() && now.some((each) => !before.has(each))) ring();
    before = new Set(now);
  });

  // Without its stream the page asks, though not often: a proxy may hold streams back, or too many may be open.
  let linked = false;
  document.body.addEventListener("htmx:sseOpen", () => { linked = true; });
  document.body.addEventListener("htmx:sseError", () => { linked = false; });
  setInterval(() => {
    if (!linked) for (const each of document.querySelectorAll(".site")) htmx.trigger(each, "behind");
  }, 20000);
  shows();
})();
