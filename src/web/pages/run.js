// The run of one series as the API tells it, and its places on the axis of a chart.
"use strict";

const lossdRun = (() => {
  const POINT_COLUMNS = ["sample", "step", "time", "min", "max", "last", "smoothed", "learning_rate", "gradient_norm"];

  // Puts an answer to `since` behind what is there; anything else replaces it.
  function merge(old, fresh) {
    if (!old || fresh.first_point === 0 || old.stride !== fresh.stride || old.sample.length < fresh.first_point) return fresh;
    const join = (before, after) => {
      if (!before && !after) return null;
      const head = before ? before.slice(0, fresh.first_point) : new Array(fresh.first_point).fill(null);
      return head.concat(after || new Array(fresh.sample.length).fill(null));
    };
    const merged = {...fresh, first_point: 0};
    for (const name of POINT_COLUMNS) merged[name] = join(old[name], fresh[name]);
    merged.windows = fresh.windows.map((window, i) => ({
      window: window.window,
      velocity: join(old.windows[i].velocity, window.velocity),
      acceleration: join(old.windows[i].acceleration, window.acceleration),
    }));
    return merged;
  }

  const value = (number) => (typeof number === "number" ? number : null);

  // Where each point stands on the axis: "step", "sample" or "time"; null where it does not. On an axis of steps a run that
  // went back and took them again shows them as they were taken last.
  function places(run, axis) {
    const column = axis === "sample" ? run.sample : run[axis];
    if (!column) return run.sample.map(() => null);
    const placed = column.map((x) => (typeof x === "number" ? (axis === "time" ? x * 1000 : x) : null));
    let next = Infinity;
    for (let i = placed.length - 1; i >= 0; --i) {
      if (placed[i] === null) continue;
      if (placed[i] >= next) placed[i] = null;
      else next = placed[i];
    }
    return placed;
  }

  // The place of a sample of the run.
  function placeOf(run, placed, sample) {
    let low = 0, high = run.sample.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (run.sample[middle] < sample) low = middle + 1; else high = middle;
    }
    for (let i = low; i < placed.length; ++i) if (placed[i] !== null) return placed[i];
    return null;
  }

  // Stretches of one regime: {regime, from, to} in places.
  function bands(run, placed) {
    const marks = [...run.regimes];
    if (run.sample.length === 0) return [];
    const first = run.stride > 1 ? run.sample[0] - run.stride + 1 : run.sample[0];
    if (marks.length === 0) marks.push({sample: first, regime: run.regime});
    else if (marks[0].sample > first) marks.unshift({sample: first, regime: "warming_up"});
    const known = placed.filter((x) => x !== null);
    return marks.map((mark, i) => ({
      regime: mark.regime, mark,
      from: i === 0 ? known[0] : placeOf(run, placed, mark.sample),
      to: i + 1 < marks.length ? placeOf(run, placed, marks[i + 1].sample) : known[known.length - 1],
    })).filter((band) => band.from !== null && band.from !== undefined && band.to !== null && band.to >= band.from);
  }

  // The best loss so far at each point.
  function best(run) {
    const column = run.higher_is_better ? run.max : run.min;
    let so_far = null;
    return run.sample.map((_, i) => {
      const now = column ? value(column[i]) : null;
      if (now !== null && (so_far === null || (run.higher_is_better ? now > so_far : now < so_far))) so_far = now;
      return so_far;
    });
  }

  // An exponentially weighted mean of the points, corrected for its beginning, that begins anew with each restart; weight
  // null: as the metric tells it.
  function smoothed(run, weight) {
    if (weight === null) return run.smoothed;
    const restarts = (run.events || []).filter((event) => event.kind === "restart").map((event) => event.sample);
    let sum = 0, mass = 0, passed = 0;
    return run.sample.map((sample, i) => {
      while (passed < restarts.length && restarts[passed] <= sample) {
        sum = mass = 0;
        ++passed;
      }
      const now = value(run.last[i]);
      if (now !== null) {
        sum = weight * sum + (1 - weight) * now;
        mass = weight * mass + 1 - weight;
      }
      return mass > 0 ? sum / mass : null;
    });
  }

  const axes = (runs) => {
    const all = ["step", "sample", "time"].filter((axis) => axis === "sample" || runs.some((run) => run[axis]));
    const main = runs[0];
    if (all.includes("time") && main && main.time[0] === main.time[main.time.length - 1]) all.splice(all.indexOf("time"), 1);
    return all;
  };
  // Steps, unless they begin anew so often that most of the run would be hidden behind its end.
  function usualAxis(run) {
    if (!run || !run.step) return "sample";
    const shown = places(run, "step").filter((x) => x !== null).length;
    return shown >= 0.7 * run.sample.length ? "step" : "sample";
  }

  return {merge, places, placeOf, bands, best, smoothed, axes, usualAxis, value};
})();
