// Keeps a phone page fresh. The page is whole without it.
(() => {
  "use strict";
  const address = document.body.dataset.version;
  if (!address) return;
  let shown = null;
  let busy = false;

  // What the member is filling in is left alone.
  const touched = new WeakSet();
  document.addEventListener("input", (event) => {
    const entry = event.target.closest("article, .talk");
    if (entry) touched.add(entry);
  });

  // A picture is sent as soon as it is chosen.
  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-send]") && event.target.files.length > 0) event.target.form.requestSubmit();
  });

  // Menus close when something else is clicked.
  document.addEventListener("click", (event) => {
    for (const open of document.querySelectorAll(".menu details[open], .actions[open]")) {
      if (!open.contains(event.target)) open.open = false;
    }
  });

  const sameEntry = (old, fresh) => old.dataset.v === fresh.dataset.v && old.tagName === fresh.tagName;

  const merge = (into, from) => {
    const known = new Map([...into.children].filter((child) => child.id).map((child) => [child.id, child]));
    if (known.size === 0 && !from.querySelector(":scope > [id]")) {
      into.replaceChildren(...from.children);
      return;
    }
    const wanted = [...from.children].map((fresh) => {
      const old = known.get(fresh.id);
      return old && (touched.has(old) || sameEntry(old, fresh)) ? old : fresh;
    });
    into.replaceChildren(...wanted);
  };

  const refresh = async () => {
    const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
    if (!answer.ok) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    for (const id of ["feed", "backstage"]) {
      const [old, fresh] = [document.getElementById(id), page.getElementById(id)];
      if (!old || !fresh) continue;
      if (id === "feed") merge(old, fresh);
      else if (!old.querySelector("details[open]")) old.replaceChildren(...fresh.children);
    }
  };

  const look = async () => {
    if (busy || document.hidden) return;
    busy = true;
    try {
      const answer = await fetch(address, { cache: "no-store" });
      const version = await answer.text();
      // The first time too: something may have come between the page and this look.
      if (answer.ok && version !== shown) await refresh();
      if (answer.ok) shown = version;
    } catch {
      // The sandbox is gone for now; the next look may find it.
    } finally {
      busy = false;
    }
  };

  look();
  setInterval(look, 1500);
})();
