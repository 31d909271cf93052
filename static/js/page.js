/* Small behaviours of every page: menus close on Escape or a click elsewhere, search forms leave a short address,
   what htmx posts carries the CSRF token. */
document.addEventListener("click", (event) => {
    const inside = event.target.closest("details.menu");
    for (const menu of document.querySelectorAll("details.menu[open]")) if (menu !== inside) menu.open = false;
});

document.addEventListener("keydown", (event) => {
    const menu = event.key === "Escape" && document.querySelector("details.menu[open]");
    if (!menu) return;
    menu.open = false;
    menu.querySelector("summary").focus();
});

// Empty fields would only make the address long. Where htmx sends the form, the server shortens it.
document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.method !== "get" || (window.htmx && form.hasAttribute("hx-get"))) return;
    for (const field of form.elements) if (field.name && field.value === "") field.disabled = true;
});

// A page kept by the browser must not come back with its fields switched off.
window.addEventListener("pageshow", () => {
    for (const field of document.querySelectorAll("form[method=get] :disabled")) field.disabled = false;
});

document.addEventListener("htmx:config:request", (event) => {
    const request = event.detail.ctx.request;
    if (request.method !== "GET") request.headers["X-CSRFToken"] = document.querySelector('meta[name="csrf-token"]').content;
});

// A script that few pages need comes with what needs it: data-module="address".
const fetchModules = (root) => { for (const one of root.querySelectorAll("[data-module]")) import(one.dataset.module); };
fetchModules(document);
document.addEventListener("htmx:after:settle", (event) => fetchModules(event.target));
