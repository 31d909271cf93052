/* Draws the server's figures. A figure carries no colours: each trace and shape names a role (meta.role / name), and the role's
   colour comes from the design tokens of the theme in force, so a chart follows the theme without being fetched again. */
(function () {
    "use strict";
    const roles = {
        score: "--c-ink",
        machine: "--c-medium-fill",
        human: "--c-outcome-fill",
        actions: "--c-medium-fill",
        seats: "--c-outcome-fill",
        red: "--c-red-fill",
        amber: "--c-amber-fill",
        green: "--c-green-fill",
        version: "--c-line-strong",
        active: "--c-high-fill",
        inactive: "--c-zero-fill",
    };

    function token(name) {
        return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
    }

    function colour(role) {
        return token(roles[role] || "--c-muted");
    }

    // Days as the page's language writes them; the server sends them bare.
    function dated(own) {
        if (own.type !== "date") return own;
        const chinese = document.documentElement.lang.startsWith("zh");
        const forms = chinese ? { tickformat: "%Y年%-m月", hoverformat: "%Y年%-m月%-d日" } : { tickformat: "%b %Y", hoverformat: "%-d %b %Y" };
        return Object.assign({}, own, forms);
    }

    function axis(own) {
        return Object.assign(
            { gridcolor: token("--c-line"), linecolor: token("--c-line"), zerolinecolor: token("--c-line"), tickcolor: token("--c-line"), automargin: true },
            own,
        );
    }

    function themed(figure) {
        const data = figure.data.map(function (trace) {
            const shade = colour(trace.meta && trace.meta.role);
            const own = Object.assign({}, trace);
            if (trace.type === "bar") own.marker = Object.assign({}, trace.marker, { color: shade });
            else own.line = Object.assign({}, trace.line, { color: shade });
            return own;
        });
        const layout = Object.assign({}, figure.layout, {
            paper_bgcolor: "rgba(0,0,0,0)",
            plot_bgcolor: "rgba(0,0,0,0)",
            font: { family: token("--font-sans"), size: 12, color: token("--c-muted") },
            hoverlabel: { bgcolor: token("--c-surface"), bordercolor: token("--c-line-strong"), font: { color: token("--c-ink") } },
        });
        for (const name of Object.keys(figure.layout)) {
            if (/^[xy]axis\d*$/.test(name)) layout[name] = axis(dated(figure.layout[name]));
        }
        layout.shapes = (figure.layout.shapes || []).map(function (shape) {
            return Object.assign({}, shape, { line: Object.assign({}, shape.line, { color: colour(shape.name) }) });
        });
        return { data: data, layout: layout };
    }

    function draw(holder) {
        const source = document.getElementById(holder.dataset.chart);
        if (!source || !window.Plotly) return;
        const figure = themed(JSON.parse(source.textContent));
        window.Plotly.react(holder, figure.data, figure.layout, { displayModeBar: false, responsive: true });
    }

    function drawAll() {
        document.querySelectorAll("[data-chart]").forEach(draw);
    }

    drawAll();
    document.addEventListener("portal:theme", drawAll);
    // A figure that came later with its part of the page.
    document.addEventListener("htmx:after:settle", function () {
        document.querySelectorAll("[data-chart]:not(.js-plotly-plot)").forEach(draw);
    });
})();
