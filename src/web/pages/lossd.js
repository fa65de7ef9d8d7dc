// What every page needs: regimes and their looks, numbers in words, a small DOM builder, the theme, data and its changes.
"use strict";

const lossd = (() => {
  // The word, its colour (see lossd.css) and its sign: never the colour alone. Paths are for a box of 16 by 16.
  const REGIMES = {
    non_finite: ["not finite", "M4 4l8 8M12 4l-8 8"],
    diverging: ["diverging", "M2 13c5 0 7-3 9-9M7.5 4.5 11 4l1 3.5"],
    overfitting: ["overfitting", "M2 4c2 7 4 9 6 9s4-3 6-8"],
    stalled: ["stalled", "M5.5 3.5v9M10.5 3.5v9"],
    constant: ["constant", "M2.5 6h11M2.5 10h11"],
    oscillating: ["oscillating", "M1.5 8c1.6-6 3-6 4.4 0s2.8 6 4.2 0 2.8-6 4.4 0"],
    plateau: ["plateau", "M2 4c1 3 2 5 4 5h8"],
    undecided: ["undecided", "M5.5 6a2.5 2.5 0 1 1 3.6 2.2c-.8.4-1.1.9-1.1 1.8M8 12.6v.1"],
    warming_up: ["warming up", "M3.5 8v.1M8 8v.1M12.5 8v.1"],
    converging: ["converging", "M2 3c1 6 5 9 12 9.5"],
    healthy: ["healthy", "M2.5 3.5l9 8.5M11.5 8v4.2H7.300"],
  };
  const TROUBLE = ["non_finite", "diverging", "overfitting", "stalled", "constant"];  // as core/regime/regime_gravity.h has it
  const words = (name) => String(name).replaceAll("_", " ");
  const regimeWord = (name) => (REGIMES[name] ? REGIMES[name][0] : words(name));
  const regimeClass = (name) => "regime-" + (REGIMES[name] ? name : "undecided");

  // An element with text children only: nothing that comes from a log is ever read as markup.
  function el(tag, attributes, ...children) {
    const node = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes || {})) {
      if (value === null || value === undefined || value === false) continue;
      if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
      else node.setAttribute(name, value === true ? "" : value);
    }
    for (const child of children.flat()) {
      if (child !== null && child !== undefined && child !== false) node.append(child);
    }
    return node;
  }
  const SVG = "http://www.w3.org/2000/svg";
  function svg(tag, attributes, ...children) {
    const node = document.createElementNS(SVG, tag);
    for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
    node.append(...children);
    return node;
  }

  function regimeIcon(name) {
    const path = REGIMES[name] ? REGIMES[name][1] : REGIMES.undecided[1];
    return svg("svg", {viewBox: "0 0 16 16", class: "icon", "aria-hidden": "true"}, svg("path", {d: path}));
  }
  const regimeBadge = (name, title) =>
      el("span", {class: "badge " + regimeClass(name), title: title || null}, regimeIcon(name), regimeWord(name));
  const stateBadge = (state) => el("span", {class: "state state-" + state}, state);

  // A name as it is, whatever its characters: set apart from the direction of the text around it, and with control
  // characters made visible.
  const visible = (text) =>
      String(text).replace(/[\u0000-\u001f\u007f-\u009f\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff]/g,
                           (c) => "\\u" + c.charCodeAt(0).toString(16).padStart(4, "0"));
  const nameOf = (text, attributes) => el("bdi", attributes || {}, visible(text));

  function number(value) {
    if (value === null || value === undefined) return "–";
    if (typeof value === "string") return value === "nan" ? "NaN" : value.replace("inf", "∞").replace("-", "−");
    if (Number.isNaN(value)) return "NaN";
    const size = Math.abs(value);
    let text;
    if (size === 0) text = "0";
    else if (size >= 1e6 || size < 1e-3) text = value.toExponential(2).replace(/\.?0+e/, "e").replace("e+", "e");
    else text = value.toPrecision(size >= 1000 ? 6 : 4).replace(/(\.\d*?)0+$/, "$1").replace(/\.$/, "");
    return text.replaceAll("-", "−");
  }
  const signed = (value) => (typeof value === "number" && value > 0 ? "+" : "") + number(value);
  const count = (value) =>
      value === null || value === undefined ? "–" : String(value).replace(/\B(?=(\d{3})+(?!\d))/g, "\u202f");
  const percent = (part) => (part > 0 && part < 0.01 ? "<1 %" : Math.round(part * 100) + " %");

  function duration(seconds) {
    if (!(seconds >= 0)) return "–";
    if (seconds < 1) return "now";
    if (seconds < 60) return Math.floor(seconds) + " s";
    if (seconds < 3600) return Math.floor(seconds / 60) + " min";
    if (seconds < 48 * 3600) return Math.floor(seconds / 3600) + " h " + Math.floor((seconds % 3600) / 60) + " min";
    return Math.floor(seconds / 86400) + " d";
  }
  const lasting = (seconds) => "for " + (seconds < 1 ? "a moment" : duration(seconds));
  const clock = (seconds) => new Date(seconds * 1000).toLocaleString([], {dateStyle: "medium", timeStyle: "medium"});

  function sparkline(values, regime) {
    const width = 112, height = 26, pad = 2.5;
    const finite = values.filter((value) => typeof value === "number");
    const chart = svg("svg", {viewBox: `0 0 ${width} ${height}`, class: "sparkline " + regimeClass(regime),
                              "aria-hidden": "true"});
    if (finite.length < 2) return chart;
    let low = Math.min(...finite), high = Math.max(...finite);
    // One spike must not flatten all the rest.
    const sorted = [...finite].sort((a, b) => a - b);
    const ninth = sorted[Math.floor(sorted.length * 0.9)];
    if (high - low > 6 * (ninth - low) && ninth > low) high = low + 3 * (ninth - low);
    const span = high - low || 1;
    const x = (i) => pad + (i / (values.length - 1)) * (width - 2 * pad);
    const y = (value) => height - pad - ((Math.min(value, high) - low) / span) * (height - 2 * pad);
    let path = "", pen = false, last = null;
    values.forEach((value, i) => {
      if (typeof value !== "number") { pen = false; return; }
      path += (pen ? "L" : "M") + x(i).toFixed(1) + " " + y(value).toFixed(1);
      pen = true;
      last = i;
    });
    chart.append(svg("path", {d: path}));
    chart.append(svg("circle", {cx: x(last).toFixed(1), cy: y(values[last]).toFixed(1), r: 2.2}));
    return chart;
  }

  const embedded = (() => {
    const node = document.getElementById("embedded");
    return node ? JSON.parse(node.textContent) : null;
  })();

  async function get(path) {
    const answer = await fetch(path, {headers: {Accept: "application/json"}});
    if (!answer.ok) {
      let reason = answer.status + " " + answer.statusText;
      try { reason = (await answer.json()).error || reason; } catch { /* the status has to serve */ }
      throw Object.assign(new Error(reason), {status: answer.status});
    }
    return answer.json();
  }

  // Calls `refresh` when something changed: told by the server, or, where no stream comes about, every two seconds. One
  // call at a time, and none while nobody looks.
  function live(refresh, job) {
    if (embedded) return;
    let busy = false, again = false, timer = null, source = null;
    const say = (text, ok) => {
      const node = document.getElementById("connection");
      if (!node) return;
      if (node.textContent !== text) node.textContent = text;
      node.className = ok ? "connected" : "disconnected";
    };
    async function run() {
      if (document.hidden) { again = true; return; }
      if (busy) { again = true; return; }
      busy = true;
      do {
        again = false;
        try {
          await refresh();
          say(source && source.readyState === 1 ? "live" : "polling", true);
        } catch (error) {
          say(error.status ? error.message : "lossd does not answer", false);
        }
      } while (again && !document.hidden);
      busy = false;
    }
    const poll = () => { if (timer === null) timer = setInterval(run, 2000); };
    // A page that nobody sees holds no connection: a browser has six for each host.
    function listen() {
      if (source || document.hidden) return;
      source = new EventSource(document.body.dataset.events + (job ? "?training_job=" + encodeURIComponent(job) : ""));
      source.addEventListener("change", run);
      source.addEventListener("open", () => { clearInterval(timer); timer = null; run(); });
      source.addEventListener("error", poll);
    }
    document.addEventListener("visibilitychange", () => {
      if (document.hidden) {
        if (source) source.close();
        source = null;
      } else {
        if (again) run();
        if (document.body.dataset.events) listen();
      }
    });
    if (document.body.dataset.events) listen(); else poll();
    setInterval(run, 5000);  // ages grow where nothing else happens
    return run;
  }

  // The state of a page in its address.
  const parameters = new URLSearchParams(location.search);
  function remember(changes) {
    for (const [name, value] of Object.entries(changes)) {
      parameters.delete(name);
      for (const item of Array.isArray(value) ? value : [value]) {
        if (item !== null && item !== undefined && item !== "") parameters.append(name, item);
      }
    }
    if (embedded) return;
    const query = parameters.toString();
    history.replaceState(null, "", location.pathname + (query ? "?" + query : ""));
  }

  const themeListeners = [];
  function isDark() {
    const chosen = document.documentElement.dataset.theme;
    return chosen ? chosen === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  }
  function setTheme(theme) {
    if (theme) document.documentElement.dataset.theme = theme;
    themeListeners.forEach((listener) => listener());
    const button = document.getElementById("theme");
    if (button) button.textContent = isDark() ? "Light theme" : "Dark theme";
  }
  function startTheme() {
    let stored = null;
    try { stored = localStorage.getItem("lossd-theme"); } catch { /* a page from a file has no storage */ }
    setTheme(stored);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => setTheme(null));
    const button = document.getElementById("theme");
    if (button) {
      button.addEventListener("click", () => {
        const theme = isDark() ? "light" : "dark";
        try { localStorage.setItem("lossd-theme", theme); } catch { /* as above */ }
        setTheme(theme);
      });
    }
  }
  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue("--" + name).trim();

  function download(name, blob) {
    const link = el("a", {href: URL.createObjectURL(blob), download: name.replace(/[^\w.-]+/g, "_")});
    document.body.append(link);
    link.click();
    link.remove();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  }

  const jobLink = (job) => "/jobs/" + encodeURIComponent(job);

  return {REGIMES, TROUBLE, words, regimeWord, regimeClass, regimeIcon, regimeBadge, stateBadge, el, svg, visible, nameOf, number, signed,
          count, percent, duration, lasting, clock, sparkline, embedded, get, live, parameters, remember, startTheme, isDark,
          onTheme: (listener) => themeListeners.push(listener), colour, download, jobLink};
})();

document.addEventListener("DOMContentLoaded", lossd.startTheme);
