/* The calls of the Monday list: after each result the next account that waits has the focus, so that a list is worked off by one key each. */
const rows = () => [...document.querySelectorAll("[data-campaign] [data-entry]")];
let acted = null; // the entry whose result was sent, and its place

document.addEventListener("submit", (event) => {
    const row = event.target.closest("[data-campaign] [data-entry]");
    if (row) acted = { entry: row.dataset.entry, place: rows().indexOf(row) };
});

// The form with a note is a dialog: its row is the one it was opened from.
document.addEventListener("click", (event) => {
    const row = event.target.closest("[data-load-dialog]")?.closest("[data-campaign] [data-entry]");
    if (row) acted = { entry: row.dataset.entry, place: rows().indexOf(row), dialog: true };
});

function goOn() {
    if (!acted) return;
    const all = rows();
    const here = all.findIndex((row) => row.dataset.entry === acted.entry);
    const from = here < 0 ? acted.place : here + 1;
    const next = all.slice(from).find((row) => "open" in row.dataset) || all.find((row) => "open" in row.dataset) || all[from] || all.at(-1);
    acted = null;
    next?.querySelector("[data-row-open]")?.focus({ preventScroll: true });
    next?.scrollIntoView({ block: "nearest", behavior: "instant" });
}

document.addEventListener("htmx:after:settle", () => {
    if (acted && !acted.dialog && !document.querySelector("dialog[open]")) goOn();
});

// What a dialog has changed comes with the page's own refresh, which tells nobody when it is there.
document.addEventListener("portal:changed", () => {
    const before = document.querySelector("[data-campaign]");
    let looks = 60;
    const look = () => {
        if (document.querySelector("[data-campaign]") !== before) return goOn();
        if (looks-- > 0) setTimeout(look, 50);
    };
    if (acted?.dialog) look();
});

document.addEventListener("change", (event) => {
    if (event.target.matches("select[data-submits]")) event.target.form.requestSubmit();
});
