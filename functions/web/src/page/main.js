// The frame: places, language, light, token; and the view that the address names.
import { make, show, button } from "./core/element.js";
import { onTokenNeeded } from "./core/client.js";
import { language, preference, remember, setLanguage, t } from "./core/language.js";
import { ask } from "./core/notice.js";
import "./upload/panel.js";
import "./views/library.js";
import "./views/picture.js";
import "./views/analyses.js";
import "./views/batches.js";
import "./views/archives.js";
import "./views/crib.js";
import "./views/jobs.js";

const PLACES = ["library", "batches", "analyses", "archives", "crib", "jobs"];
// A picture is shown within the library's place.
const VIEWS = [...PLACES, "picture"];
const content = document.getElementById("content");

/** What the address says: `#/name/id?query`. */
function route() {
  const [path, query = ""] = location.hash.replace(/^#\/?/, "").split("?");
  const [name, ...rest] = path.split("/");
  return { name: VIEWS.includes(name) ? name : "library", subject: decoded(rest.join("/")), query: new URLSearchParams(query) };
}

// Anybody may have written an address.
function decoded(text) {
  try { return decodeURIComponent(text); } catch { return text; }
}

function showPlaces(current) {
  show(document.getElementById("places"), PLACES.map((name) =>
    make("a", { href: `#/${name}`, "aria-current": name === current ? "page" : undefined }, t(`place.${name}`))));
  const isDark = document.documentElement.dataset.theme
    ? document.documentElement.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  const tools = document.getElementById("tools");
  const place = [...tools.children].indexOf(document.activeElement);
  show(tools,
    button(isDark ? "☀" : "☾", () => { setTheme(isDark ? "light" : "dark"); showPlaces(current); }, { kind: "quiet", "aria-label": t(isDark ? "light" : "dark"), title: t(isDark ? "light" : "dark") }),
    button(language === "en" ? "Русский" : "English", () => setLanguage(language === "en" ? "ru" : "en"), { kind: "quiet", lang: language === "en" ? "ru" : "en" }),
    make("a", { href: "docs", class: "quiet" }, t("docs")));
  tools.children[place]?.focus();
  document.getElementById("skip").textContent = t("skip");
  // Where there is little room, the place one is in is among those that show.
  document.querySelector("#places [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
}

function setTheme(theme) {
  document.documentElement.dataset.theme = theme;
  remember("theme", theme);
}

function showView({ isNew = true } = {}) {
  const { name, subject, query } = route();
  const place = name === "picture" ? "library" : name;
  showPlaces(place);
  document.title = `${t(`place.${place}`)} · Darkroom`;
  const view = document.createElement(`dk-${name}`);
  Object.assign(view, { subject, query, isNew });
  if (isNew) scrollTo(0, 0);
  show(content, view);
  if (isNew && !content.contains(document.activeElement)) content.focus({ preventScroll: true });
}

onTokenNeeded(async (isRefused) => {
  const input = make("input", {
    type: "password", autocomplete: "off", spellcheck: "false", autofocus: true, required: true, pattern: "\\s*[!-~]+\\s*", "aria-label": t("token"),
  });
  const answer = await ask(t("token.title"), [make("p", { class: isRefused && "failed" }, t(isRefused ? "token.refused" : "token.why")), input], [["", t("cancel")], ["ok", t("ok"), "primary"]]);
  return answer ? input.value.trim() : "";
});

const theme = preference("theme");
if (theme) document.documentElement.dataset.theme = theme;
document.getElementById("skip").addEventListener("click", () => content.focus());
addEventListener("hashchange", () => showView());
addEventListener("dk-language", () => showView({ isNew: false }));
showView({ isNew: false });
