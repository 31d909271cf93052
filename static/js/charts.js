/* Draws the server's figures. They carry no colours: each trace and shape names a role (meta.role / name), which takes its
   colour from the tokens of the theme in force, so a chart follows the theme without being fetched again. */
const root = document.documentElement;
const roles = {
    score: "ink",
    machine: "medium-fill",
    human: "outcome-fill",
    restated: "accent",
    actions: "medium-fill",
    seats: "outcome-fill",
    red: "red-fill",
    amber: "amber-fill",
    green: "green-fill",
    version: "line-strong",
    total: "unknown-fill",
    gain: "green-fill",
    loss: "red-fill",
    logo: "ink",
    seat: "medium-fill",
    revenue: "outcome-fill",
    band: "low-fill",
    today: "accent",
};
// Days as the page's language writes them; the server sends them bare.
const written = root.lang.startsWith("zh") ? ["%-m月%-d日", "%Y年%-m月", "%Y年%-m月%-d日"] : ["%-d %b", "%b %Y", "%-d %b %Y"];
const days = {
    tickformatstops: [
        { dtickrange: ["M1", null], value: written[1] },
        { dtickrange: [null, "M1"], value: written[0] }, // ticks less than a month apart would read alike
    ],
    hoverformat: written[2],
};

const token = (name) => getComputedStyle(root).getPropertyValue("--" + name).trim();
const colour = (role) => token("c-" + (roles[role] || "muted"));

function axis(own) {
    const line = token("c-line");
    return { gridcolor: line, linecolor: line, zerolinecolor: line, tickcolor: line, automargin: true, ...own, ...(own.type === "date" && days) };
}

function themed(figure) {
    const data = figure.data.map((trace) => {
        const part = trace.type === "bar" || trace.mode === "markers" ? "marker" : "line";
        const painted = { ...trace, [part]: { ...trace[part], color: colour(trace.meta?.role) } };
        // Marks that overlap are told apart by an edge of the ground's colour.
        if (trace.mode === "markers") painted.marker.line = { ...trace.marker.line, color: token("c-surface") };
        return painted;
    });
    const layout = {
        ...figure.layout,
        paper_bgcolor: "rgba(0,0,0,0)",
        plot_bgcolor: "rgba(0,0,0,0)",
        font: { family: token("font-sans"), size: 12, color: token("c-muted") },
        hoverlabel: { bgcolor: token("c-surface"), bordercolor: token("c-line-strong"), font: { color: token("c-ink") } },
        // On ground of their own, texts are read over lines and bars.
        annotations: (figure.layout.annotations || []).map((text) => ({ bgcolor: token("c-surface"), borderpad: 0, ...text })),
        shapes: (figure.layout.shapes || []).map((shape) => ({ ...shape, fillcolor: colour(shape.name), line: { ...shape.line, color: colour(shape.name) } })),
    };
    for (const name of Object.keys(layout)) if (/^[xy]axis\d*$/.test(name)) layout[name] = axis(layout[name]);
    return { data, layout };
}

function draw(holder) {
    const source = document.getElementById(holder.dataset.chart);
    if (!source || !window.Plotly) return;
    const { data, layout } = themed(JSON.parse(source.textContent));
    if (layout.xaxis && holder.clientWidth < 480) layout.xaxis.nticks = 4; // more would run into each other
    const first = !holder.on;
    Plotly.react(holder, data, layout, { displayModeBar: false, responsive: true });
    // A bar leads to the list behind it.
    if (first) holder.on("plotly_click", ({ points }) => points[0].customdata && location.assign(points[0].customdata));
}

const drawAll = (which) => document.querySelectorAll(which).forEach(draw);

drawAll("[data-chart]");
document.addEventListener("portal:theme", () => drawAll("[data-chart]"));
// A figure that came later with its part of the page.
document.addEventListener("htmx:after:settle", () => drawAll("[data-chart]:not(.js-plotly-plot)"));
