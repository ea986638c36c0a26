// What people are told beside the view: notices that go by themselves, questions that wait for an answer.
import { make, button } from "./element.js";
import { t } from "./language.js";

/** Tells of something; an error stays until it is closed. Screen readers hear both. */
export function tell(message) {
  const isError = message instanceof Error;
  if (isError && message.name === "AbortError") return;
  const notice = make("div", { class: isError ? "notice failed" : "notice", role: isError ? "alert" : undefined },
    make("p", {}, isError ? textOf(message) : message),
    button("×", () => notice.remove(), { kind: "quiet", "aria-label": t("close") }));
  const notices = document.getElementById("notices");
  notices.append(notice);
  while (notices.children.length > 4) notices.firstChild.remove();
  if (!isError) setTimeout(() => notice.remove(), 6000);
}

/** What an error says: the detail of a problem, with its code; or a text, by its key. */
export function textOf(error) {
  const fields = (error.errors ?? []).map(({ loc, msg }) => `${(loc ?? []).slice(1).join(".")}: ${msg}`).join("; ");
  return [t(error.message), fields, error.code && `(${error.code})`].filter(Boolean).join(" ");
}

/** A dialog of these children; resolves to the value of the button that closed it, "" when it was dismissed. */
export function ask(title, children, buttons = [["ok", t("ok"), "primary"]]) {
  const heading = make("h2", { id: "dialog-title" }, title);
  // Only what agrees is a submit button: Enter in a field presses the first of them.
  const dialog = make("dialog", { "aria-labelledby": "dialog-title" },
    make("form", { method: "dialog" }, heading, children,
      make("div", { class: "row end" }, buttons.map(([value, label, kind = ""]) => (value
        ? make("button", { value, class: kind }, label) : button(label, () => dialog.close("")))))));
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((resolve) => dialog.addEventListener("close", () => {
    dialog.remove();
    resolve(dialog.returnValue);
  }));
}

/** Whether somebody agrees. */
export async function confirmed(question, label = t("delete"), kind = "danger") {
  return await ask(question, [], [["", t("cancel")], ["yes", label, kind]]) === "yes";
}
