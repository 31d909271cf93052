/* Colleagues offered after an @ in a note: arrows choose, Enter or Tab takes, Esc closes. The server says who may see the account. */
const BEGUN = /(?:^|[^A-Za-z0-9._%+-])@([^\s@]{0,40}(?: [^\s@]{0,40})?)$/;
const $ = (id) => document.getElementById(id);
let asked = 0; // answers of older questions are dropped

const begun = (field) => BEGUN.exec(field.value.slice(0, field.selectionStart));
const list = () => $("mention-list");
const chosen = () => list()?.querySelector("[aria-selected=true]");

function close(field) {
    asked += 1;
    list()?.remove();
    field?.removeAttribute("aria-activedescendant");
}

function choose(field, option) {
    for (const one of list().children) one.setAttribute("aria-selected", String(one === option));
    field.setAttribute("aria-activedescendant", option.id);
    option.scrollIntoView({ block: "nearest" });
}

function take(field, option) {
    const start = field.selectionStart - begun(field)[1].length - 1;
    field.setRangeText(option.dataset.write + " ", start, field.selectionStart, "end");
    close(field);
    field.focus();
}

function draw(field, offers) {
    list()?.remove();
    const box = document.createElement("ul");
    box.id = "mention-list";
    box.className = "mention-list";
    box.setAttribute("role", "listbox");
    box.setAttribute("aria-label", field.dataset.mentionsLabel);
    offers.forEach((offer, place) => {
        const option = document.createElement("li");
        option.id = `mention-${place}`;
        option.setAttribute("role", "option");
        option.dataset.write = offer.write;
        const email = document.createElement("span");
        email.className = "muted small";
        email.textContent = offer.email;
        option.append(offer.name, " ", email);
        option.addEventListener("mousedown", (event) => {
            event.preventDefault();
            take(field, option);
        });
        box.append(option);
    });
    field.after(box);
    choose(field, box.firstElementChild);
}

// Said where a name was begun that nobody has who may read this: else it looks as if nothing happened.
function nobody(field, begin) {
    close(field);
    if (!begin.trim() || begin.includes(" ")) return;
    const told = document.createElement("p");
    told.id = "mention-list";
    told.className = "mention-list muted small";
    told.setAttribute("role", "status");
    told.textContent = field.dataset.mentionsNone.replace("{name}", `@${begin}`);
    field.after(told);
}

async function offer(field) {
    const found = begun(field);
    if (!found) return close(field);
    const mine = ++asked;
    const answer = await fetch(`${field.dataset.mentions}&q=${encodeURIComponent(found[1])}`);
    if (!answer.ok || mine !== asked) return;
    const { people } = await answer.json();
    if (mine !== asked) return;
    if (people.length) draw(field, people);
    else nobody(field, found[1]);
}

document.addEventListener("input", (event) => {
    if (event.target.matches?.("[data-mentions]")) offer(event.target);
});
// This comes with the dialog: who types fast has written before it was there.
if (document.activeElement?.matches("[data-mentions]")) offer(document.activeElement);

document.addEventListener(
    "keydown",
    (event) => {
        const field = event.target;
        if (!chosen() || !field.matches?.("[data-mentions]") || event.ctrlKey || event.metaKey) return;
        const now = chosen();
        const move = { ArrowDown: "nextElementSibling", ArrowUp: "previousElementSibling" }[event.key];
        if (move) choose(field, now[move] ?? list()[event.key === "ArrowDown" ? "firstElementChild" : "lastElementChild"]);
        else if (event.key === "Enter" || event.key === "Tab") take(field, now);
        else if (event.key === "Escape") close(field);
        else return;
        event.preventDefault();
        event.stopPropagation();
    },
    true,
);
document.addEventListener("focusout", (event) => event.target.matches?.("[data-mentions]") && close(event.target));
