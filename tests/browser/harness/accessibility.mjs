// Whether people with other eyes, hands and screens get along: axe-core on the page as it stands.
import { axeSource } from "./modules.mjs";

/** Serious and critical violations on a page, one sentence each. */
export async function violations(page) {
  await page.evaluate(axeSource);
  return page.evaluate(async () => {
    // Colours on their way to others have no contrast of their own; what moves for ever is judged as it is.
    const passing = document.getAnimations().filter((animation) => Number.isFinite(animation.effect?.getComputedTiming().endTime));
    await Promise.race([Promise.allSettled(passing.map((animation) => animation.finished)), new Promise((resolve) => setTimeout(resolve, 2000))]);
    const { violations: all } = await window.axe.run(document, { resultTypes: ["violations"] });
    return all.filter(({ impact }) => impact === "serious" || impact === "critical").flatMap(({ id, impact, help, nodes }) =>
      nodes.slice(0, 3).map(({ target, failureSummary }) =>
        `${id} (${impact}): ${help}: ${target.join(" ")}: ${(failureSummary ?? "").split("\n").slice(1, 2).join("").trim()}`));
  });
}
