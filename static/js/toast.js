/* Toasts: those the server sends with HX-Trigger "portal:toast", and the browser's own when the portal does not answer. */
const corner = document.getElementById("toasts");
const shape = document.getElementById("toast-shape");
const words = corner.dataset;

function later(toast) {
    clearTimeout(toast.timer);
    if (toast.dataset.toast === "error" || toast.matches(":hover, :focus-within")) return;
    toast.timer = setTimeout(() => toast.remove(), 10000);
}

function watch(toast) {
    for (const name of ["pointerenter", "pointerleave", "focusin", "focusout"]) {
        toast.addEventListener(name, () => setTimeout(later, 0, toast));
    }
    toast.addEventListener("htmx:finally:request", () => toast.remove());
    later(toast);
}

function show(said) {
    const text = String(said.text || "");
    const same = [...corner.querySelectorAll("[data-toast-text]")].some((part) => part.textContent === text);
    if (!text || (same && !said.undo_url)) return;
    const toast = shape.content.firstElementChild.cloneNode(true);
    const tone = ["warn", "error"].includes(said.tone) ? said.tone : "ok";
    toast.dataset.toast = tone;
    toast.classList.replace("toast-ok", "toast-" + tone);
    toast.querySelector("[data-toast-text]").textContent = text;
    if (said.undo_url) {
        const form = toast.querySelector("[data-toast-undo]");
        form.hidden = false;
        form.action = said.undo_url;
        form.setAttribute("hx-post", said.undo_url);
        form.setAttribute("hx-swap", "none");
        if (said.undo_label) form.querySelector("button").textContent = said.undo_label;
    }
    if (said.href) {
        const link = toast.querySelector("[data-toast-link]");
        link.hidden = false;
        link.href = said.href;
        link.textContent = said.word;
    }
    // More than three would cover the rows that are worked on; an error stays.
    [...corner.querySelectorAll("[data-toast]:not([data-toast=error])")].slice(0, -2).forEach((old) => old.remove());
    corner.append(toast);
    htmx.process(toast);
    watch(toast);
}

const fail = (text) => show({ text, tone: "error" });

function signIn() {
    const back = encodeURIComponent(location.pathname + location.search);
    show({ text: words.session, tone: "error", href: words.login + "?next=" + back, word: words.loginWord });
}

corner.querySelectorAll("[data-toast]").forEach(watch);
document.addEventListener("portal:toast", (event) => show(event.detail));
document.addEventListener("click", (event) => {
    const close = event.target.closest("[data-toast-close]");
    if (close) close.closest("[data-toast]").remove();
});
// After the session's end a part comes back as the sign-in page: say so instead.
document.addEventListener("htmx:before:response", (event) => {
    const raw = event.detail.ctx.response.raw;
    if (!raw.redirected || new URL(raw.url).pathname !== words.login) return;
    event.preventDefault();
    signIn();
});
document.addEventListener("htmx:response:error", (event) => {
    const status = event.detail.ctx.response.status;
    if (status === 401 || status === 403) signIn();
    else if (status === 404) fail(words.missing);
    else if (status >= 500) fail(words.failed);
});
document.addEventListener("htmx:error", (event) => {
    const ctx = event.detail.ctx;
    if (ctx && !ctx.response) fail(words.offline);
});
