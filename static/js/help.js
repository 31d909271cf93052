/* Bubbles of figures: shown on hover, focus and touch, kept while the pointer is on them, closed by Escape (the popover's own). */
const edge = 8;
let timer = 0;
let touched = false;

const linkOf = (event) => event.target.closest("[data-figure]");
const bubbleOf = (link) => document.getElementById(link.dataset.figure);

function show(link) {
    const bubble = bubbleOf(link);
    if (!bubble || bubble.matches(":popover-open")) return;
    bubble.showPopover();
    const at = link.getBoundingClientRect();
    const left = Math.min(at.left, innerWidth - bubble.offsetWidth - edge);
    const fits = at.bottom + bubble.offsetHeight + 2 * edge < innerHeight;
    bubble.style.left = Math.max(edge, left) + "px";
    bubble.style.top = Math.max(edge, fits ? at.bottom + 4 : at.top - bubble.offsetHeight - 4) + "px";
}

function later(what, wait) {
    clearTimeout(timer);
    timer = setTimeout(what, wait);
}

function hideSoon(event) {
    const link = linkOf(event);
    const bubble = link ? bubbleOf(link) : event.target.closest?.(".fig-text");
    if (bubble && !touched) later(() => bubble.matches(":hover") || bubble.hidePopover(), 180);
}

document.addEventListener("pointerover", (event) => {
    touched = event.pointerType === "touch";
    const link = linkOf(event);
    if (link && !touched) later(() => show(link), 120);
});
document.addEventListener("pointerout", hideSoon);
document.addEventListener("focusout", hideSoon);
document.addEventListener("focusin", (event) => {
    const link = linkOf(event);
    if (link && link.matches(":focus-visible")) show(link);
});
// A finger has no hover: its tap tells.
document.addEventListener("click", (event) => {
    const link = touched && linkOf(event);
    if (!link) return;
    event.preventDefault();
    show(link);
});
