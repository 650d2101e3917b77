// Trees: remembers which branches were folded, opens branches that are loaded when they are needed.
(() => {
  "use strict";
  const key = (tree) => `fold:${location.pathname}:${tree.id}`;
  for (const tree of document.querySelectorAll(".tree[data-remember]")) {
    const kept = new Set(JSON.parse(sessionStorage.getItem(key(tree)) ?? "[]"));
    for (const branch of tree.querySelectorAll("details[data-id]")) if (kept.has(branch.dataset.id)) branch.open = !branch.open;
    tree.addEventListener("toggle", (event) => {
      const branch = event.target;
      if (!branch.dataset?.id) return;
      const changed = branch.open !== branch.hasAttribute("data-open");
      if (changed) kept.add(branch.dataset.id); else kept.delete(branch.dataset.id);
      sessionStorage.setItem(key(tree), JSON.stringify([...kept].slice(-500)));
    }, true);
  }
  // details[data-load="/path"]: its list comes from the server at the first opening.
  document.addEventListener("toggle", async (event) => {
    const branch = event.target;
    if (!(branch instanceof HTMLDetailsElement) || !branch.open || !branch.dataset.load) return;
    const address = branch.dataset.load;
    delete branch.dataset.load;
    const answer = await fetch(address, { headers: { Accept: "text/html" } });
    if (!answer.ok) { branch.dataset.load = address; branch.open = false; return; }
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const list = page.querySelector("ul");
    if (list) branch.querySelector("ul")?.replaceWith(list);
  }, true);
  document.addEventListener("click", (event) => {
    const button = event.target instanceof Element && event.target.closest("[data-fold]");
    if (!button) return;
    const open = button.dataset.fold === "open";
    for (const branch of document.querySelectorAll(`${button.dataset.tree} details`)) if (!branch.dataset.load || !open) branch.open = open;
  });
})();
