/* Dialogs: data-dialog="id" opens the one with this id, whatever htmx puts into #dialog opens that; "portal:close" closes all. */
const shell = document.getElementById("dialog");
const open = (dialog) => dialog.open || dialog.showModal();

document.addEventListener("click", (event) => {
    const target = event.target;
    const opener = target.closest("[data-dialog]");
    if (opener) open(document.getElementById(opener.dataset.dialog));
    // The backdrop is the dialog itself.
    const closer = target.closest("[data-dialog-close]") || (target.matches("dialog.dialog") && target);
    if (closer) closer.closest("dialog").close();
});
document.addEventListener("htmx:after:settle", (event) => {
    if (event.target === shell && shell.childNodes.length) open(shell);
});
document.addEventListener("portal:close", () => {
    for (const dialog of document.querySelectorAll("dialog.dialog[open]")) dialog.close();
});
shell.addEventListener("close", () => shell.replaceChildren());
