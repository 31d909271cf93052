/* Sets the theme before the first paint: the stored choice, else the system's. Loaded in <head> without defer on purpose. */
(function () {
    "use strict";
    const root = document.documentElement;
    const key = "portal-theme";
    const dark = window.matchMedia("(prefers-color-scheme: dark)");
    let chosen = ""; // holds where storage is forbidden

    function stored() {
        try {
            return localStorage.getItem(key) || chosen;
        } catch {
            return chosen;
        }
    }

    function apply() {
        const theme = stored() || (dark.matches ? "dark" : "light");
        if (root.getAttribute("data-bs-theme") === theme) return;
        root.setAttribute("data-bs-theme", theme);
        document.dispatchEvent(new CustomEvent("portal:theme", { detail: theme }));
    }

    function choose(theme) {
        chosen = theme;
        try {
            localStorage.setItem(key, theme);
        } catch {
            // kept for this page only
        }
        apply();
    }

    apply();
    dark.addEventListener("change", apply);
    window.addEventListener("storage", apply);
    document.addEventListener("click", function (event) {
        if (event.target instanceof Element && event.target.closest("[data-theme-toggle]")) {
            choose(root.getAttribute("data-bs-theme") === "dark" ? "light" : "dark");
        }
    });
    document.addEventListener("change", function (event) {
        if (event.target.matches("[data-theme-choice]")) choose(event.target.value);
    });
    document.addEventListener("DOMContentLoaded", function () {
        const select = document.querySelector("[data-theme-choice]");
        if (select) select.value = stored();
    });
})();
