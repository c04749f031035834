// The day's charts: bars by the hour, in the page's own colours, drawn again when those or the width change.
"use strict";
(() => {
  const data = JSON.parse(document.getElementById("chart-data").textContent);
  const grouped = (value) => (value == null ? "–" : String(value).replace(/\B(?=(\d{3})+$)/g, "."));
  const short = (value) => (value >= 1e6 ? `${grouped(value / 1e6)} tr` : value >= 1e3 ? `${grouped(value / 1e3)} k` : String(value));
  const hour = (value) => `${String(value).padStart(2, "0")}h`;
  const charts = [];

  function colour(name) {
    return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  }

  function draw(id, series, label) {
    const place = document.getElementById(id);
    const bars = series.map((each, index) => ({
      label: each.name,
      value: (_, value) => grouped(value),
      fill: colour(`--series-${index + 1}`),
      stroke: colour(`--series-${index + 1}`),
      width: 0,
      points: { show: false },
      paths: uPlot.paths.bars({ size: [0.38, 24], align: index ? 1 : -1, gap: 1 }),
    }));
    const axis = { stroke: colour("--soft"), grid: { stroke: colour("--rim"), width: 1 }, ticks: { show: false }, font: "12px system-ui" };
    const most = Math.max(1, ...series.flatMap((each) => each.values));
    const options = {
      width: place.clientWidth, height: 170, cursor: { y: false, drag: { x: false, y: false } },
      scales: { x: { time: false, range: [-0.6, data.hours.length - 0.4] }, y: { range: [0, most * 1.08] } },
      series: [{ label: data.hour, value: (_, value) => (value == null ? "–" : hour(value)) }, ...bars],
      axes: [
        { ...axis, grid: { show: false }, size: 26, values: (_, values) => values.map(hour), incrs: [1, 2, 3, 6] },
        { ...axis, size: 56, values: (_, values) => values.map((value) => (Number.isInteger(value) ? label(value) : "")) },
      ],
    };
    place.replaceChildren();
    charts.push([new uPlot(options, [data.hours, ...series.map((each) => each.values)], place), place]);
  }

  function all() {
    charts.length = 0;
    draw("chart-passages", data.passages, grouped);
    draw("chart-money", data.money, short);
  }

  const date = document.querySelector("#when input[type=date]");
  date.addEventListener("click", () => date.showPicker?.());
  date.addEventListener("input", () => {
    if (date.value) date.previousElementSibling.textContent = date.value.split("-").reverse().join("/");
  });

  all();
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", all);
  new ResizeObserver(() => {
    for (const [chart, place] of charts) if (place.clientWidth !== chart.width) chart.setSize({ width: place.clientWidth, height: 170 });
  }).observe(document.getElementById("chart-passages"));
})();
