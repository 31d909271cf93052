/* The form of a section: counts of the actions, the sum of the weights, and a word before leaving with something unsaved. */
const form = document.querySelector("[data-lab-form]");

async function count(table) {
    const said = document.querySelector("[data-lab-span]");
    const answer = await fetch(table.dataset.labActions).catch(() => null);
    if (!answer?.ok) return said.remove();
    const found = await answer.json();
    said.textContent = found.span;
    for (const row of table.querySelectorAll("[data-lab-action]")) {
        const counts = found.actions[row.dataset.labAction];
        row.querySelectorAll("[data-count]").forEach((cell, place) => {
            cell.textContent = counts ? counts[place] : "–";
        });
    }
}

function add() {
    const shown = document.querySelector("[data-lab-sum]");
    const inputs = [...document.querySelectorAll("[data-lab-weights] input")];
    const sum = inputs.reduce((total, input) => total + (Number(input.value.trim().replace(",", ".")) || 0), 0);
    shown.textContent = String(Math.round(sum * 1e6) / 1e6);
    shown.classList.toggle("is-zero", !(sum > 0));
}

const table = document.querySelector("[data-lab-actions]");
if (table) count(table);
const weights = document.querySelector("[data-lab-weights]");
if (weights) {
    weights.addEventListener("input", add);
    add();
}

let unsaved = form?.dataset.labForm === "unsaved";
form?.addEventListener("input", () => {
    unsaved = true;
});
form?.addEventListener("submit", () => {
    unsaved = false;
});
addEventListener("beforeunload", (event) => {
    if (unsaved) event.preventDefault();
});
