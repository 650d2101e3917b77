// Live parts: [data-live="/path of events"] takes parts of the page anew whenever the server says that something moved.
(() => {
  "use strict";
  for (const part of document.querySelectorAll("[data-live]")) {
    let pending = false;
    let again = false;
    const refresh = async () => {
      if (pending) { again = true; return; }
      pending = true;
      try {
        const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
        const page = new DOMParser().parseFromString(await answer.text(), "text/html");
        for (const name of part.dataset.parts.split(" ")) {
          const [now, then] = [document.getElementById(name), page.getElementById(name)];
          if (now && then && now.innerHTML !== then.innerHTML) now.innerHTML = then.innerHTML;
        }
      } catch { /* the next event tries again */ }
      pending = false;
      if (again) { again = false; setTimeout(refresh, 400); }
    };
    const events = new EventSource(part.dataset.live);
    const progress = part.querySelector("progress");
    let last = 0;
    const told = (event) => {
      const said = JSON.parse(event.data);
      if (progress && said.total) { progress.max = said.total; progress.value = said.done; }
      const count = part.querySelector("[data-done]");
      if (count && said.total) count.textContent = `${said.done} / ${said.total}`;
      if (said.total) part.querySelector("[data-before]")?.remove();
      if (Date.now() - last > 1200) { last = Date.now(); refresh(); }
    };
    events.addEventListener("progress", told);
    events.addEventListener("ended", () => { events.close(); window.bridge.reload(); });
    events.onerror = () => { if (events.readyState === EventSource.CLOSED) setTimeout(() => window.bridge.reload(), 3000); };
  }
})();
// data-poll="1000": the page is asked again so often, until the part is no longer in it.
(() => {
  "use strict";
  const part = document.querySelector("[data-poll]");
  if (!part) return;
  const again = async () => {
    try {
      const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const fresh = page.querySelector("[data-poll]");
      if (!fresh) { window.bridge.reload(); return; }
      if (part.innerHTML !== fresh.innerHTML) part.innerHTML = fresh.innerHTML;
    } catch { /* the next time */ }
    setTimeout(again, Number(part.dataset.poll));
  };
  setTimeout(again, Number(part.dataset.poll));
})();
