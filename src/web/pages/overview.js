// The overview: every job a row, trouble first; the server filters, sorts and cuts into pages.
"use strict";

document.addEventListener("DOMContentLoaded", () => {
  const {el, number, signed, count, duration, parameters, remember, nameOf, visible} = lossd;
  const PAGE = 100;
  const COLUMNS = [
    ["pick", null, ""], ["name", "name", "Job"], ["state-cell", "state", "State"], ["step number", "step", "Step"],
    ["loss number", "loss", "Loss"], ["velocity number", "velocity", "Velocity"],
    ["velocity col-accel number", "acceleration", "Acceleration"], ["regime", "regime", "Regime"], ["age number", "age", "Last sample"],
    ["advice col-advice", null, "Advice"],
  ];
  const search = document.getElementById("search"), body = document.getElementById("rows"), pages = document.getElementById("pages");
  const picked = new Set(parameters.getAll("pick"));
  let page = Math.max(0, Number(parameters.get("page") || 1) - 1) || 0;
  let latest = null;

  search.value = parameters.get("q") || "";

  function order() {
    const value = parameters.get("sort") || "trouble";
    return value.startsWith("-") ? [value.slice(1), true] : [value, false];
  }
  function query() {
    const asked = new URLSearchParams();
    const [key, down] = order();
    asked.set("sort", key);
    if (down) asked.set("order", "desc");
    if (parameters.get("q")) asked.set("q", parameters.get("q"));
    for (const name of ["regime", "state"]) for (const value of parameters.getAll(name)) asked.append(name, value);
    asked.set("offset", page * PAGE);
    asked.set("limit", PAGE);
    return "/api/v1/overview?" + asked;
  }

  function header() {
    const [key, down] = order();
    document.getElementById("columns").replaceChildren(...COLUMNS.map(([style, sort, title]) => {
      if (!title) return el("th", {class: style, scope: "col"}, el("span", {class: "visually-hidden"}, "Compare"));
      if (!sort) return el("th", {class: style, scope: "col"}, title);
      const current = key === sort;
      return el("th", {class: style, scope: "col", "aria-sort": current ? (down ? "descending" : "ascending") : null},
                el("button", {type: "button", onclick: () => {
                  // Up, down, and back to trouble first.
                  change({sort: !current ? sort : down ? null : "-" + sort});
                  const again = [...document.querySelectorAll("#columns button")].find((b) => b.textContent.startsWith(title));
                  if (again) again.focus();
                }}, title, current ? (down ? " ↓" : " ↑") : ""));
    }));
  }

  function row(job, now) {
    const others = job.others.filter((other) => other.trouble);
    const name = visible(job.training_job);
    return el("tr", {class: job.trouble ? "trouble" : null},
      el("td", {class: "pick"}, el("input", {type: "checkbox", "aria-label": "Compare " + name, checked: picked.has(job.training_job),
        onchange: (event) => { event.target.checked ? picked.add(job.training_job) : picked.delete(job.training_job); showPicked(); }})),
      el("td", {class: "name"},
         el("a", {href: lossd.jobLink(job.training_job), title: name}, nameOf(job.training_job)),
         Object.keys(job.labels).length > 0 &&
         el("div", {class: "labels"}, Object.entries(job.labels).map(([label, value]) =>
             el("span", {class: "label"}, nameOf(label + "=" + value))))),
      el("td", {class: "state-cell" + (job.state === "running" ? " as-usual" : "")}, lossd.stateBadge(job.state),
         job.failure && el("div", {class: "failure-reason"}, lossd.words(job.failure.reason))),
      el("td", {class: "step number"}, count(job.step)),
      el("td", {class: "loss number"}, el("div", {}, lossd.sparkline(job.sparkline, job.regime), el("span", {}, number(job.last_loss)))),
      el("td", {class: "velocity number"}, signed(job.velocity)),
      el("td", {class: "velocity col-accel number"}, signed(job.acceleration)),
      el("td", {class: "regime"}, lossd.regimeBadge(job.regime, job.why), " ",
         el("span", {class: "soft since", title: lossd.clock(job.regime_start_timestamp_seconds)},
            lossd.lasting(now - job.regime_start_timestamp_seconds)),
         others.map((other) => el("div", {}, nameOf(other.loss), ": ", lossd.regimeBadge(other.regime)))),
      el("td", {class: "age number", title: lossd.clock(job.last_sample_timestamp_seconds)},
         duration(now - job.last_sample_timestamp_seconds)),
      el("td", {class: "advice col-advice"}, el("div", {title: job.failure ? null : job.advice}, job.failure ? el("code", {}, visible(job.failure.last_line)) : job.advice)));
  }

  function chips(all) {
    const chosen = new Set(parameters.getAll("regime"));
    const names = Object.keys(lossd.REGIMES).filter((name) => all[name] || chosen.has(name))
        .concat(Object.keys(all).filter((name) => !lossd.REGIMES[name]));
    const box = document.getElementById("regimes");
    const focused = document.activeElement && box.contains(document.activeElement) ? document.activeElement.dataset.regime : null;
    box.replaceChildren(...names.map((name) =>
      el("button", {type: "button", class: "chip " + lossd.regimeClass(name), "data-regime": name, "aria-pressed": String(chosen.has(name)),
                    onclick: () => { chosen.has(name) ? chosen.delete(name) : chosen.add(name); change({regime: [...chosen]}); }},
         lossd.regimeIcon(name), lossd.regimeWord(name), el("span", {class: "number"}, count(all[name] || 0)))));
    if (focused) { const again = box.querySelector(`[data-regime="${CSS.escape(focused)}"]`); if (again) again.focus(); }
  }
  function states(all) {
    const select = document.getElementById("state"), chosen = parameters.get("state") || "";
    const names = [...new Set(["running", "failed", "silent", "ended", ...Object.keys(all)])];
    select.replaceChildren(el("option", {value: ""}, "every state"),
      ...names.map((name) => el("option", {value: name, selected: name === chosen}, `${name} (${count(all[name] || 0)})`)));
  }
  function showPicked() {
    const link = document.getElementById("compare");
    link.hidden = picked.size === 0;
    link.href = "/compare?" + [...picked].map((job) => "job=" + encodeURIComponent(job)).join("&");
    link.textContent = `Compare ${picked.size}`;
  }

  function show(data) {
    latest = data;
    const running = data.states.running || 0, failed = data.states.failed || 0;
    document.title = (data.trouble ? `(${data.trouble}) ` : "") + "lossd";
    const summary = document.getElementById("summary"), told = [data.total, running, failed, data.trouble].join();
    if (summary.dataset.told !== told) {  // what has not changed is not read out again
      summary.dataset.told = told;
      summary.replaceChildren(
        `${count(data.total)} ${data.total === 1 ? "job" : "jobs"}, ${count(running)} running, ${failed ? `${count(failed)} failed, ` : ""}`,
        el("span", {class: data.trouble ? "bad" : null}, data.trouble ? `${count(data.trouble)} in trouble` : "none in trouble"));
    }
    chips(data.regimes);
    if (document.activeElement !== document.getElementById("state")) states(data.states);
    header();
    const focused = document.activeElement && body.contains(document.activeElement) ? document.activeElement : null;
    const place = focused && [focused.tagName, focused.getAttribute("href") || focused.getAttribute("aria-label")];
    const selection = getSelection();
    if (selection.isCollapsed || !body.contains(selection.anchorNode)) {  // what somebody is about to copy stays
      body.replaceChildren(...data.jobs.map((job) => row(job, data.now)));
    }
    if (place) {
      const again = [...body.querySelectorAll(place[0])].find((node) => (node.getAttribute("href") || node.getAttribute("aria-label")) === place[1]);
      if (again) again.focus({preventScroll: true});
    }
    document.getElementById("none").hidden = data.total > 0;
    document.getElementById("table").hidden = data.total === 0;
    document.getElementById("unmatched").hidden = data.total === 0 || data.matched > 0;
    const last = Math.max(1, Math.ceil(data.matched / PAGE));
    const turn = (to) => () => { page = to; remember({page: to ? to + 1 : null}); refresh(); scrollTo(0, 0); };
    pages.replaceChildren(
      el("span", {class: "soft grow"},
         data.matched ? `${count(data.offset + 1)}–${count(data.offset + data.jobs.length)} of ${count(data.matched)}` : ""),
      ...(last > 1 ? [el("button", {type: "button", disabled: page === 0, onclick: turn(page - 1)}, "← Previous"),
                      el("span", {}, `page ${page + 1} of ${last}`),
                      el("button", {type: "button", disabled: page + 1 >= last, onclick: turn(page + 1)}, "Next →")] : []));
    if (page >= last) turn(last - 1)();
  }

  async function load() {
    const asked = query();
    const data = await lossd.get(asked);
    if (asked === query()) show(data);
  }
  const refresh = lossd.live(load);
  function change(values) {
    page = 0;
    remember({...values, page: null});
    refresh();
    if (latest) { header(); chips(latest.regimes); }
  }

  let typing = null;
  search.addEventListener("input", () => { clearTimeout(typing); typing = setTimeout(() => change({q: search.value.trim()}), 120); });
  document.getElementById("state").addEventListener("change", (event) => change({state: event.target.value}));
  document.addEventListener("keydown", (event) => {
    if (event.key === "/" && document.activeElement !== search) { event.preventDefault(); search.focus(); }
  });
  showPicked();
  header();
  refresh();
});
