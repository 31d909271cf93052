/* Sets the theme before the first paint: the stored choice, else the system's. Loaded in <head> without defer on purpose. */
(function () {
    "use strict";
    const key = "portal-theme";
    const dark = window.matchMedia("(prefers-color-scheme: dark)");
    let chosen = null; // holds where storage is forbidden

    function stored() {
        try {
            return localStorage.getItem(key) || chosen;
        } catch {
            return chosen;
        }
    }

    function apply() {
        const theme = stored() || (dark.matches ? "dark" : "light");
        if (document.documentElement.getAttribute("data-bs-theme") === theme) return;
        document.documentElement.setAttribute("data-bs-theme", theme);
        document.dispatchEvent(new CustomEvent("portal:theme", { detail: theme }));
    }

    apply();
    dark.addEventListener("change", apply);
    window.addEventListener("storage", apply);
    document.addEventListener("click", function (event) {
        if (!(event.target instanceof Element) || !event.target.closest("[data-theme-toggle]")) return;
        chosen = document.documentElement.getAttribute("data-bs-theme") === "dark" ? "light" : "dark";
        try {
            localStorage.setItem(key, chosen);
        } catch {
            // kept for this page only
        }
        apply();
    });
})();
