// Charts of the finance pages, from the page's own data: bars, classes one upon the other, a line, a range.
"use strict";
(() => {
  const data = JSON.parse(document.getElementById("charts-data").textContent);
  const dots = (text) => text.replace(/\B(?=(\d{3})+$)/g, ".");
  const grouped = (value) => {
    if (value == null) return "–";
    const [whole, part] = String(value).split(".");
    return part ? `${dots(whole)},${part}` : dots(whole);
  };
  const short = (value) => (value >= 1e6 ? `${grouped(Math.round(value / 1e5) / 10)} tr` : value >= 1e3 ? `${grouped(value / 1e3)} k` : grouped(value));
  const said = { vnd: (value) => (value == null ? "–" : `${grouped(value)} ₫`), percent: (value) => (value == null ? "–" : `${grouped(value)} %`), count: grouped, rate: grouped };
  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const HEIGHT = 190;
  let drawn = [];

  // Each class is drawn from the ground to the top of those below it, the highest first.
  function stacked(series) {
    const tops = series.map((each) => each.values.map((value) => value ?? 0));
    for (let at = 1; at < tops.length; at++) tops[at] = tops[at].map((value, index) => value + tops[at - 1][index]);
    return tops;
  }

  function look(chart, index, count) {
    const ink = colour(`--series-${index + 1}`);
    if (chart.kind === "line") return { stroke: ink, width: 2, points: { show: true, size: 5 }, spanGaps: true };
    if (chart.kind === "range") return ranged(index);
    const align = chart.kind === "stack" || count === 1 ? 0 : index ? 1 : -1;
    const width = align ? 0.38 : 0.7;
    return { fill: ink, stroke: ink, width: 0, points: { show: false }, paths: uPlot.paths.bars({ size: [width, 24], align, gap: 1 }) };
  }

  // Low, likely, high: the high in a light ink, the ground again up to the low, and a mark where it most likely is.
  function ranged(index) {
    if (index === 1) return { stroke: colour("--series-1"), paths: () => null, points: { show: true, size: 8, fill: colour("--series-1") } };
    const ink = index ? `${colour("--series-1")}55` : colour("--panel");
    return { fill: ink, stroke: ink, width: 0, points: { show: false }, paths: uPlot.paths.bars({ size: [0.5, 28] }) };
  }

  function draw(chart) {
    const place = document.getElementById(`chart-${chart.id}`), at = chart.labels.map((_, index) => index);
    const stack = chart.kind === "stack", say = said[chart.unit];
    const order = chart.series.map((_, index) => index);
    if (stack) order.reverse();
    if (chart.kind === "range") order.splice(0, 3, 2, 0, 1);
    const tops = stack ? stacked(chart.series) : chart.series.map((each) => each.values);
    const series = order.map((index) => ({
      label: chart.series[index].name,
      value: (_, __, ___, at) => say(at == null ? null : chart.series[index].values[at]),
      ...look(chart, index, chart.series.length),
    }));
    const axis = { stroke: colour("--soft"), grid: { stroke: colour("--rim"), width: 1 }, ticks: { show: false }, font: "12px system-ui" };
    const most = chart.unit === "percent" ? 100 : Math.max(1, ...tops.flat().filter((value) => value != null));
    const long = chart.labels.some((label) => label.length > 6);
    const value = (each) => (chart.unit === "vnd" ? short(each) : chart.unit === "count" && !Number.isInteger(each) ? "" : grouped(Math.round(each * 10) / 10));
    const options = {
      width: place.clientWidth, height: HEIGHT + (long ? 70 : 0), cursor: { y: false, drag: { x: false, y: false } },
      scales: { x: { time: false, range: [-0.6, at.length - 0.4] }, y: { range: [0, most * 1.08] } },
      series: [{ label: chart.across, value: (_, value) => (value == null ? "–" : chart.labels[value]) }, ...series],
      axes: [
        { ...axis, grid: { show: false }, size: long ? 96 : 26, rotate: long ? -35 : 0, incrs: long ? [1] : [1, 2, 3, 4, 6, 12], values: (_, values) => values.map((value) => chart.labels[value] ?? "") },
        { ...axis, size: 56, values: (_, values) => values.map(value) },
      ],
    };
    place.replaceChildren();
    drawn.push([new uPlot(options, [at, ...order.map((index) => tops[index])], place), place]);
  }

  function all() {
    drawn = [];
    for (const chart of data) draw(chart);
  }

  all();
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", all);
  const watcher = new ResizeObserver(() => {
    for (const [chart, place] of drawn) if (place.clientWidth && place.clientWidth !== chart.width) chart.setSize({ width: place.clientWidth, height: chart.height });
  });
  for (const [, place] of drawn) watcher.observe(place);
})();
