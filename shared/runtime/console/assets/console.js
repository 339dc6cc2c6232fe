// Small helps on top of pages that work without them. No data is kept in the browser.
"use strict";

// A page that arrived without a reload is announced like one: the focus moves to its content.
document.addEventListener("htmx:afterSettle", (event) => {
  if (event.detail.boosted) document.getElementById("main")?.focus({ preventScroll: true });
});

// "/" leads to the search, as people know it from elsewhere.
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.closest?.("input, select, textarea")) return;
  const field = document.querySelector(`[data-focus="${CSS.escape(event.key)}"]`);
  if (!field) return;
  event.preventDefault();
  field.focus();
});

// The trend as a chart that tells its values under the pointer. Without the library the drawn picture stays.
const charts = new Map();

const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

function tell(box, position, columns) {
  const places = box.closest("section").querySelectorAll(".legend b");
  places.forEach((place, n) => { place.textContent = position == null ? "" : columns[n][position]; });
}

function draw(box) {
  const table = document.getElementById(box.dataset.trend);
  if (!window.uPlot || !table) return;
  const rows = [...table.tBodies[0].rows].map((row) => [...row.cells].map((cell) => cell.textContent.trim()));
  const names = [...table.tHead.rows[0].cells].slice(1).map((cell) => cell.textContent);
  const labels = rows.map((row) => row[0]);
  const columns = names.map((_, column) => rows.map((row) => Number(row[column + 1])));
  const axis = { stroke: colour("--soft"), grid: { stroke: colour("--line"), width: 1 }, ticks: { show: false } };
  const options = {
    width: box.clientWidth,
    height: box.clientHeight,
    legend: { show: false },
    hooks: { setCursor: [(chart) => tell(box, chart.cursor.idx, [labels, ...columns])] },
    cursor: { drag: { x: false, y: false }, points: { size: 8 } },
    scales: { x: { time: false, range: (_, least, most) => [least - 0.3, most + 0.3] }, y: { range: (_, __, most) => [0, Math.max(4, most * 1.05)] } },
    axes: [
      { ...axis, grid: { show: false }, incrs: [1, 2, 3, 4, 6, 12, 24], space: 70, values: (_, at) => at.map((n) => labels[n] ?? "") },
      { ...axis, incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1e3, 2e3, 5e3, 1e4, 2e4, 5e4, 1e5, 2e5, 5e5, 1e6], size: 56 },
    ],
    series: [{}, ...names.map((label, n) => ({ label, stroke: colour(`--s${n + 1}`), width: 2, points: { size: 6 } }))],
  };
  box.replaceChildren();
  charts.get(box)?.destroy();
  charts.set(box, new window.uPlot(options, [labels.map((_, n) => n), ...columns], box));
}

function drawAll() {
  for (const [box, chart] of charts) {
    if (box.isConnected) continue;
    chart.destroy();
    charts.delete(box);
  }
  document.querySelectorAll("[data-trend]").forEach((box) => charts.has(box) || draw(box));
}

new ResizeObserver(() => {
  for (const [box, chart] of charts) chart.setSize({ width: box.clientWidth, height: box.clientHeight });
}).observe(document.documentElement);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => charts.forEach((_, box) => draw(box)));
document.addEventListener("htmx:afterSettle", drawAll);
drawAll();
