// What lossd says about itself: build, flags, configuration, sources and counts.
"use strict";

document.addEventListener("DOMContentLoaded", () => {
  const {el, number, count, duration, nameOf, visible} = lossd;
  const $ = (id) => document.getElementById(id);
  const pair = ([name, value]) => el("tr", {}, el("th", {scope: "row"}, nameOf(name)), el("td", {}, value === "" ? "–" : nameOf(value)));
  const size = (bytes) => {
    const units = ["B", "KiB", "MiB", "GiB", "TiB"];
    let unit = 0;
    for (; bytes >= 1024 && unit < units.length - 1; ++unit) bytes /= 1024;
    return `${unit ? bytes.toPrecision(3) : bytes} ${units[unit]}`;
  };
  function fill(id, nodes) {
    $(id).replaceChildren(...nodes);
    const none = $(id + "-none");
    if (!none) return;
    none.hidden = nodes.length > 0;
    $(id).closest("table").hidden = nodes.length === 0;
  }
  async function load() {
    const status = await lossd.get("/api/v1/status");
    fill("build", [...Object.entries(status.build), ["started", `${lossd.clock(status.start_time_seconds)}, ${duration(status.now - status.start_time_seconds)} ago`],
                   ["history", `${size(status.history_bytes)} at most`]].map(pair));
    fill("flags", Object.entries(status.flags).map(pair));
    fill("config", Object.entries(status.config).map(pair));
    const cell = (value, form) => el("td", {class: "number"}, value === undefined ? "–" : form(value));
    // What needs a look first.
    const gravity = (source) => (source.lossd_file_readable === 0 ? 0 : (source.silence || []).length ? 1 : 2);
    fill("sources", status.sources.sort((a, b) => gravity(a) - gravity(b)).map((source) => {
      const readable = source.lossd_file_readable !== 0, silence = source.silence || [];
      return el("tr", {},
        el("td", {}, nameOf(source.path)), el("td", {}, source.training_job ? el("a", {href: lossd.jobLink(source.training_job)}, nameOf(source.training_job)) : "–"),
        cell(source.bytes_read, size), cell(source.lossd_file_lag_bytes, size), cell(source.lossd_file_lines_total, count),
        cell(source.lossd_file_samples_total, count), el("td", {}, el("span", {class: readable && !silence.length ? null : "error"}, !readable ? "cannot be read" : silence.length ? "gives no sample" : "read"),
           silence.length > 0 && el("ol", {class: "reasons"}, silence.map((reason) => el("li", {}, reason)))));
    }));
    fill("ignored", (status.ignored || []).map((line) => el("tr", {}, el("td", {}, nameOf(line.path)), el("td", {}, lossd.words(line.reason)), el("td", {}, el("code", {}, visible(line.text))))));
    const shown = (name, value) => (/(timestamp|start_time)_seconds/.test(name) && value > 1e9 ? lossd.clock(value)
                                    : Number.isInteger(value) ? count(value) : number(value));
    fill("counts", status.counts.map(([name, value]) => el("tr", {}, el("td", {}, el("code", {}, visible(name))), el("td", {class: "number"}, shown(name, value)))));
  }
  lossd.live(load)();
});
