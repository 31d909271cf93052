/* Small behaviours of every page: menus close on Escape or a click elsewhere, filter forms send themselves. */
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

    document.addEventListener("change", function (event) {
        const form = event.target instanceof Element ? event.target.closest("form[data-send-on-change]") : null;
        if (form) form.requestSubmit();
    });

    // Empty fields would only make the address long.
    document.addEventListener("submit", function (event) {
        const form = event.target;
        if (!(form instanceof HTMLFormElement) || form.method !== "get") return;
        for (const field of form.elements) {
            if (field.name && field.value === "") field.disabled = true;
        }
    });

    // A page kept by the browser must not come back with its fields switched off.
    window.addEventListener("pageshow", function () {
        document.querySelectorAll("form[method=get] :disabled").forEach(function (field) {
            field.disabled = false;
        });
    });
})();
