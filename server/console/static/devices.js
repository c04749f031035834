// A control chart for each camera: shares of groups, their centre and limit, drawn again when colours or width change.
"use strict";
(() => {
  const data = JSON.parse(document.getElementById("chart-data").textContent);
  const charts = [];
  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const percent = (value) => (value == null ? "–" : `${String(Math.round(value * 10) / 10).replace(".", ",")}%`);

  function draw(each, index) {
    const place = document.getElementById(`chart-${index}`);
    if (!place) return;
    const groups = each.shares.map((_, at) => at + 1);
    const axis = { stroke: colour("--soft"), grid: { stroke: colour("--rim"), width: 1 }, ticks: { show: false }, font: "12px system-ui" };
    const line = (name, stroke, dash) => ({ label: name, stroke: colour(stroke), dash, width: 2, points: { show: !dash, size: 6 }, value: (_, value) => percent(value) });
    const most = Math.max(5, each.upper, ...each.shares);
    const options = {
      width: place.clientWidth, height: 190, cursor: { y: false, drag: { x: false, y: false } },
      scales: { x: { time: false, range: [0.5, Math.max(groups.length, 10) + 0.5] }, y: { range: [0, most * 1.1] } },
      series: [
        { label: each.lane, value: (_, value) => (value == null ? "–" : each.times[value - 1]) },
        line(each.names[0], "--series-1"), line(each.names[1], "--soft", [6, 4]), line(each.names[2], "--bad", [6, 4]),
      ],
      axes: [{ ...axis, grid: { show: false }, size: 26, values: () => [] }, { ...axis, size: 50, values: (_, values) => values.map(percent) }],
    };
    place.replaceChildren();
    const flat = (value) => groups.map(() => value);
    charts.push([new uPlot(options, [groups, each.shares, flat(each.centre), flat(each.upper)], place), place]);
  }

  function all() {
    charts.length = 0;
    data.forEach(draw);
  }

  all();
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", all);
  new ResizeObserver(() => {
    for (const [chart, place] of charts) if (place.clientWidth !== chart.width) chart.setSize({ width: place.clientWidth, height: 190 });
  }).observe(document.getElementById("main"));
})();
