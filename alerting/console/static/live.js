// Keeps an open page current: on every event, and every ten seconds, the changed parts are replaced, at most once a second.
// The page works without it.
"use strict";

(() => {
  const place = document.querySelector("[data-live]");
  if (!place || !window.EventSource || !window.fetch) return;

  const news = document.getElementById("news");
  let running = false;
  let wanted = false;
  let last = 0;
  let timer = 0;

  const signature = (element) => element.outerHTML;
  const seen = new Map([...place.children].map((element) => [element.id, signature(element)]));

  function keep(old, fresh) {
    const open = [...old.querySelectorAll("details[open][id]")].map((element) => element.id);
    for (const id of open) fresh.querySelector("#" + CSS.escape(id))?.setAttribute("open", "");
    return old.contains(document.activeElement) ? document.activeElement.id : "";
  }

  function show(html) {
    const fragment = new DOMParser().parseFromString(html, "text/html").body;
    const health = fragment.querySelector("#health");
    if (health) {
      const old = document.getElementById("health");
      if (old && old.outerHTML !== health.outerHTML) old.replaceWith(health);
      else health.remove();
    }
    const fresh = [...fragment.children].filter((element) => element.id);
    const ids = new Set(fresh.map((element) => element.id));
    for (const old of [...place.children]) {
      if (!ids.has(old.id)) {
        seen.delete(old.id);
        old.remove();
      }
    }
    let before = null;
    for (const element of fresh) {
      const mark = signature(element);
      const old = [...place.children].find((child) => child.id === element.id);
      let current = old;
      if (!old) {
        current = element;
        if (element.matches("article")) {
          element.classList.add("arrived");
          if (news) news.textContent = "New incident: " + (element.querySelector("h2")?.textContent ?? "");
        }
      } else if (seen.get(element.id) !== mark) {
        const focus = keep(old, element);
        old.replaceWith(element);
        current = element;
        if (focus) document.getElementById(focus)?.focus();
      }
      seen.set(element.id, mark);
      const next = before ? before.nextElementSibling : place.firstElementChild;
      if (next !== current) place.insertBefore(current, next);
      before = current;
    }
    const open = place.querySelectorAll("article.inc").length;
    if (place.dataset.live === "/fragments/now") document.title = (open ? "(" + open + ") " : "") + "Now - Tocsin";
  }

  async function refresh() {
    if (running) {
      wanted = true;
      return;
    }
    running = true;
    wanted = false;
    last = Date.now();
    try {
      const answer = await fetch(place.dataset.live);
      if (answer.status === 401) {
        location.reload();
        return;
      }
      if (answer.ok) show(await answer.text());
      document.body.classList.toggle("is-lost", !answer.ok);
    } catch {
      document.body.classList.add("is-lost");
    } finally {
      running = false;
      if (wanted) soon();
    }
  }

  function soon() {
    if (timer) return;
    timer = setTimeout(() => {
      timer = 0;
      refresh();
    }, Math.max(0, 1000 - (Date.now() - last)));
  }

  function follow() {
    const events = new EventSource("/api/v1/events");
    events.addEventListener("incident", soon);
    events.addEventListener("open", soon);
    events.addEventListener("error", () => {
      document.body.classList.add("is-lost");
      soon(); // tells an expired session, which leads to the form, from a lost connection
      if (events.readyState === EventSource.CLOSED) setTimeout(follow, 5000); // refused: the browser does not try again
    });
  }

  follow();
  setInterval(() => {
    if (!document.hidden) soon();
  }, 10000);
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) soon();
  });
})();
