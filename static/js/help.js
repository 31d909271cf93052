/* Bubbles of figures: shown on hover, focus and touch, kept while the pointer is on them, closed by Escape (the popover's own). */
(function () {
    "use strict";
    if (!HTMLElement.prototype.showPopover) return;
    const edge = 8;
    let timer = 0;
    let touched = false;

    function linkOf(event) {
        return event.target instanceof Element && event.target.closest("[data-figure]");
    }

    function show(link) {
        const bubble = document.getElementById(link.dataset.figure);
        if (!bubble || bubble.matches(":popover-open")) return;
        bubble.showPopover();
        const at = link.getBoundingClientRect();
        const left = Math.min(at.left, window.innerWidth - bubble.offsetWidth - edge);
        const fits = at.bottom + bubble.offsetHeight + 2 * edge < window.innerHeight;
        bubble.style.left = Math.max(edge, left) + "px";
        bubble.style.top = Math.max(edge, fits ? at.bottom + 4 : at.top - bubble.offsetHeight - 4) + "px";
    }

    function later(what, wait) {
        clearTimeout(timer);
        timer = setTimeout(what, wait);
    }

    function hideSoon(event) {
        const link = linkOf(event);
        const bubble = link ? document.getElementById(link.dataset.figure) : event.target.closest?.(".fig-text");
        if (bubble && !touched) later(function () { if (!bubble.matches(":hover")) bubble.hidePopover(); }, 180);
    }

    document.addEventListener("pointerover", function (event) {
        touched = event.pointerType === "touch";
        const link = linkOf(event);
        if (link && !touched) later(function () { show(link); }, 120);
    });
    document.addEventListener("pointerout", hideSoon);
    document.addEventListener("focusout", hideSoon);
    document.addEventListener("focusin", function (event) {
        const link = linkOf(event);
        if (link && link.matches(":focus-visible")) show(link);
    });
    // A finger has no hover: its tap tells, and the link inside the bubble leads on.
    document.addEventListener("click", function (event) {
        const link = linkOf(event);
        if (!link || !touched) return;
        event.preventDefault();
        show(link);
    });
})();
