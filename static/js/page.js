/* Small behaviours of every page: menus close on Escape or a click elsewhere, search forms leave a short address,
   what htmx posts carries the CSRF token. */
(function () {
    "use strict";

    function closeMenus(except) {
        document.querySelectorAll("details.menu[open]").forEach(function (menu) {
            if (menu !== except) menu.removeAttribute("open");
        });
    }

    document.addEventListener("click", function (event) {
        const inside = event.target instanceof Element ? event.target.closest("details.menu") : null;
        closeMenus(inside);
    });

    document.addEventListener("keydown", function (event) {
        if (event.key !== "Escape") return;
        const open = document.querySelector("details.menu[open]");
        if (!open) return;
        open.removeAttribute("open");
        open.querySelector("summary").focus();
    });

    // Empty fields would only make the address long.
    document.addEventListener("submit", function (event) {
        const form = event.target;
        if (!(form instanceof HTMLFormElement) || form.method !== "get") return;
        if (window.htmx && form.hasAttribute("hx-get")) return; // the server shortens it
        for (const field of form.elements) {
            if (field.name && field.value === "") field.disabled = true;
        }
    });

    document.addEventListener("htmx:config:request", function (event) {
        const request = event.detail.ctx.request;
        const token = document.querySelector('meta[name="csrf-token"]');
        if (token && request.method !== "GET") request.headers["X-CSRFToken"] = token.content;
    });

    // A page kept by the browser must not come back with its fields switched off.
    window.addEventListener("pageshow", function () {
        document.querySelectorAll("form[method=get] :disabled").forEach(function (field) {
            field.disabled = false;
        });
    });
})();
