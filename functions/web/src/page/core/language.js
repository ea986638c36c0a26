// The language of the page, and how it writes numbers, sizes and moments.
import { texts } from "./texts.js";

const LANGUAGES = ["en", "ru"];
const remembered = preference("language");
const preferred = navigator.languages.map((tag) => tag.slice(0, 2)).find((tag) => LANGUAGES.includes(tag));

/** "en" or "ru". */
export let language = LANGUAGES.includes(remembered) ? remembered : preferred ?? "en";
document.documentElement.lang = language;

/** Changes the language; views are made anew at the event "languagechange" of the window's own making. */
export function setLanguage(next) {
  language = next;
  document.documentElement.lang = next;
  remember("language", next);
  dispatchEvent(new Event("dk-language"));
}

/** The text of a key. `{name}` takes a value; of forms parted by "|" the one that `n` asks for (one, few, many). */
export function t(key, values = {}) {
  const entry = texts[key];
  if (!entry) return key;
  let text = entry[LANGUAGES.indexOf(language)];
  if (text.includes("|")) {
    const forms = text.split("|");
    const place = { one: 0, few: 1, many: 2 }[new Intl.PluralRules(language).select(values.n ?? 0)] ?? forms.length - 1;
    text = forms[Math.min(place, forms.length - 1)];
  }
  return text.replace(/\{(\w+)\}/g, (whole, name) => (typeof values[name] === "number" ? number(values[name]) : values[name] ?? whole));
}

/** A number with at most `digits` places. */
export function number(value, digits = 2) {
  return new Intl.NumberFormat(language, { maximumFractionDigits: digits }).format(value);
}

/** A share of 0 to 1. */
export function percent(share, digits = 0) {
  return new Intl.NumberFormat(language, { style: "percent", maximumFractionDigits: digits }).format(share);
}

/** Bytes, for people. */
export function bytes(count) {
  const step = Math.min(3, Math.floor(Math.log2(Math.max(count, 1)) / 10));
  return `${number(count / 1024 ** step, step > 1 ? 1 : 0)} ${t("bytes").split(" ")[step]}`;
}

/** A moment, by the clock of the reader. */
export function moment(timestamp) {
  return timestamp ? new Date(timestamp).toLocaleString(language, { dateStyle: "medium", timeStyle: "short" }) : "";
}

/** Keeps a preference in this browser, such as the language; never anything secret. */
export function remember(name, value) {
  try {
    if (value === null) localStorage.removeItem(`darkroom.${name}`);
    else localStorage.setItem(`darkroom.${name}`, value);
  } catch { /* Storage may be closed to the page: then the choice holds until it is closed too. */ }
}

/** What was remembered under a name, or null. */
export function preference(name) {
  try { return localStorage.getItem(`darkroom.${name}`); } catch { return null; }
}
