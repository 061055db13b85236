/* Bring charts to life when they come near. Until then, and whenever anything fails, the drawing in the page stays.
   No dependency and no eval: Vega is loaded once, on the first chart, and interprets its expressions. */
(function () {
  "use strict";

  const NEAR = "600px 0px"; // how far outside the window a chart starts to load
  const NARROW = 480; // below this width charts get fewer ticks and stand below each other
  const LEAST = 110; // a plot narrower than this is not redrawn: the drawing is scaled instead
  const here = document.currentScript.src;
  let vega = null;

  function loadVega() {
    vega = vega || new Promise(function (resolve, reject) {
      const script = document.createElement("script");
      script.src = new URL("vega.js", here).href;
      script.onload = function () { resolve(window.vegaEmbed); };
      script.onerror = function () { vega = null; reject(new Error("vega.js did not load")); };
      document.head.append(script);
    });
    return vega;
  }

  function each(node, visit) {
    if (Array.isArray(node)) { node.forEach(function (part) { each(part, visit); }); return; }
    if (!node || typeof node !== "object") return;
    visit(node);
    for (const key in node) if (key !== "data" && key !== "datasets") each(node[key], visit);
  }

  /* Views that set the width of a chart, and how many of them stand side by side. */
  function plots(spec, natural) {
    const views = spec.vconcat || spec.hconcat || spec.concat || (spec.spec ? [spec.spec] : [spec]);
    if (spec.vconcat) return { views: views, across: 1 };
    const most = Math.max(1, Math.floor(natural / views[0].width));
    const encoding = spec.encoding || {};
    const many = spec.facet || spec.hconcat || spec.concat || spec.repeat || encoding.facet || encoding.column;
    return { views: views, across: many ? most : 1 };
  }

  /* Let plots that stand side by side stand below each other. */
  function stack(spec) {
    const encoding = spec.encoding || {};
    if (spec.hconcat) { spec.concat = spec.hconcat; delete spec.hconcat; }
    if (spec.facet && spec.facet.column) spec.facet = spec.facet.column;
    if (encoding.column) { encoding.facet = encoding.column; delete encoding.column; }
    if (encoding.facet) encoding.facet.columns = 1; else spec.columns = 1;
  }

  /* Fit a specification drawn `natural` pixels wide into `room` pixels. Axes and labels keep their size, so only the
     plots give way. Returns null when they would become too narrow. */
  function fit(spec, natural, room) {
    if (room >= natural) return spec;
    const copy = structuredClone(spec);
    const { views, across } = plots(copy, natural);
    if (!views.every(function (view) { return typeof view.width === "number"; })) return null;
    // A grid of rows and columns keeps its shape: its plots only become narrower.
    const grid = (copy.facet && copy.facet.row) || (copy.encoding && copy.encoding.row);
    const columns = room < NARROW && !grid ? 1 : across;
    const edge = natural - Math.max(...views.map(function (view) { return view.width; })) * across;
    if (columns < across) stack(copy);
    const width = Math.floor((room - (columns < across ? edge / across : edge)) / columns);
    if (width < LEAST) return null;
    views.forEach(function (view) { view.width = width; });
    if (room < NARROW) {
      each(copy, function (node) {
        for (const name of ["x", "xOffset"]) {
          const axis = node[name] && node[name].axis;
          if (axis && typeof axis.tickCount === "number") axis.tickCount = Math.min(axis.tickCount, 4);
        }
      });
      copy.config = copy.config || {};
      copy.config.axisX = Object.assign({ tickCount: 4, labelOverlap: "greedy" }, copy.config.axisX);
    }
    return copy;
  }

  function Chart(figure) {
    const box = figure.querySelector(".chart-box");
    const still = box.querySelector("svg");
    const spec = JSON.parse(figure.querySelector(".chart-spec").textContent);
    const natural = Number(box.style.getPropertyValue("--w"));
    let drawn = 0;
    let live = null;
    let busy = false;

    async function draw() {
      const room = box.clientWidth;
      if (busy || !room || Math.abs(room - drawn) < 8) return;
      const fitted = fit(spec, natural, room);
      const host = document.createElement("div");
      host.className = "chart-live";
      busy = true;
      try {
        const embed = await loadVega();
        // Drawn in the page but out of sight, so that the drawing gives way only to a chart that works.
        host.style.cssText = "position:absolute;visibility:hidden";
        box.append(host);
        const result = await embed(host, fitted || spec, {
          mode: "vega-lite", renderer: "svg", actions: false, ast: true, defaultStyle: false,
          tooltip: { disableDefaultStyle: true, theme: "book" },
          config: { aria: false },
        });
        // What a reader has picked stays picked when the chart is drawn at another width.
        const picks = (live ? spec.params || [] : []).filter(function (param) { return param.bind && param.name; });
        picks.forEach(function (param) { result.view.signal(param.name, live.result.view.signal(param.name)); });
        if (picks.length) await result.view.runAsync();
        const svg = host.querySelector("svg");
        svg.setAttribute("role", "img");
        svg.setAttribute("aria-label", still.getAttribute("aria-label"));
        if (live) { live.result.finalize(); live.host.remove(); }
        host.style.cssText = "";
        live = { result: result, host: host };
        drawn = room;
        still.remove();
        // One column of many plots is taller than the drawing was, and a chart wider than the room is scaled down:
        // there the box takes the chart's own height. Otherwise it keeps its size.
        const taller = svg.height.baseVal.value > Number(box.style.getPropertyValue("--h")) + 12;
        box.classList.toggle("grows", taller || svg.width.baseVal.value > room + 12);
        figure.dataset.live = "true";
      } catch (error) {
        host.remove();
        figure.dataset.live = "failed";
        console.warn("This chart stays a drawing:", error);
      } finally {
        busy = false;
      }
    }

    let timer = 0;
    new ResizeObserver(function () {
      if (!live) return;
      clearTimeout(timer);
      timer = setTimeout(draw, 150);
    }).observe(box);
    return { draw: draw };
  }

  const charts = new Map();
  const watcher = new IntersectionObserver(function (entries) {
    for (const entry of entries) {
      if (!entry.isIntersecting) continue;
      watcher.unobserve(entry.target);
      charts.get(entry.target).draw();
    }
  }, { rootMargin: NEAR });
  for (const figure of document.querySelectorAll("figure.chart")) {
    charts.set(figure, Chart(figure));
    watcher.observe(figure);
  }
})();
