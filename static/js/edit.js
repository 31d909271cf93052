/* Forms in place and in dialogs: cells that turn into a form and back, links that open in the dialog, Ctrl+Enter, rating by keys. */
const $$ = (selector) => [...document.querySelectorAll(selector)];
const fresh = ".account-head, #said, [data-refresh]";
let before = null; // the cell as it was while its form is open
let refreshes = 0;
let asked = false; // the form is on its way: what loads meanwhile must not forget the cell

function cancel() {
    const form = document.querySelector("form[data-edit-form]");
    if (!form || !before) return;
    form.replaceWith(before);
    before.querySelector("a").focus();
    before = null;
}

function edit(cell) {
    cancel();
    const link = cell.querySelector("a.edit-open");
    before = cell.cloneNode(true);
    asked = true;
    htmx.ajax("GET", link.getAttribute("href") + "&cell=1", { target: cell, swap: "outerHTML" });
}

// The form of a cell floats: over its cell, and inside the window.
function place() {
    const form = document.querySelector("td form[data-edit-form]");
    if (!form) return;
    const cell = form.closest("td").getBoundingClientRect();
    const inside = (at, size, room) => Math.max(8, Math.min(at, room - size - 8)) + "px";
    form.style.left = inside(cell.left, form.offsetWidth, document.documentElement.clientWidth);
    form.style.top = inside(cell.top + cell.height / 2 - 24, form.offsetHeight, innerHeight);
}

document.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    if (event.target.closest("[data-edit-cancel]")) return cancel();
    const opener = event.target.closest("a.edit-open, a[data-load-dialog]");
    if (!opener) return;
    event.preventDefault();
    const cell = opener.closest("[data-edit-cell]");
    if (cell) edit(cell);
    else htmx.ajax("GET", opener.getAttribute("href"), { target: "#dialog", swap: "innerHTML" });
});

document.addEventListener("dblclick", (event) => {
    const cell = event.target.closest("[data-edit-cell]");
    if (cell) edit(cell);
});

// Parts that say what was just written; of two on their way the later one counts.
async function refresh() {
    if (!$$(fresh).length) return;
    const mine = ++refreshes;
    const answer = await fetch(location.href);
    if (!answer.ok || answer.redirected) return;
    const now = new DOMParser().parseFromString(await answer.text(), "text/html").querySelectorAll(fresh);
    const parts = $$(fresh);
    if (mine !== refreshes || now.length !== parts.length) return;
    const row = document.activeElement?.closest("[data-row]");
    const inside = parts.some((part) => part.contains(row));
    parts.forEach((part, place) => {
        part.querySelectorAll("details[open][data-kept]").forEach((fold) => {
            const same = now[place].querySelector(`details[data-kept="${fold.dataset.kept}"]`);
            if (same) same.open = true;
        });
        part.replaceWith(now[place]);
        htmx.process(now[place]);
    });
    if (inside) document.dispatchEvent(new CustomEvent("portal:rows"));
}

// A change that was taken back: cells of pages that do not load themselves anew.
document.addEventListener("portal:changed", (event) => {
    const told = event.detail || {};
    if (!told.cell) return refresh();
    $$("a.edit-open").forEach((link) => {
        const value = link.getAttribute("href") === told.cell && link.parentElement.querySelector(".edit-value");
        if (value) value.textContent = told.text || "–";
    });
});

function reasonNeeded(question) {
    const chosen = question.querySelector("input:checked");
    const earlier = question.dataset.before.split(" ").filter(Boolean);
    const needed = Boolean(chosen) && earlier.some((score) => score !== chosen.value);
    const reason = question.querySelector("[data-reason] input");
    reason.required = needed;
    question.classList.toggle("needs-reason", needed);
    return needed && !reason.value.trim() ? reason : null;
}

function go(question, by) {
    const all = Array.from(question.closest("form").querySelectorAll("[data-question]"));
    const next = all[all.indexOf(question) + by];
    if (next) (next.querySelector("input:checked") || next.querySelector("input")).focus();
    else if (by > 0) question.closest("form").querySelector("[type=submit]").focus();
}

function rate(event, question) {
    const typing = event.target.matches("[data-reason] input");
    if (event.key === "ArrowDown" || event.key === "ArrowUp" || (typing && event.key === "Enter")) {
        go(question, event.key === "ArrowUp" ? -1 : 1);
        return true;
    }
    if (typing || !/^[1-5]$/.test(event.key)) return false;
    const point = question.querySelector(`input[type=radio][value="${event.key}"]`);
    point.checked = true;
    point.focus();
    const reason = reasonNeeded(question);
    if (reason) reason.focus();
    else go(question, 1);
    return true;
}

document.addEventListener("change", (event) => {
    const question = event.target.closest("[data-question]");
    if (question) reasonNeeded(question);
});

document.addEventListener("keydown", (event) => {
    if (event.isComposing || event.keyCode === 229) return;
    const form = event.target.closest("form[data-edit-form]");
    if (form && event.key === "Escape") {
        event.stopPropagation();
        return cancel();
    }
    // A select keeps Enter for itself.
    if (form && event.key === "Enter" && event.target.matches("select")) return form.requestSubmit();
    const send = event.key === "Enter" && (event.ctrlKey || event.metaKey) && event.target.closest("form[data-send]");
    if (send) return send.requestSubmit();
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const question = event.target.closest("[data-question]");
    if (question && rate(event, question)) event.preventDefault();
});

// A list that loads itself anew must not take away the form that is open in it.
document.addEventListener("htmx:before:swap", (event) => {
    const form = document.querySelector("form[data-edit-form]");
    const source = event.detail.ctx.sourceElement;
    if (form && source !== form && source?.contains(form)) event.preventDefault();
});

document.addEventListener("htmx:after:settle", () => {
    $$("[data-question]").forEach(reasonNeeded);
    if (document.querySelector("form[data-edit-form]")) asked = false;
    else if (!asked) before = null;
    place();
});
addEventListener("scroll", place, { capture: true, passive: true });
addEventListener("resize", place);
$$("[data-question]").forEach(reasonNeeded);
