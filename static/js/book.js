/* The book: counts the selected rows, fetches a row's evidence once and folds it away again. */
function form() { return document.getElementById("selection"); }
function boxes() { return [...document.querySelectorAll("[data-row-select]")]; }

function count() {
    const bar = form();
    if (!bar) return;
    const all = bar.querySelector("[data-select-all]");
    const ticked = boxes().filter((box) => box.checked);
    const page = document.querySelector("[data-select-page]");
    if (page) {
        page.checked = ticked.length > 0 && ticked.length === boxes().length;
        page.indeterminate = ticked.length > 0 && !page.checked;
    }
    if (all && !ticked.length) all.checked = false;
    bar.toggleAttribute("data-some", ticked.length > 0);
    bar.querySelector("[data-selection-count]").textContent = all && all.checked ? all.dataset.total : String(ticked.length);
    boxes().forEach((box) => { box.closest("tr").classList.toggle("is-selected", box.checked); });
}

function tick(wanted) {
    boxes().forEach((box) => { box.checked = wanted; });
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
        htmx.ajax("GET", row.closest("[data-evidence]").dataset.evidence + "?" + query, { target: row, swap: "afterend" });
    }
    expander.setAttribute("aria-expanded", String(!there || !there.hidden));
}

let last = null;
document.addEventListener("click", (event) => {
    if (event.target.closest("[data-select-none]")) return tick(false);
    const box = event.target.closest("[data-row-select]");
    if (box && event.shiftKey && last && last.isConnected) {
        const all = boxes();
        const ends = [all.indexOf(last), all.indexOf(box)].sort((a, b) => a - b);
        all.slice(ends[0], ends[1] + 1).forEach((one) => { one.checked = box.checked; });
        count();
    }
    if (box) last = box;
    const expander = event.target.closest("[data-expand]");
    if (expander) unfold(expander);
});
document.addEventListener("change", (event) => {
    if (event.target.matches("[data-select-page]")) return tick(event.target.checked);
    if (event.target.matches("[data-select-all]") && event.target.checked) boxes().forEach((box) => { box.checked = true; });
    if (event.target.matches("[data-row-select], [data-select-all]")) count();
});
document.addEventListener("htmx:after:settle", count);
addEventListener("pageshow", count);
