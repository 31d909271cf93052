/* Bubbles of figures: shown on hover, focus and touch, kept while the pointer is on them, closed by Escape (the popover's own). */
(function () {
    "use strict";
    if (!HTMLElement.prototype.showPopover) return;
    const edge = 8;
    let timer = 0;
    let touched = false;

    function bubbleOf(node) {
        const link = node instanceof Element && node.closest("[data-figure]");
        return link ? document.getElementById(link.dataset.figure) : null;
    }

    function show(link) {
        const bubble = document.getElementById(link.dataset.figure);
        clearTimeout(timer);
        if (!bubble || bubble.matches(":popover-open")) return;
        bubble.showPopover();
        const at = link.getBoundingClientRect();
        const left = Math.min(at.left, window.innerWidth - bubble.offsetWidth - edge);
        const below = at.bottom + 4;
        const fits = below + bubble.offsetHeight + edge < window.innerHeight;
        bubble.style.left = Math.max(edge, left) + "px";
        bubble.style.top = Math.max(edge, fits ? below : at.top - bubble.offsetHeight - 4) + "px";
    }

    function hideSoon(bubble) {
        clearTimeout(timer);
        timer = setTimeout(function () { if (bubble && !bubble.matches(":hover")) bubble.hidePopover(); }, 180);
    }

    document.addEventListener("pointerover", function (event) {
        const link = event.target instanceof Element && event.target.closest("[data-figure]");
        if (!link || event.pointerType === "touch") return;
        clearTimeout(timer);
        timer = setTimeout(show, 120, link);
    });
    document.addEventListener("pointerout", function (event) {
        const inside = event.target instanceof Element && event.target.closest(".fig-text");
        const bubble = bubbleOf(event.target) || inside;
        if (bubble && event.pointerType !== "touch") hideSoon(bubble);
    });
    document.addEventListener("focusin", function (event) {
        const link = event.target instanceof Element && event.target.closest("[data-figure]");
        if (link && link.matches(":focus-visible")) show(link);
    });
    document.addEventListener("focusout", function (event) {
        const bubble = bubbleOf(event.target);
        if (bubble && !touched) hideSoon(bubble);
    });
    // A finger has no hover: the first tap tells, the link inside the bubble leads on.
    document.addEventListener("pointerdown", function (event) { touched = event.pointerType === "touch"; });
    document.addEventListener("click", function (event) {
        const link = event.target instanceof Element && event.target.closest("[data-figure]");
        if (!link || !touched) return;
        event.preventDefault();
        show(link);
    });
})();
