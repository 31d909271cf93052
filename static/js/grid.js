/* A grid of boxes: up, down and Enter move within a column; Enter on the last one leaves the form to be saved as usual. */
document.addEventListener("keydown", (event) => {
    const box = event.target;
    const step = { ArrowUp: -1, ArrowDown: 1, Enter: 1 }[event.key];
    if (!step || event.isComposing || !(box instanceof HTMLInputElement) || !box.closest("[data-grid] td")) return;
    const cell = box.closest("td");
    const row = cell.parentElement[step > 0 ? "nextElementSibling" : "previousElementSibling"];
    const next = row && row.cells[cell.cellIndex] && row.cells[cell.cellIndex].querySelector("input");
    if (!next) return;
    event.preventDefault();
    next.focus();
    next.select();
});
