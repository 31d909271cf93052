/* Dialogs: data-dialog="id" opens the one with this id, whatever htmx puts into #dialog opens that; "portal:close" closes all. */
(function () {
    "use strict";
    const shell = document.getElementById("dialog");

    function open(dialog) {
        if (!dialog.open) dialog.showModal();
    }

    document.addEventListener("click", function (event) {
        if (!(event.target instanceof Element)) return;
        const opener = event.target.closest("[data-dialog]");
        const wanted = opener && document.getElementById(opener.dataset.dialog);
        if (wanted instanceof HTMLDialogElement) {
            event.preventDefault();
            open(wanted);
        }
        // The backdrop is the dialog itself; its inside lies in its children.
        const closer = event.target.closest("[data-dialog-close]") || (event.target.matches("dialog.dialog") && event.target);
        if (closer) closer.closest("dialog").close();
    });
    document.addEventListener("htmx:after:settle", function (event) {
        if (event.target === shell && shell.childNodes.length) open(shell);
    });
    document.addEventListener("portal:close", function () {
        document.querySelectorAll("dialog.dialog[open]").forEach(function (dialog) { dialog.close(); });
    });
    if (shell) shell.addEventListener("close", function () { shell.replaceChildren(); });
})();
