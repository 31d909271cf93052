/* Rating one account after another: after each exchange the first open question has the focus; going on by n or p saves what was answered. */
const form = () => document.querySelector("form[data-turn-form]");
const answered = () => Boolean(form()?.querySelector("input[type=radio]:checked"));
let sending = false;

// What the server kept in the form after a refusal has its fault in sight; else the first question waits for its number.
function focus() {
    const bad = form()?.querySelector("[aria-invalid=true]");
    const first = bad || form()?.querySelector("input[type=radio]");
    first?.focus({ preventScroll: !bad });
    if (!bad) scrollTo({ top: 0, behavior: "instant" });
}

document.addEventListener("click", (event) => {
    const link = event.target.closest("[data-turn-go]");
    if (!link || !answered() || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    form().elements.go.value = link.dataset.turnGo;
    form().requestSubmit();
});

document.addEventListener("submit", (event) => {
    if (event.target === form()) sending = true;
});

document.addEventListener("htmx:after:settle", (event) => {
    if (!document.querySelector("[data-turn]")) return;
    sending = false;
    if (event.target.closest?.("dialog, #toasts")) return;
    focus();
});

// Nothing that was answered is lost by leaving.
addEventListener("beforeunload", (event) => {
    if (!sending && answered()) event.preventDefault();
});

if (form()) focus();
