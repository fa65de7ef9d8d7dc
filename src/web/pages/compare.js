// Several jobs over each other, on steps, samples or the time since their first sample.
"use strict";

document.addEventListener("DOMContentLoaded", () => {
  const {el, number, count, parameters, remember, nameOf, visible} = lossd;
  const $ = (id) => document.getElementById(id);
  // Okabe and Ito's colours, darker or lighter where the page asks for it; each job has a pattern of its own as well.
  const LINES = [["converging", null], ["diverging", [8, 3]], ["healthy", [2, 3]], ["overfitting", [8, 3, 2, 3]], ["plateau", [14, 4]],
                 ["oscillating", [5, 5]], ["constant", [2, 6]], ["ink", [10, 3, 2, 3, 2, 3]]];
  const MOST = LINES.length;
  const state = {jobs: [...new Set(parameters.getAll("job"))].slice(0, MOST), loss: parameters.get("loss"), x: parameters.get("x"),
                 log: parameters.get("log") === "1"};
  const runs = new Map(), smooth = new Map(), heads = new Map(), missing = new Set();
  let placedRows = [];
  const charts = new LossdCharts({zoomed: (window) => { $("reset").disabled = !window; }, readout});

  async function loadJob(job) {
    const old = runs.get(job);
    let path = `/api/v1/jobs/${encodeURIComponent(job)}/history?`;
    const loss = state.loss || (old && old.loss);
    if (loss) path += "loss=" + encodeURIComponent(loss);
    if (old && old.sample.length) path += `&since=${old.sample[old.sample.length - 1]}&stride=${old.stride}`;
    try {
      const head = await lossd.get(path);
      const run = head.series.find((one) => one.loss === (loss || head.main_loss)) || head.series[0];
      missing.delete(job);
      heads.set(job, head);
      if (run) runs.set(job, lossdRun.merge(old && old.loss === run.loss ? old : null, run)); else runs.delete(job);
    } catch (error) {
      if (error.status !== 404) throw error;
      missing.add(job);
      runs.delete(job);
    }
  }
  async function load() {
    await Promise.all(state.jobs.map(loadJob));
    show();
  }

  // Steps, unless one of the jobs tells none and would not be seen.
  function shownAxis() {
    const shown = state.jobs.map((job) => runs.get(job)).filter((run) => run);
    return state.x || (shown.every((run) => run.step) ? "step" : "sample");
  }

  function places(run) {
    if (shownAxis() !== "time") return lossdRun.places(run, shownAxis());
    const first = run.time ? run.time[0] : 0;  // hours since the first sample
    return run.time ? run.time.map((time) => (time === null ? null : (time - first) / 3600)) : run.sample.map(() => null);
  }

  function show() {
    const jobs = state.jobs.filter((job) => runs.has(job));
    $("nothing").hidden = state.jobs.length > 0;
    $("panel").hidden = state.jobs.length === 0;
    const table = new Map(), lines = {};
    jobs.forEach((job, k) => {
      const run = runs.get(job);
      smooth.set(job, lossdRun.smoothed(run, 0.9));
      const [colour, dash] = LINES[state.jobs.indexOf(job)];
      lines["job " + k] = {colour, dash, width: 2};
      places(run).forEach((x, i) => {
        if (x === null) return;
        if (!table.has(x)) table.set(x, new Array(jobs.length).fill(null));
        table.get(x)[k] = i;
      });
    });
    placedRows = [...table].sort((a, b) => a[0] - b[0]);
    const cell = (job, i) => {
      if (i === null || smooth.get(job)[i] === null) return [null, null, null];
      const run = runs.get(job), middle = smooth.get(job)[i], low = lossdRun.value(run.min[i]), high = lossdRun.value(run.max[i]);
      return [low ?? middle, middle, high ?? middle];
    };
    const rows = placedRows.map(([x, at]) => [x, ...jobs.map((job, k) => cell(job, at[k]))]);
    const positive = rows.every((row) => row.slice(1).every(([low]) => low === null || low > 0));
    $("log").disabled = !positive;
    charts.axis = "sample";  // numbers
    charts.draw($("chart"), {rows, labels: jobs.map((_, k) => "job " + k), lines, log: state.log && positive});
    $("unplaced").hidden = rows.length > 0 || jobs.length === 0;
    for (const button of $("axis").children) button.setAttribute("aria-pressed", String(button.dataset.axis === shownAxis()));
    $("log").setAttribute("aria-pressed", String(state.log));
    const losses = [...new Set(jobs.flatMap((job) => heads.get(job).losses))];
    const select = $("losses");
    if (select.dataset.values !== losses.join("\n")) {
      select.dataset.values = losses.join("\n");
      select.replaceChildren(el("option", {value: ""}, "main loss"), ...losses.map((loss) => el("option", {value: loss, selected: loss === state.loss}, visible(loss))));
    }
    $("rows").replaceChildren(...state.jobs.map((job, index) => {
      const run = runs.get(job);
      const sign = lossd.svg("svg", {viewBox: "0 0 36 8", class: "line-sign line-" + LINES[index][0], "aria-hidden": "true"},
                             lossd.svg("path", {d: "M0 4h36", "stroke-dasharray": (LINES[index][1] || []).join(" ")}));
      const remove = el("button", {type: "button", "aria-label": "Remove " + visible(job), onclick: () => { state.jobs = state.jobs.filter((one) => one !== job); remember({job: state.jobs}); show(); }}, "Remove");
      if (!run) return el("tr", {}, el("td", {}, sign), el("td", {}, nameOf(job)), el("td", {colspan: 6, class: "soft"}, missing.has(job) ? "no such job" : "no such loss"), el("td", {}, remove));
      return el("tr", {"data-job": job}, el("td", {}, sign), el("td", {class: "name"}, el("a", {href: lossd.jobLink(job)}, nameOf(job))),
        el("td", {}, lossd.regimeBadge(run.regime, run.why)), el("td", {class: "number"}, count(heads.get(job).step)),
        el("td", {class: "number"}, number(run.last_loss)), el("td", {class: "number"}, number(run.best_loss)),
        el("td", {class: "number at"}, ""), el("td", {class: "number"}, count(run.samples)), el("td", {}, remove));
    }));
  }
  function readout(x, row) {
    const axis = shownAxis();
    const unit = {step: "step ", sample: "sample ", time: ""}[axis];
    $("at").textContent = x === null ? "Here" : unit + (axis === "time" ? number(x) + " h" : count(Math.round(x)));
    const jobs = state.jobs.filter((job) => runs.has(job));
    for (const line of $("rows").children) {
      const k = jobs.indexOf(line.dataset.job), cell = line.querySelector(".at");
      if (!cell) continue;
      let text = "";
      if (x !== null) for (let i = row; i >= 0; --i) {
        const at = placedRows[i] && placedRows[i][1][k];
        if (at !== null && at !== undefined) { text = number(smooth.get(line.dataset.job)[at]); break; }
      }
      cell.textContent = text;
    }
  }

  async function suggest() {
    const found = await lossd.get("/api/v1/overview?limit=20&sort=name&q=" + encodeURIComponent($("add").value.trim()));
    $("known").replaceChildren(...found.jobs.map((job) => el("option", {value: job.training_job})));
  }
  let typing = null;
  $("add").addEventListener("input", () => { clearTimeout(typing); typing = setTimeout(() => suggest().catch(() => {}), 150); });
  $("add").addEventListener("focus", () => suggest().catch(() => {}));
  $("form").addEventListener("submit", (event) => {
    event.preventDefault();
    const job = $("add").value.trim();
    if (!job || state.jobs.includes(job) || state.jobs.length >= MOST) return;
    state.jobs.push(job);
    $("add").value = "";
    remember({job: state.jobs});
    refresh();
  });
  for (const button of $("axis").children) {
    button.addEventListener("click", () => { state.x = button.dataset.axis; charts.window = null; remember({x: state.x}); show(); });
  }
  $("losses").addEventListener("change", (event) => { state.loss = event.target.value || null; remember({loss: state.loss}); runs.clear(); refresh(); });
  $("log").addEventListener("click", () => { state.log = !state.log; remember({log: state.log ? "1" : null}); show(); });
  $("reset").addEventListener("click", () => charts.zoom(null, null));
  const refresh = lossd.live(load);
  show();
  refresh();
});
