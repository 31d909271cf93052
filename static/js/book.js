/* The book: selecting rows, and folding their evidence away again. The server makes both; this only keeps count. */
(function () {
    "use strict";

    function form() { return document.getElementById("selection"); }
    function boxes() { return Array.from(document.querySelectorAll("[data-row-select]")); }

    function count() {
        const bar = form();
        if (!bar) return;
        const all = bar.querySelector("[data-select-all]");
        const ticked = boxes().filter(function (box) { return box.checked; });
        const page = document.querySelector("[data-select-page]");
        if (page) {
            page.checked = ticked.length > 0 && ticked.length === boxes().length;
            page.indeterminate = ticked.length > 0 && !page.checked;
        }
        if (all && !ticked.length) all.checked = false;
        bar.toggleAttribute("data-some", ticked.length > 0);
        bar.querySelector("[data-selection-count]").textContent = all && all.checked ? all.dataset.total : String(ticked.length);
        boxes().forEach(function (box) { box.closest("tr").classList.toggle("is-selected", box.checked); });
    }

    function tick(wanted) {
        boxes().forEach(function (box) { box.checked = wanted; });
        count();
    }

    // The evidence is fetched once, then shown and hidden.
    function unfold(expander) {
        const row = expander.closest("tr");
        const next = row.nextElementSibling;
        const there = next && next.classList.contains("evidence") ? next : null;
        if (there) there.hidden = !there.hidden;
        else {
            const query = new URLSearchParams({ account: row.dataset.account, span: row.cells.length });
            window.htmx.ajax("GET", row.closest("[data-evidence]").dataset.evidence + "?" + query, { target: row, swap: "afterend" });
        }
        expander.setAttribute("aria-expanded", String(!there || !there.hidden));
    }

    let last = null;
    document.addEventListener("click", function (event) {
        if (!(event.target instanceof Element)) return;
        if (event.target.closest("[data-select-none]")) return tick(false);
        const box = event.target.closest("[data-row-select]");
        if (box && event.shiftKey && last && last.isConnected) {
            const all = boxes();
            const ends = [all.indexOf(last), all.indexOf(box)].sort(function (a, b) { return a - b; });
            all.slice(ends[0], ends[1] + 1).forEach(function (one) { one.checked = box.checked; });
            count();
        }
        if (box) last = box;
        const expander = event.target.closest("[data-expand]");
        if (expander) unfold(expander);
    });
    document.addEventListener("change", function (event) {
        if (!(event.target instanceof Element)) return;
        if (event.target.matches("[data-select-page]")) return tick(event.target.checked);
        if (event.target.matches("[data-select-all]") && event.target.checked) boxes().forEach(function (box) { box.checked = true; });
        if (event.target.matches("[data-row-select], [data-select-all]")) count();
    });
    document.addEventListener("htmx:after:settle", count);
    window.addEventListener("pageshow", count);
})();
