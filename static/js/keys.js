/* Single keys: rows by j and k, the page's own controls by data-key, other pages by g and a letter, "?" for the sheet that lists them. */
const $$ = (selector) => [...document.querySelectorAll(selector)];
const sheet = document.getElementById("keys");
const store = "portal-keys";
const fields = "input:not([type=checkbox], [type=radio], [type=button], [type=submit]), textarea, select, [contenteditable]";
const needs = {
    search: "[data-search], main input[type=search]",
    row: "[data-row]",
    edit: "[data-row] [data-row-edit]",
    select: "[data-row] [data-row-select]",
    menu: "[data-row] [data-row-menu]",
};
let last = -1; // place of the row that had the focus, kept over an exchange of the rows
let going = 0; // until when a letter after g counts

function on() {
    try {
        return localStorage.getItem(store) !== "off";
    } catch {
        return true;
    }
}

const shown = (element) => element.checkVisibility();
// What stands in a closed menu of a row has its key all the same.
const reachable = (element) => shown(element) || Boolean(element.closest("[data-row] details.menu"));
const rows = () => $$(needs.row).filter(shown);
const currentRow = () => document.activeElement?.closest("[data-row]");
const opener = (row) => row.querySelector("[data-row-open]") || row.querySelector("a[href]");

function step(by) {
    const all = rows();
    if (!all.length) return false;
    const now = all.indexOf(currentRow());
    const next = now >= 0 ? now + by : last < 0 ? 0 : last;
    last = Math.max(0, Math.min(all.length - 1, next));
    opener(all[last])?.focus({ preventScroll: true });
    all[last].scrollIntoView({ block: "nearest", behavior: "instant" });
    return true;
}

// A control of the row that has the focus.
function press(selector) {
    const control = currentRow()?.querySelector(selector);
    control?.click();
    return Boolean(control);
}

function search() {
    const field = $$(needs.search).find(shown);
    if (field) {
        field.focus();
        field.select();
    } else document.querySelector("[data-jump-open]")?.click();
    return true;
}

// A key of a row acts on the row that has the focus, that of a message on the latest one.
function own(key) {
    const ours = (row) => !row || row === currentRow();
    const mine = $$("[data-key]").filter((one) => one.dataset.key === key && ours(one.closest("[data-row]")) && reachable(one));
    const control = mine[0]?.closest("#toasts") ? mine.at(-1) : mine[0];
    if (!control) return false;
    if (control.matches(fields)) control.focus();
    else control.click();
    return true;
}

// The words on a control, without the key that may stand there too.
function wordsOf(control) {
    const copy = control.cloneNode(true);
    copy.querySelectorAll("kbd").forEach((key) => key.remove());
    return copy.textContent.trim() || control.title;
}

function openSheet() {
    for (const name of Object.keys(needs)) {
        const there = Boolean(document.querySelector(needs[name]));
        sheet.querySelectorAll(`[data-keys-need=${name}]`).forEach((line) => { line.hidden = !there; });
    }
    const listed = document.getElementById("keys-list");
    listed.querySelectorAll("[data-own]").forEach((line) => line.remove());
    const seen = new Set();
    for (const control of $$("[data-key]")) {
        if (seen.has(control.dataset.key) || !reachable(control)) continue;
        seen.add(control.dataset.key);
        const line = document.createElement("div");
        line.dataset.own = "";
        const key = document.createElement("kbd");
        key.textContent = control.dataset.key;
        const words = document.createElement("dd");
        words.textContent = control.getAttribute("aria-label") || wordsOf(control);
        line.append(document.createElement("dt"), words);
        line.firstChild.append(key);
        listed.append(line);
    }
    document.getElementById("keys-on").checked = on();
    sheet.showModal();
    return true;
}

function act(key) {
    if (going > Date.now()) {
        going = 0;
        const place = sheet.querySelector(`[data-go="${CSS.escape(key)}"]`);
        if (place) location.assign(place.href);
        return Boolean(place);
    }
    if (key === "g") {
        going = Date.now() + 1500;
        return true;
    }
    if (key === "j" || key === "k") return step(key === "j" ? 1 : -1);
    if (key === "/") return search();
    if (key === "?") return openSheet();
    const control = { e: "edit", x: "select", s: "menu" }[key];
    return (control && press(`[data-row-${control}]`)) || own(key);
}

document.addEventListener("keydown", (event) => {
    const field = event.target.closest(fields);
    if (event.key === "Escape" && field && field.matches("[data-search], [type=search]")) return field.blur();
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing || event.keyCode === 229) return;
    if (event.key.length !== 1 || event.key === " " || field || document.querySelector("dialog[open]") || !on()) return;
    if (act(event.key)) event.preventDefault();
});

document.addEventListener("click", (event) => {
    if (event.target.closest("[data-keys-open]")) openSheet();
});

// The rows came anew under the hand: the one that stands in the place of the one that is gone has the focus.
document.addEventListener("portal:rows", () => step(0));

document.getElementById("keys-on").addEventListener("change", (event) => {
    try {
        localStorage.setItem(store, event.target.checked ? "on" : "off");
    } catch {
        // kept nowhere, then
    }
});
if (/Mac|iP/.test(navigator.platform)) $$("[data-jump-keys]").forEach((hint) => { hint.textContent = "⌘ K"; });
