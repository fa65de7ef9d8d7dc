// Charts on one axis: dygraphs, with regimes behind them, events on them, a common zoom and a cursor for the keyboard.
"use strict";

// The legend is ours: theirs would need styles that the policy forbids.
Dygraph.PLUGINS = Dygraph.PLUGINS.filter((plugin) => plugin !== Dygraph.Plugins.Legend);

class LossdCharts {
  // `readout(x, rows)` is told what is under the cursor (null: nothing), `zoomed(from, to)` of a zoom (null: everything).
  constructor({readout, zoomed}) {
    this.readout = readout;
    this.zoomed = zoomed;
    this.charts = new Map();
    this.window = null;
    this.axis = "sample";
    this.moving = false;
    lossd.onTheme(() => this.redraw());
  }

  // Draws `spec` into `div`: {rows: [[x, [low, value, high], ...]], labels, lines: {label: {colour, width, dash, fill}}, log,
  // range, bands, events, zero}. Without rows the chart goes.
  draw(div, spec) {
    const old = this.charts.get(div);
    if (!spec || spec.rows.length === 0) {
      if (old) { old.graph.destroy(); this.charts.delete(div); }
      return;
    }
    const options = this.options(div, spec);
    if (old && old.labels === spec.labels.join()) {
      old.spec = spec;
      old.graph.updateOptions({...options, file: this.file(spec)});
    } else {
      if (old) old.graph.destroy();
      const chart = {spec, labels: spec.labels.join(), graph: null};
      this.charts.set(div, chart);
      chart.graph = new Dygraph(div, this.file(spec), this.options(div, spec));
      this.hearKeys(div, chart);
    }
  }

  file(spec) { return this.axis === "time" ? spec.rows.map((row) => [new Date(row[0]), ...row.slice(1)]) : spec.rows; }

  options(div, spec) {
    const series = {};
    for (const [label, line] of Object.entries(spec.lines)) {
      series[label] = {color: lossd.colour(line.colour) || line.colour, strokeWidth: line.width || 1.5, strokePattern: line.dash || null,
                       drawPoints: !!line.points, pointSize: 2.5};
    }
    const numbers = {axisLabelFormatter: (value) => lossd.number(value)};
    return {
      labels: ["x", ...spec.labels], series, customBars: true, fillAlpha: 0.16, connectSeparatedPoints: true, legend: "never",
      logscale: !!spec.log, valueRange: spec.range || null, dateWindow: this.shown(spec), yRangePad: spec.log ? 0 : 8,
      gridLineColor: lossd.colour("grid"), axisLineColor: lossd.colour("line"), axisLabelWidth: 62, highlightCircleSize: 4,
      axes: {
        x: this.axis === "time" ? {axisLabelWidth: 70} : {axisLabelWidth: 60, axisLabelFormatter: (value) => lossd.count(Math.round(value)), pixelsPerLabel: div.clientWidth < 500 ? 55 : 90},
        y: {...numbers, pixelsPerLabel: div.classList.contains("small") ? 26 : 40},
      },
      animatedZooms: false, includeZero: false,
      highlightCallback: (event, x, points, row) => this.point(div, row),
      unhighlightCallback: () => this.point(null, -1),
      zoomCallback: (from, to) => this.zoomedIn(div, from, to),
      drawCallback: (graph) => this.follow(graph),
      underlayCallback: (canvas, area, graph) => this.underlay(canvas, area, graph, spec),
    };
  }

  // What all charts show: the window, or everything. The first chart drawn, the main one, says what everything is.
  shown(spec) {
    if (this.window) return this.window;
    const [low, high] = this.charts.size ? this.extent() : [spec.rows[0][0], spec.rows[spec.rows.length - 1][0]];
    const pad = (high - low || 1) * 0.004;
    return [low - pad, high + pad];
  }

  redraw() {
    for (const [div, chart] of this.charts) chart.graph.updateOptions(this.options(div, chart.spec));
  }

