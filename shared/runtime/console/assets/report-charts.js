// Charts of reports: the picture that came with the page is drawn again so that it tells its values under the pointer.
// The numbers are in the box itself; without the library the picture stays as it came.
"use strict";

{
  const drawn = new Map();

  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

  const written = (value, unit) => {
    if (value == null) return "–";
    if (unit) return `${value.toFixed(1)} ${unit}`;
    return new Intl.NumberFormat("en", { maximumFractionDigits: 2 }).format(value).replaceAll(",", "\u202f");
  };

  const short = (value, unit) => {
    if (unit) return `${value} ${unit}`;
    return new Intl.NumberFormat("en", { notation: "compact" }).format(value);
  };

  const tell = (box, told, position) => {
    const columns = [told.labels, ...told.series.map((one) => one.values)];
    box.closest("section").querySelectorAll(".legend b").forEach((place, n) => {
      const value = position == null ? "" : columns[n][position];
      place.textContent = position == null || n === 0 ? value : written(value, told.unit);
    });
  };

  // Lines stand at equal distances under their labels, steps at their day.
  const across = (told) => (told.kind === "steps" ? told.labels : told.labels.map((_, n) => n));

  const range = (_, least, most) => {
    const top = Math.max(4, most * 1.05);
    return least < 0 ? [Math.min(least * 1.05, -4), top] : [0, top];
  };

  const draw = (box) => {
    if (!window.uPlot) return;
    const told = JSON.parse(box.dataset.chart);
    const steps = told.kind === "steps";
    const axis = { stroke: colour("--soft"), grid: { stroke: colour("--line"), width: 1 }, ticks: { show: false } };
    const labels = steps ? (_, at) => at.map((day) => `${day}`) : (_, at) => at.map((n) => told.labels[n] ?? "");
    const paths = steps ? window.uPlot.paths.stepped({ align: 1 }) : undefined;
    const options = {
      width: box.clientWidth,
      height: box.clientHeight,
      legend: { show: false },
      hooks: { setCursor: [(chart) => tell(box, told, chart.cursor.idx)] },
      cursor: { drag: { x: false, y: false }, points: { size: 8 } },
      scales: { x: { time: false, range: (_, least, most) => (steps ? [0, Math.max(1, most * 1.05)] : [least - 0.3, most + 0.3]) }, y: { range } },
      axes: [
        { ...axis, grid: { show: false }, incrs: [1, 2, 3, 4, 6, 12, 24, 60, 120, 365], space: 70, values: labels },
        { ...axis, size: 60, values: (_, at) => at.map((value) => short(value, told.unit)) },
      ],
      series: [{}, ...told.series.map((one, n) => ({
        label: one.name, stroke: colour(`--s${n + 1}`), width: 2, paths, points: { size: 6, show: !steps && told.labels.length < 60 },
      }))],
    };
    box.replaceChildren();
    drawn.get(box)?.destroy();
    drawn.set(box, new window.uPlot(options, [across(told), ...told.series.map((one) => one.values)], box));
  };

  const drawAll = () => {
    for (const [box, chart] of drawn) {
      if (box.isConnected) continue;
      chart.destroy();
      drawn.delete(box);
    }
    document.querySelectorAll("[data-chart]").forEach((box) => drawn.has(box) || draw(box));
  };

  new ResizeObserver(() => {
    for (const [box, chart] of drawn) chart.setSize({ width: box.clientWidth, height: box.clientHeight });
  }).observe(document.documentElement);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => drawn.forEach((_, box) => draw(box)));
  document.addEventListener("htmx:afterSettle", drawAll);
  drawAll();
}
