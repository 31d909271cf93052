/* The jump dialog: Ctrl or Cmd and K opens it, typing asks the server, arrows choose, Enter goes there. */
const dialog = document.getElementById("jump");
const input = document.getElementById("jump-input");
const list = document.getElementById("jump-list");
const said = document.getElementById("jump-said");
const form = input.form;
const store = "portal-recent";
let active = -1;
let asked = null; // the text whose results are shown or on their way
let waiting = false; // Enter came before the results of the last letters
let timer = 0;

const options = () => [...list.querySelectorAll("a[role=option]")];

// Addresses of the account pages opened last, newest first; nothing where storage is forbidden.
function recent(opened) {
    try {
        const known = JSON.parse(localStorage.getItem(store) || "[]").filter((one) => one !== opened);
        if (opened) localStorage.setItem(store, JSON.stringify([opened].concat(known).slice(0, 6)));
        return known;
    } catch {
        return [];
    }
}

const path = location.pathname;
if (path.startsWith(form.dataset.book) && path !== form.dataset.book) recent(path);

function ask() {
    clearTimeout(timer);
    asked = input.value.trim();
    form.dispatchEvent(new CustomEvent("jump:ask"));
}

function choose(index) {
    const rows = options();
    active = rows.length ? (index + rows.length) % rows.length : -1;
    rows.forEach((row, place) => {
        row.setAttribute("aria-selected", String(place === active));
    });
    if (active < 0) return input.removeAttribute("aria-activedescendant");
    input.setAttribute("aria-activedescendant", rows[active].id);
    rows[active].scrollIntoView({ block: "nearest" });
}

const follow = () => options()[active]?.click();

function open() {
    document.querySelectorAll("dialog[open]").forEach((other) => other !== dialog && other.close());
    if (dialog.open) return dialog.close();
    form.elements.recent.value = recent().join(" ");
    input.value = "";
    dialog.showModal();
    input.focus();
    ask();
}

document.addEventListener("keydown", (event) => {
    if (event.key.toLowerCase() !== "k" || !(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    open();
});

document.addEventListener("click", (event) => {
    if (event.target.closest("[data-jump-open]")) {
        event.preventDefault();
        return open();
    }
    const row = event.target.closest("#jump-list [data-jump-press]");
    if (!row || event.ctrlKey || event.metaKey || event.shiftKey) return;
    // What the page has itself is pressed here; otherwise the link leads to a page that has it.
    const control = [...document.querySelectorAll(row.dataset.jumpPress)].find((one) => !list.contains(one));
    if (!control) return;
    event.preventDefault();
    dialog.close();
    control.click();
});

input.addEventListener("input", (event) => {
    clearTimeout(timer);
    waiting = false;
    if (!event.isComposing) timer = setTimeout(ask, 120);
});
input.addEventListener("compositionend", ask);

input.addEventListener("keydown", (event) => {
    if (event.isComposing || event.keyCode === 229) return;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
        event.preventDefault();
        choose(active + (event.key === "ArrowDown" ? 1 : -1));
    } else if (event.key === "Enter") {
        event.preventDefault();
        waiting = asked !== input.value.trim() || list.dataset.q !== asked;
        if (!waiting) follow();
        else if (asked !== input.value.trim()) ask();
    }
});

list.addEventListener("mousemove", (event) => {
    const index = options().indexOf(event.target.closest("a[role=option]"));
    if (index >= 0 && index !== active) choose(index);
});

// The answer says which text it answers: a late one for an older text opens nothing.
new MutationObserver(() => {
    const answer = list.querySelector("[data-q]");
    if (!answer) return;
    list.dataset.q = answer.dataset.q;
    choose(0);
    said.textContent = answer.dataset.said;
    if (waiting && list.dataset.q === asked) {
        waiting = false;
        follow();
    }
}).observe(list, { childList: true });