  // One window for all charts.
  zoom(from, to) {
    const [low, high] = this.extent();
    this.window = from === null || (from <= low && to >= high) ? null : [from, to];
    this.moving = true;
    for (const chart of this.charts.values()) chart.graph.updateOptions({dateWindow: this.shown(chart.spec)});
    this.moving = false;
    this.zoomed(this.window);
  }
  // A chart whose own points are fewer gives those for everything.
  zoomedIn(div, from, to) {
    const rows = this.charts.get(div).spec.rows;
    if (from <= rows[0][0] && to >= rows[rows.length - 1][0]) this.zoom(null, null);
    else this.zoom(from, to);
  }
  follow(graph) {
    if (this.moving || !graph.dateWindow_ || !graph.dateWindow_.every(Number.isFinite)) return;
    const [from, to] = graph.dateWindow_, [low, high] = this.shown({rows: [[0], [1]]});
    if (Math.abs(from - low) + Math.abs(to - high) <= (high - low) * 1e-6) return;
    clearTimeout(this.later);  // a pan goes through many windows
    this.later = setTimeout(() => this.zoom(from, to), 0);
  }
  extent() {
    const rows = this.charts.values().next().value.spec.rows;
    return [rows[0][0], rows[rows.length - 1][0]];
  }

  // A cursor through all charts.
  point(div, row) {
    const chosen = div && this.charts.get(div);
    if (!chosen) {
      for (const chart of this.charts.values()) chart.graph.clearSelection();
      return this.readout(null);
    }
    const x = chosen.spec.rows[row][0];
    for (const [other, chart] of this.charts) {
      if (other === div) continue;
      chart.graph.setSelection(this.nearest(chart.spec.rows, x));
    }
    this.readout(x, row);
  }
  nearest(rows, x) {
    let low = 0, high = rows.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (rows[middle][0] < x) low = middle + 1; else high = middle;
    }
    return low > 0 && x - rows[low - 1][0] < rows[low][0] - x ? low - 1 : low;
  }

  hearKeys(div, chart) {
    if (div.dataset.keys) return;
    div.dataset.keys = "1";
    div.addEventListener("blur", () => this.point(null, -1));
    div.addEventListener("keydown", (event) => {
      const current = this.charts.get(div);
      if (!current || event.ctrlKey || event.metaKey || event.altKey) return;
      const rows = current.spec.rows, [low, high] = this.window || this.extent(), width = high - low;
      let row = current.graph.getSelection();
      if (row < 0) row = this.nearest(rows, high);
      const step = event.shiftKey ? Math.max(1, Math.round(rows.length / 20)) : 1;
      if (event.key === "ArrowLeft") row = Math.max(0, row - step);
      else if (event.key === "ArrowRight") row = Math.min(rows.length - 1, row + step);
      else if (event.key === "Home") row = 0;
      else if (event.key === "End") row = rows.length - 1;
      else if (event.key === "+" || event.key === "=") return this.zoom(rows[row][0] - width / 4, rows[row][0] + width / 4);
      else if (event.key === "-") return this.zoom(low - width / 2, high + width / 2);
      else if (event.key === "0" || event.key === "Escape") return this.zoom(null, null);
      else return;
      event.preventDefault();
      current.graph.setSelection(row);
      this.point(div, row);
    });
  }

  underlay(canvas, area, graph, spec) {
    canvas.save();
    canvas.beginPath();
    canvas.rect(area.x, area.y, area.w, area.h);
    canvas.clip();
    for (const band of spec.bands || []) this.band(canvas, area, graph, band, spec);
    if (spec.zero) {
      const y = graph.toDomYCoord(0);
      canvas.strokeStyle = lossd.colour("soft");
      canvas.lineWidth = 1;
      canvas.beginPath();
      canvas.moveTo(area.x, y);
      canvas.lineTo(area.x + area.w, y);
      canvas.stroke();
    }
    for (const event of spec.events || []) this.event(canvas, area, graph, event);
    canvas.restore();
  }

  band(canvas, area, graph, {regime, from, to}, spec) {
    const left = Math.max(area.x, graph.toDomXCoord(from)), right = Math.min(area.x + area.w, graph.toDomXCoord(to));
    if (right < area.x || left > area.x + area.w) return;
    const width = Math.max(1, right - left);
    const known = lossd.REGIMES[regime] ? regime : "undecided";
    const bad = lossd.TROUBLE.includes(regime);
    const colour = lossd.colour(known);
    canvas.globalAlpha = bad ? 0.2 : regime === "warming_up" || regime === "undecided" ? 0.05 : 0.1;
    canvas.fillStyle = colour;
    canvas.fillRect(left, area.y, width, area.h);
    if (bad && width > 4) {  // hatched: seen without its colour
      canvas.globalAlpha = 0.28;
      canvas.strokeStyle = colour;
      canvas.lineWidth = 1;
      canvas.save();
      canvas.beginPath();
      canvas.rect(left, area.y, width, area.h);
      canvas.clip();
      canvas.beginPath();
      for (let x = left - area.h - ((left - area.h) % 9); x < right; x += 9) {
        canvas.moveTo(x, area.y + area.h);
        canvas.lineTo(x + area.h, area.y);
      }
      canvas.stroke();
      canvas.restore();
    }
    canvas.globalAlpha = 1;
    if (!spec.words) return;
    canvas.fillStyle = colour;
    canvas.fillRect(left, area.y, width, 3);
    canvas.font = "600 11px system-ui, sans-serif";
    const word = lossd.regimeWord(regime);
    if (canvas.measureText(word).width + 10 > width) return;
    canvas.textBaseline = "top";
    canvas.fillText(word, left + 5, area.y + 8);
  }

  event(canvas, area, graph, {kind, x, value}) {
    if (x === null) return;
    const at = graph.toDomXCoord(x), bottom = area.y + area.h;
    if (at < area.x - 6 || at > area.x + area.w + 6) return;
    const ink = lossd.colour(kind === "non_finite" ? "non_finite" : kind === "spike" ? "diverging" : kind === "outlier" ? "soft" : "ink");
    canvas.strokeStyle = canvas.fillStyle = ink;
    canvas.lineWidth = 1.5;
    canvas.beginPath();
    if (kind === "outlier") {
      const y = typeof value === "number" ? Math.min(Math.max(graph.toDomYCoord(value), area.y + 5), bottom - 5) : area.y + 30;
      canvas.arc(at, y, 4, 0, 2 * Math.PI);
      canvas.stroke();
    } else if (kind === "spike") {
      canvas.moveTo(at, bottom - 14);
      canvas.lineTo(at + 6, bottom - 3);
      canvas.lineTo(at - 6, bottom - 3);
      canvas.fill();
    } else {
      canvas.setLineDash([4, 3]);
      canvas.moveTo(at, area.y + 22);
      canvas.lineTo(at, bottom);
      canvas.stroke();
      canvas.setLineDash([]);
      canvas.beginPath();
      if (kind === "non_finite") {
        canvas.moveTo(at - 5, bottom - 14); canvas.lineTo(at + 5, bottom - 4);
        canvas.moveTo(at + 5, bottom - 14); canvas.lineTo(at - 5, bottom - 4);
        canvas.stroke();
      } else if (kind === "checkpoint") {
        canvas.moveTo(at, area.y + 22); canvas.lineTo(at + 12, area.y + 27); canvas.lineTo(at, area.y + 32);
        canvas.fill();
      } else {  // restart
        canvas.arc(at, bottom - 9, 5, 0.6, 5.6);
        canvas.stroke();
      }
    }
  }

  // All charts with their axes, as one picture below a title.
  picture(title, lines) {
    const charts = [...this.charts].filter(([div]) => div.offsetParent !== null);
    const scale = window.devicePixelRatio || 1, pad = 16, gap = 30;
    const width = Math.max(...charts.map(([div]) => div.clientWidth)) + 2 * pad;
    const top = 34 + 20 * lines.length;
    const height = top + charts.reduce((sum, [div]) => sum + div.clientHeight + gap, 0);
    const canvas = lossd.el("canvas", {width: width * scale, height: height * scale});
    const to = canvas.getContext("2d");
    to.scale(scale, scale);
    to.fillStyle = lossd.colour("card");
    to.fillRect(0, 0, width, height);
    to.fillStyle = lossd.colour("ink");
    to.textBaseline = "top";
    to.font = "600 17px system-ui, sans-serif";
    to.fillText(title, pad, 12, width - 2 * pad);
    to.font = "13px system-ui, sans-serif";
    lines.forEach((line, i) => to.fillText(line, pad, 38 + 20 * i, width - 2 * pad));
    let y = top;
    for (const [div] of charts) {
      to.font = "600 12px system-ui, sans-serif";
      to.fillStyle = lossd.colour("soft");
      to.fillText(div.getAttribute("data-title") || "", pad, y + 6);
      y += 24;
      const origin = div.getBoundingClientRect();
      for (const layer of [...div.querySelectorAll("canvas")].reverse()) to.drawImage(layer, pad, y, div.clientWidth, div.clientHeight);
      to.font = "11px system-ui, sans-serif";
      for (const label of div.querySelectorAll(".dygraph-axis-label")) {
        const place = label.getBoundingClientRect(), right = label.classList.contains("dygraph-axis-label-y");
        to.textAlign = right ? "right" : "center";
        to.fillText(label.textContent, pad + (right ? place.right : (place.left + place.right) / 2) - origin.left, y + place.top - origin.top + 1);
      }
      to.textAlign = "left";
      y += div.clientHeight + gap - 24;
    }
    return new Promise((done) => canvas.toBlob(done, "image/png"));
  }
}
