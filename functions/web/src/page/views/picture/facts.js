// What is known of a picture: from its file, by measures, by what was done with it. And how panels tell of it.
import { call, Problem, save } from "../../core/client.js";
import { button, make, show } from "../../core/element.js";
import { moment, number, t } from "../../core/language.js";
import { textOf } from "../../core/notice.js";

/** Why something came to nothing: an error, or what the API has recorded of one. */
export const reason = (error) => make("p", { class: "failed" }, textOf(error instanceof Error ? error : new Problem(0, error)));

/** Fills a place with what comes of `work`, or with the reason why nothing did. */
export async function fill(place, work) {
  show(place, make("progress", { "aria-label": t("loading") }));
  show(place, await work().catch(reason));
}

/** Names, and what belongs to each. */
export const list = (pairs) => make("dl", { class: "facts" }, pairs.map(([name, told]) => [make("dt", {}, name), make("dd", {}, told)]));

/** A button that downloads what is made when it is pressed. */
export const saver = (filename, made) => button(`↓ ${filename}`, async () => save(await made(), filename));

/** A button that downloads an answer as it is. */
export const saveJson = (name, answer) => saver(`${name}.json`, () => new Blob([JSON.stringify(answer, null, 2)]));

/** What camera and editor wrote into the file; the place is told when somebody asks. */
export async function photograph({ options }) {
  const told = await call("GET /images/metadata/{image_id}", options);
  const { exposure_time, f_number, iso, latitude, longitude, rating } = told;
  const facts = [
    [told.camera_make, told.camera_model],
    [told.focal_length, f_number && `f/${f_number}`, exposure_time && `${exposure_time} s`, iso && `ISO ${iso}`],
    [told.shot_at?.replace("T", " ")], [told.caption], [told.tags?.join(", ")], [rating < 0 ? "✕" : "★".repeat(rating)],
  ];
  return [
    list(t("picture.facts").split(", ").map((name, place) => [name, facts[place].filter(Boolean).join(" ") || "—"])),
    latitude !== null && make("div", { role: "status" }, button(t("picture.where"), ({ target }) => target.replaceWith(`${latitude}, ${longitude}`))),
  ];
}

// Measures: where their bars end, and how many pixels the shorter side must have.
const MEASURES = { sharpness: [1, 16], exposure: [1, 1], colorfulness: [120, 1], brisque: [100, 16], niqe: [15, 96], piqe: [100, 16] };

/** How good it is by each measure that takes no network. */
export async function quality({ options, record: { height, width } }) {
  return [t("picture.scores"), Object.entries(MEASURES).map(([metric, [most, least]]) => {
    const [name, means] = t(`picture.${metric}`).split(": ");
    const told = make("div");
    fill(told, async () => {
      if (Math.min(height, width) < least) throw new Error(t("picture.small"));
      const { better, quality_score } = await call("GET /images/quality/{image_id}", { ...options, query: { metric } });
      const gauge = make("div", { class: `gauge ${better}` });
      gauge.style.setProperty("--at", `${Math.min(100, 100 * quality_score / most)}%`);
      return [gauge, make("strong", {}, number(quality_score)), make("small", {}, ` ${means} ${t(`picture.${better}`)}`)];
    });
    return make("section", {}, make("h3", {}, name), told);
  })];
}

/** What was done with it: by which methods and models, and how they were asked. */
export async function history({ options }) {
  const answer = await call("GET /images/{image_id}/results", options);
  const { analyses, description } = answer;
  const entry = (name, state, at, told, error) => make("section", {},
    make("h3", {}, name, " ", make("span", { class: "badge" }, t(`state.${state}`))), make("small", {}, `${moment(at)} · ${told}`), error && reason(error));
  return [
    analyses.map(({ created_at, error, method, parameters, status }) => entry(method, status, created_at, JSON.stringify(parameters), error)),
    description && entry(description.model ?? t("picture.quality"), "done", description.described_at,
      description.scores.map(({ metric, version }) => `${metric} ${version}`).join(", ")),
    saveJson("history", answer),
  ];
}
