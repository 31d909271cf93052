/* The calls of the Monday list: after each result the next account that waits has the focus, so that a list is worked off by one key each. */
const rows = () => [...document.querySelectorAll("[data-campaign] [data-entry]")];
let acted = null; // the entry whose result was sent, and its place

document.addEventListener("submit", (event) => {
    const row = event.target.closest("[data-campaign] [data-entry]");
    if (row) acted = { entry: row.dataset.entry, place: rows().indexOf(row) };
});

document.addEventListener("htmx:after:settle", () => {
    if (!acted || document.querySelector("dialog[open]")) return;
    const all = rows();
    const here = all.findIndex((row) => row.dataset.entry === acted.entry);
    const from = here < 0 ? acted.place : here + 1;
    const next = all.slice(from).find((row) => "open" in row.dataset) || all.find((row) => "open" in row.dataset) || all[from] || all.at(-1);
    acted = null;
    next?.querySelector("[data-row-open]")?.focus({ preventScroll: true });
    next?.scrollIntoView({ block: "nearest", behavior: "instant" });
});

document.addEventListener("change", (event) => {
    if (event.target.matches("select[data-submits]")) event.target.form.requestSubmit();
});
