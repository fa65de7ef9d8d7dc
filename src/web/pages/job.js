// The page of one job, and of `lossd replay --output html`, which brings its runs with it.
"use strict";

document.addEventListener("DOMContentLoaded", () => {
  const {TROUBLE, el, number, signed, count, percent, duration, parameters, remember, nameOf, visible, embedded} = lossd;
  const $ = (id) => document.getElementById(id);
  const state = {
    job: embedded ? parameters.get("job") || embedded.jobs[0].training_job : decodeURIComponent(location.pathname.replace(/^\/jobs\//, "")),
    loss: parameters.get("loss"), x: parameters.get("x"), log: parameters.get("log") === "1", clip: parameters.get("clip") === "1",
    window: Number(parameters.get("window")) || null, smoothing: parameters.get("smoothing") || "0.9",
    from: parameters.has("from") ? Number(parameters.get("from")) : null, to: parameters.has("to") ? Number(parameters.get("to")) : null,
    hidden: new Set(parameters.getAll("hide")),
  };
  const SMOOTHING = ["0", "0.6", "0.8", "0.9", "0.97", "0.99", "metric"];
  let head = null, rows = [], rowInfo = [], smooth = null;
  const runs = new Map();  // by the name of the loss

  const charts = new LossdCharts({readout, zoomed: (window) => {
    [state.from, state.to] = window || [null, null];
    remember({from: state.from && Math.round(state.from), to: state.to && Math.round(state.to)});
    $("reset").disabled = !window;
  }});

  async function loadOne(loss) {
    const old = loss && runs.get(loss);
    let path = `/api/v1/jobs/${encodeURIComponent(state.job)}/history`;
    if (loss) path += "?loss=" + encodeURIComponent(loss);
    if (old && old.sample.length) path += `&since=${old.sample[old.sample.length - 1]}&stride=${old.stride}`;
    const answer = await lossd.get(path);
    head = answer;
    for (const run of answer.series) runs.set(run.loss, lossdRun.merge(runs.get(run.loss), run));
  }
  async function load() {
    try {
      if (embedded) {
        head = embedded.jobs.find((job) => job.training_job === state.job) || embedded.jobs[0];
        runs.clear();
        head.series.forEach((run) => runs.set(run.loss, run));
      } else if (runs.size === 0) {
        await loadOne(state.loss);
        if (state.loss && head.losses.includes("eval") && !runs.has("eval")) await loadOne("eval");
      } else {
        for (const loss of [...runs.keys()]) await loadOne(loss);
      }
      $("missing").hidden = true;
    } catch (error) {
      if (error.status !== 404) throw error;
      $("missing").hidden = false;
      if (!head) $("page").hidden = true;
      return;
    }
    $("page").hidden = false;
    show();
  }

  const main = () => runs.get(state.loss) || runs.get(head.main_loss) || runs.values().next().value;
  const companion = () => { const run = runs.get("eval"); return run && run !== main() ? run : null; };
  const shownAxis = () => (state.x && lossdRun.axes([main()]).includes(state.x) ? state.x : lossdRun.usualAxis(main()));

  function show() {
    const run = main(), age = head.now - head.last_sample_timestamp_seconds;
    document.title = `${visible(state.job)} – ${head.state === "running" ? lossd.regimeWord(run.regime) : head.state} – lossd`;
    $("name").replaceChildren(nameOf(head.training_job));
    $("labels").replaceChildren(...Object.entries(head.labels).map(([name, value]) => el("span", {class: "label"}, nameOf(`${name}=${value}`))));
    $("state").replaceChildren(lossd.stateBadge(head.state));
    if (head.state_since_timestamp_seconds && !embedded)
      $("state").append(" ", el("span", {class: "soft", title: lossd.clock(head.state_since_timestamp_seconds)},
                                lossd.lasting(head.now - head.state_since_timestamp_seconds)));
    const verdict = $("verdict");
    verdict.className = "card verdict " + lossd.regimeClass(run.regime);
    const announced = (head.state === "running" ? "" : head.state + ", ") + lossd.regimeWord(run.regime);
    if ($("announced").textContent !== announced) $("announced").textContent = announced;
    const since = run.regimes.length ? run.regimes[run.regimes.length - 1] : null;
    $("regime").replaceChildren(
      el("span", {class: "badge large"}, lossd.regimeIcon(run.regime), lossd.regimeWord(run.regime)), " ",
      el("span", {class: "soft"}, since && since.step !== null ? `since step ${count(since.step)}` : since ? `since sample ${count(since.sample)}` : "",
         embedded ? "" : (since ? ", " : "") + lossd.lasting(head.now - run.regime_start_timestamp_seconds)));
    $("why").textContent = run.why ? run.why[0].toUpperCase() + run.why.slice(1) + "." : "";
    const advice = run.advice && run.advice_reason !== "keep";
    $("advice").textContent = advice ? run.advice : "";
    $("checkpoint").textContent = run.checkpoint_before_step === null ? ""
      : run.checkpoint_before_step > 0 ? `Go back to a checkpoint from before step ${count(run.checkpoint_before_step)}.`
      : "It began too early for a checkpoint from before: start from the beginning.";
    evaluation(run);
    failure(head.failure);
    tiles(run, age);
    controls(run);
    draw();
    share(run);
    events(run);
    lossdFigures(run, $("figures"));
  }

  // What is wrong with the evaluation must not hide behind a training loss that looks well.
  function evaluation(run) {
    const other = companion(), shown = other && TROUBLE.includes(other.regime) && !(TROUBLE.includes(run.regime));
    $("evaluation").hidden = !shown;
    if (!shown) return;
    $("verdict").className = "card verdict " + lossd.regimeClass(other.regime);
    $("evaluation").replaceChildren(el("p", {}, "But the evaluation: ", lossd.regimeBadge(other.regime), other.why ? " – " + other.why + "." : ""),
      other.advice && other.advice_reason !== "keep" && el("p", {class: "advice-line"}, other.advice));
  }

  function failure(told) {
    $("failure").hidden = !told;
    if (!told) return;
    $("failure-reason").textContent = lossd.words(told.reason || "");
    $("failure-last").textContent = visible(told.last_line || "");
    const lines = told.lines || [];
    $("failure-log").hidden = lines.length === 0;
    $("failure-lines").textContent = lines.map(visible).join("\n");
  }

  function tiles(run, age) {
    const window = run.windows.find((one) => one.window === chosenWindow(run));
    const last = (column) => { const found = (column || []).filter((value) => value !== null); return found.length ? found[found.length - 1] : null; };
    const list = [
      [`loss (${visible(run.loss)})`, number(run.last_loss)], ["smoothed", number(run.smoothed_loss)], ["best", number(run.best_loss), run.best_step === null ? null : "at step " + count(run.best_step)],
      ["step", count(head.step)], ["samples", count(run.samples)],
      ["velocity", signed(window ? last(window.velocity) : null)], ["acceleration", signed(window ? last(window.acceleration) : null)],
    ];
    if (companion()) list.splice(3, 0, ["loss (eval)", number(companion().last_loss)]);
    if (head.learning_rate !== null) list.push(["learning rate", number(head.learning_rate)]);
    if (head.gradient_norm !== null) list.push(["gradient norm", number(head.gradient_norm)]);
    if (head.loss_scale !== null && head.loss_scale !== undefined) list.push(["loss scale", number(head.loss_scale)]);
    if (head.skipped_steps) list.push(["skipped steps", count(head.skipped_steps)]);
    if (head.epoch !== null) list.push(["epoch", number(head.epoch)]);
    if (!embedded) list.push(["last sample", age < 1 ? "now" : duration(age) + " ago"]);
    $("tiles").replaceChildren(...list.map(([name, value, title]) => el("div", {class: "tile", title}, el("span", {}, name), el("b", {}, value))));
  }

  const chosenWindow = (run) =>
      run.windows.some((one) => one.window === state.window) ? state.window : run.default_window;

  // Built anew only where the choice has changed: a control that somebody holds stays.
  function controls(run) {
    choice($("losses"), head.losses, run.loss, (loss) => {
      state.loss = loss;
      remember({loss});
      return runs.has(loss) ? show() : refresh(() => loadOne(loss));
    });
    $("losses-label").hidden = head.losses.length < 2;
    if (embedded) {
      choice($("jobs"), embedded.jobs.map((job) => job.training_job), state.job, (job) => { state.job = job; state.loss = null; charts.window = null; load(); });
      $("jobs-label").hidden = embedded.jobs.length < 2;
    }
    choice($("window"), run.windows.map((one) => one.window), chosenWindow(run), (window) => { state.window = Number(window); remember({window}); show(); });
    choice($("smoothing"), SMOOTHING, state.smoothing, (smoothing) => { state.smoothing = smoothing; remember({smoothing}); show(); });
    const names = {step: "Step", sample: "Sample", time: "Time"}, current = shownAxis();
    const all = lossdRun.axes([run]);
    if ($("axis").dataset.axes !== all.join()) {
      $("axis").dataset.axes = all.join();
      $("axis").replaceChildren(...all.map((axis) => el("button", {type: "button", "data-axis": axis, onclick: () => {
        state.x = axis;
        charts.window = state.from = state.to = null;
        remember({x: axis, from: null, to: null});
        show();
      }}, names[axis])));
    }
    for (const button of $("axis").children) button.setAttribute("aria-pressed", String(button.dataset.axis === current));
    $("log").setAttribute("aria-pressed", String(state.log));
    $("clip").setAttribute("aria-pressed", String(state.clip));
  }
  function choice(select, values, chosen, take) {
    const key = values.join("\n");
    if (select.dataset.values !== key) {
      select.dataset.values = key;
      select.replaceChildren(...values.map((value) => el("option", {value}, visible(value))));
      select.onchange = () => take(select.value);
    }
    if (select.value !== String(chosen)) select.value = chosen;
  }

  // One row for each place at which any of the runs has a point.
  function draw() {
    const run = main(), other = companion(), axis = shownAxis(), placed = lossdRun.places(run, axis);
    if (charts.axis !== axis) { charts.axis = axis; for (const [div, chart] of charts.charts) { chart.graph.destroy(); charts.charts.delete(div); } }
    if (state.from !== null && state.to !== null && charts.window === null) charts.window = [state.from, state.to];
    $("reset").disabled = !charts.window;
    smooth = lossdRun.smoothed(run, state.smoothing === "metric" ? null : Math.min(Math.max(Number(state.smoothing) || 0, 0), 0.999));
    const best = lossdRun.best(run), table = new Map();
    const at = (x) => { if (!table.has(x)) table.set(x, {}); return table.get(x); };
    placed.forEach((x, i) => { if (x !== null) Object.assign(at(x), {i}); });
    const shared = other && axis !== "sample" ? lossdRun.places(other, axis) : null;
    if (shared) shared.forEach((x, j) => { if (x !== null) Object.assign(at(x), {j}); });
    rowInfo = [...table].sort((a, b) => a[0] - b[0]);
    const none = [null, null, null], one = (value) => (typeof value === "number" ? [value, value, value] : none);
    const range = (of, i) => (i === undefined || typeof of.last[i] !== "number" ? none : [of.min[i], of.last[i], of.max[i]]);
    const lines = {}, getters = [];
    const add = (label, line, get) => { if (!state.hidden.has(label)) { lines[label] = line; getters.push([label, get]); } };
    add(run.loss, {colour: "raw", width: 1.2}, ({i}) => range(run, i));
    add("smoothed", {colour: "ink", width: 2}, ({i}) => one(smooth && i !== undefined ? smooth[i] : null));
    add("best", {colour: "best", width: 1.5, dash: [5, 4]}, ({i}) => one(i === undefined ? null : best[i]));
    if (shared) add("eval", {colour: "eval", width: 2, points: other.sample.length < 80}, ({j}) => range(other, j));
    rows = rowInfo.map(([x, info]) => [x, ...getters.map(([, get]) => get(info))]);
    if (getters.length === 0) rows = rowInfo.map(([x, {i}]) => [x, none]);

    const values = rows.flatMap((row) => row.slice(1).flatMap(([low, , high]) => (low === null ? [] : [low, high])));
    const logarithmic = state.log && values.every((value) => value > 0);
    $("log").disabled = values.some((value) => value <= 0);
    const bands = lossdRun.bands(run, placed);
    const marks = run.events.map((event) => ({kind: event.kind, x: lossdRun.placeOf(run, placed, event.sample), value: event.value}));
    if (run.checkpoint_before_step > 0 && axis === "step") marks.push({kind: "checkpoint", x: run.checkpoint_before_step});
    charts.draw($("chart-loss"), {rows, labels: getters.length ? getters.map(([label]) => label) : ["nothing"], lines, log: logarithmic,
      range: state.clip && values.length ? clipped(values, logarithmic) : null, bands, events: marks, words: true});

    const window = run.windows.find((each) => each.window === chosenWindow(run));
    const single = (label, colour, column, extra) => ({
      rows: column ? placed.flatMap((x, i) => (x === null ? [] : [[x, one(lossdRun.value(column[i]))]])) : [],
      labels: [label], lines: {[label]: {colour, width: 1.5}}, bands, ...extra});
    const optional = (id, spec) => {
      const shown = spec && spec.rows.some((row) => row[1][0] !== null);
      $(id).hidden = !shown;
      charts.draw($(id).querySelector(".chart"), shown ? spec : null);
    };
    optional("panel-velocity", single("velocity", "converging", window && window.velocity, {zero: true}));
    optional("panel-acceleration", single("acceleration", "oscillating", window && window.acceleration, {zero: true}));
    optional("panel-lr", single("learning rate", "plateau", run.learning_rate, {}));
    optional("panel-gradient", single("gradient norm", "healthy", run.gradient_norm, {log: true}));
    optional("panel-gap", shared && gap(run, other, bands));
    legend(run, shared);
  }
  // The range that holds all but the outermost hundredth at each side, and what came last.
  function clipped(values, logarithmic) {
    const sorted = [...values].sort((a, b) => a - b), at = (part) => sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))];
    const low = at(0.01), high = at(0.97), pad = (high - low || Math.abs(high) || 1) * 0.06;
    return logarithmic ? [low * 0.95, high * 1.05] : [low - pad, high + pad];
  }
  // Evaluation minus training at each evaluation.
  function gap(run, other, bands) {
    let train = null;
    const out = [];
    for (const [x, {i, j}] of rowInfo) {
      if (i !== undefined) train = run.smoothed && typeof run.smoothed[i] === "number" ? run.smoothed[i] : train;
      if (j !== undefined && train !== null && typeof other.last[j] === "number") {
        const value = other.last[j] - train;
        out.push([x, [value, value, value]]);
      }
    }
    return {rows: out, labels: ["gap"], lines: {gap: {colour: "eval", width: 1.5, points: out.length < 80}}, zero: true, bands};
  }

  function legend(run, shared) {
    const keys = [[run.loss, "raw", run.stride > 1 ? `${visible(run.loss)}, least to greatest of every ${count(run.stride)} samples` : visible(run.loss)],
                  ["smoothed", "ink", "smoothed"], ["best", "best", "best"]];
    if (shared) keys.push(["eval", "eval", "evaluation"]);
    const key = keys.map((one) => one.join()).join() + [...state.hidden].join();
    if ($("legend").dataset.key === key) return;
    $("legend").dataset.key = key;
    $("legend").replaceChildren(...keys.map(([label, colour, text]) => {
      const box = el("input", {type: "checkbox", checked: !state.hidden.has(label), onchange: () => {
        state.hidden.has(label) ? state.hidden.delete(label) : state.hidden.add(label);
        remember({hide: [...state.hidden]});
        draw();
      }});
      return el("label", {class: "key line-" + colour}, box, el("i", {class: label === "best" ? "dashed" : null}), el("bdi", {class: "soft"}, text));
    }));
  }

  function readout(x, row) {
    const out = $("readout");
    if (x === null) return out.replaceChildren(el("span", {class: "soft"}, "Point at the chart, or use ← and → in it. Drag to zoom, Shift and drag to move, double-click for everything."));
    const run = main();
    let info = rowInfo.find(([place]) => place === x);
    info = info ? info[1] : {};
    let i = info.i;
    if (i === undefined) {
      const placed = lossdRun.places(run, shownAxis());
      for (let k = 0; k < placed.length && (placed[k] === null || placed[k] <= x); ++k) if (placed[k] !== null) i = k;
    }
    const items = [];
    if (i !== undefined) {
      const window = run.windows.find((one) => one.window === chosenWindow(run));
      const column = (values) => (values ? values[i] : null);
      if (column(run.step) !== null) items.push(["step", count(column(run.step))]);
      items.push(["sample", count(run.sample[i])]);
      if (lossdRun.axes([run]).includes("time")) items.push(["time", lossd.clock(run.time[i])]);
      const spread = run.stride > 1 && run.min && run.min[i] !== run.max[i] ? ` (${number(run.min[i])} to ${number(run.max[i])})` : "";
      items.push([visible(run.loss), number(column(run.last)) + spread], ["smoothed", number(column(smooth))]);
      if (window) items.push(["velocity", signed(column(window.velocity))], ["acceleration", signed(column(window.acceleration))]);
      if (run.learning_rate) items.push(["learning rate", number(column(run.learning_rate))]);
      if (run.gradient_norm) items.push(["gradient norm", number(column(run.gradient_norm))]);
      let regime = run.sample[i] >= (run.regimes[0] ? run.regimes[0].sample : Infinity) ? null : "warming_up";
      for (const mark of run.regimes) if (mark.sample <= run.sample[i]) regime = mark.regime;
      if (regime) items.push(["", lossd.regimeBadge(regime)]);
    }
    if (info.j !== undefined && companion()) items.push(["eval", number(companion().last[info.j])]);
    out.replaceChildren(...items.map(([name, value]) => el("span", {}, name && el("span", {class: "soft"}, name + " "), value)));
  }

  function share(run) {
    const total = Object.values(run.regime_samples).reduce((sum, value) => sum + value, 0);
    const parts = Object.entries(run.regime_samples).filter(([, value]) => value > 0).sort((a, b) => b[1] - a[1]);
    $("share").replaceChildren(el("div", {class: "bars"}, parts.flatMap(([name, value]) => [
      lossd.regimeBadge(name),
      lossd.svg("svg", {viewBox: "0 0 100 8", preserveAspectRatio: "none", class: lossd.regimeClass(name), "aria-hidden": "true"},
                lossd.svg("rect", {width: Math.max(0.5, 100 * value / total), height: 8, rx: 1})),
      el("span", {class: "number"}, percent(value / total))])));
  }

  const EVENT = {regime: "regime", outlier: "outlier", spike: "spike", restart: "restart", non_finite: "not finite"};
  function events(run) {
    // By step, as they are listed; a run that went back has its own order.
    const place = (event) => (run.restarts === 0 && event.step !== null ? event.step : event.sample);
    const all = [...run.regimes.map((mark) => ({...mark, kind: "regime"})), ...run.events].sort((a, b) => place(b) - place(a)).slice(0, 200);
    const key = all.length + "," + (all[0] ? all[0].sample + all[0].kind : "") + shownAxis();
    if ($("events").dataset.key === key) return;
    $("events").dataset.key = key;
    $("events-none").hidden = all.length > 0;
    $("events").replaceChildren(...all.map((event) => el("tr", {},
      el("td", {class: "number"}, count(event.step === null ? event.sample : event.step)),
      el("td", {}, event.kind === "regime" ? lossd.regimeBadge(event.regime) : EVENT[event.kind] || event.kind),
      el("td", {class: "number"}, event.kind === "regime" ? "" : "loss " + number(event.value)),
      el("td", {}, el("button", {type: "button", "aria-label": `Show ${EVENT[event.kind] || event.kind} at ${event.step ?? event.sample}`,
                                 onclick: () => lookAt(event)}, "Show")))));
    $("events-place").textContent = run.step ? "Step" : "Sample";
  }
  function lookAt(event) {
    const run = main(), x = lossdRun.placeOf(run, lossdRun.places(run, shownAxis()), event.sample);
    if (x === null) return;
    const [low, high] = charts.extent(), half = (high - low) / 20;
    charts.zoom(Math.max(low, x - half), Math.min(high, x + half));
    $("chart-loss").scrollIntoView({block: "center"});
    $("chart-loss").focus();
  }

  function csv() {
    const run = main(), best = lossdRun.best(run);
    const columns = [["sample", run.sample], ["step", run.step], ["time", run.time], ["loss_min", run.min], ["loss_max", run.max], ["loss", run.last],
                     ["smoothed", run.smoothed], ["best", best], ["learning_rate", run.learning_rate], ["gradient_norm", run.gradient_norm],
                     ...run.windows.flatMap((window) => [[`velocity_${window.window}`, window.velocity], [`acceleration_${window.window}`, window.acceleration]])]
        .filter(([, values]) => values);
    const lines = run.sample.map((_, i) => columns.map(([, values]) => values[i] ?? "").join(","));
    return columns.map(([name]) => name).join(",") + "\n" + lines.join("\n") + "\n";
  }

  const toggle = (id, name) => $(id).addEventListener("click", () => { state[name] = !state[name]; remember({[name]: state[name] ? "1" : null}); show(); });
  toggle("log", "log");
  toggle("clip", "clip");
  $("reset").addEventListener("click", () => charts.zoom(null, null));
  $("csv").addEventListener("click", () => lossd.download(`${state.job}-${main().loss}.csv`, new Blob([csv()], {type: "text/csv"})));
  $("png").addEventListener("click", async () => {
    const run = main();
    const lines = [`${lossd.regimeWord(run.regime)}: ${run.why}`, ...(run.advice && run.advice_reason !== "keep" ? [run.advice] : [])];
    lossd.download(`${state.job}-${run.loss}.png`, await charts.picture(`${visible(state.job)} / ${visible(run.loss)}`, lines));
  });
  readout(null);

  let extra = null;
  const refreshLive = lossd.live(async () => { if (extra) { const task = extra; extra = null; await task(); } await load(); }, state.job);
  const refresh = (task) => { extra = task || null; if (refreshLive) refreshLive(); };
  if (embedded) load(); else refresh();
});

// The figures behind the verdict, as a list of words and numbers.
function lossdFigures(run, node) {
  const {el, number, count} = lossd;
  const list = [["Noise (robust deviation)", number(run.noise)], ["Outliers", count(run.outliers)], ["Spikes", count(run.spikes)],
                ["Restarts", count(run.restarts)], ["Not finite", count(run.nonfinite)],
                ["First and last step", run.first_step === null ? "–" : `${count(run.first_step)} to ${count(run.last_step)}`],
                ["Time of a step", run.step_interval_seconds === null ? "–" : number(run.step_interval_seconds) + " s"],
                ["Samples in a point of the chart", count(run.stride)]];
  node.replaceChildren(...list.map(([name, value]) => el("tr", {}, el("th", {scope: "row"}, name), el("td", {class: "number"}, value))));
}
