/* The theme before the first paint: the stored choice, else the system's. Loaded in <head> without defer on purpose. */
(() => {
    const root = document.documentElement;
    const dark = matchMedia("(prefers-color-scheme: dark)");
    let chosen = ""; // holds where storage is forbidden

    function stored() {
        try {
            return localStorage.getItem("portal-theme") || chosen;
        } catch {
            return chosen;
        }
    }

    function apply() {
        const theme = stored() || (dark.matches ? "dark" : "light");
        if (root.dataset.bsTheme === theme) return;
        root.dataset.bsTheme = theme;
        document.dispatchEvent(new CustomEvent("portal:theme", { detail: theme }));
    }

    function choose(theme) {
        chosen = theme;
        try {
            localStorage.setItem("portal-theme", theme);
        } catch {
            // for this page only
        }
        apply();
    }

    apply();
    dark.addEventListener("change", apply);
    addEventListener("storage", apply);
    document.addEventListener("click", (event) => {
        if (event.target.closest("[data-theme-toggle]")) choose(root.dataset.bsTheme === "dark" ? "light" : "dark");
    });
    document.addEventListener("change", (event) => {
        if (event.target.matches("[data-theme-choice]")) choose(event.target.value);
    });
    document.addEventListener("DOMContentLoaded", () => {
        const select = document.querySelector("[data-theme-choice]");
        if (select) select.value = stored();
    });
})();
