/* The button that opens the browser's print window; Ctrl+P does the same where no script runs. */
document.addEventListener("click", (event) => {
    if (event.target.closest("[data-print]")) window.print();
});
