// What is held of every page, whatever it is tested for: no error in its console, no request elsewhere, the API as documented.
import { answerFaults, requestFaults } from "./contract.mjs";

/** Watches all pages of a context. `isOurs(url)` says whether a request may go there; problems are gathered in `problems`. */
export class Watch {
  problems = new Set();
  #expected = [];
  #reading = new Set();

  constructor(context, { page, isOurs }) {
    this.origin = new URL(page).origin;
    context.on("console", (message) => {
      if (message.type() === "error") this.#console(`${message.text()} ${message.location()?.url ?? ""}`.trim());
    });
    context.on("weberror", (event) => {
      const error = event.error();
      // An error in a module's syntax has no stack.
      this.#console(error?.stack || `${error?.name}: ${error?.message ?? error}`);
    });
    context.on("request", (request) => {
      if (!/^https?:/.test(request.url())) return;
      if (!isOurs(request.url())) this.problems.add(`a request to another host: ${request.url()}`);
      else if (this.#isApi(request)) {
        this.#add(requestFaults(request.method(), request.url(), request.headers()["content-type"], bodyOf(request)));
      }
    });
    context.on("response", (response) => {
      if (!this.#isApi(response.request())) return;
      const reading = this.#answer(response).finally(() => this.#reading.delete(reading));
      this.#reading.add(reading);
    });
  }

  /** Says that an error in the console is no fault, where a real failure is what is tested. */
  expectConsole(pattern) {
    this.#expected.push(pattern);
  }

  /** All problems found, once the answers under way are read. */
  async found() {
    await Promise.race([Promise.all(this.#reading), new Promise((resolve) => setTimeout(resolve, 5000).unref())]);
    return [...this.problems].filter((problem) => !this.#expected.some((pattern) => pattern.test(problem)));
  }

  #console(text) {
    this.problems.add(`console: ${text}`);
  }

  #add(faults) {
    for (const fault of faults) this.problems.add(fault);
  }

  // The page itself and its assets are no operations of the API.
  #isApi(request) {
    const { origin, pathname } = new URL(request.url());
    return origin === this.origin && !pathname.startsWith("/assets/") && !(pathname === "/" && request.resourceType() === "document");
  }

  async #answer(response) {
    const request = response.request();
    const type = (await response.headerValue("content-type").catch(() => null)) ?? "";
    // The body of an answer that the page let go of is gone, and that is no fault.
    const body = type.includes("json") ? await response.text().catch(() => null) : null;
    this.#add(answerFaults(request.method(), request.url(), response.status(), type, body));
  }
}

function bodyOf(request) {
  try { return request.postData(); } catch { return null; }
}

/** Runs in the page before anything else: what the Content-Security-Policy forbids is told as an error. */
export function tellViolations() {
  document.addEventListener("securitypolicyviolation", (event) =>
    console.error(`Content-Security-Policy: ${event.violatedDirective} forbids ${event.blockedURI} ${event.sample} at ${event.sourceFile}:${event.lineNumber}`));
}
