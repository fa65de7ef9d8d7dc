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
    fill("sources", status.sources.map((source) => {
      const readable = source.lossd_file_readable !== 0;
      return el("tr", {},
        el("td", {}, nameOf(source.path)), el("td", {}, source.training_job ? el("a", {href: lossd.jobLink(source.training_job)}, nameOf(source.training_job)) : "–"),
        cell(source.lossd_file_offset_bytes, size), cell(source.lossd_file_lag_bytes, size), cell(source.lossd_file_lines_total, count),
        cell(source.lossd_file_samples_total, count), el("td", {class: readable ? null : "error"}, readable ? "read" : "cannot be read"));
    }));
    fill("ignored", (status.ignored || []).map((line) => el("tr", {}, el("td", {}, nameOf(line.path)), el("td", {}, line.reason), el("td", {}, el("code", {}, visible(line.text))))));
    fill("counts", status.counts.map(([name, value]) => el("tr", {}, el("td", {}, el("code", {}, nameOf(name))), el("td", {class: "number"}, typeof value === "number" && Number.isInteger(value) ? count(value) : number(value)))));
  }
  lossd.live(load)();
});
