// How bytes leave: how many files at once, by which request, and with what patience.
import { delay, Problem } from "../core/client.js";
import { t } from "../core/language.js";

/** Lets so many works through at once, in the order of their coming. */
export function gate(places) {
  const queue = [];
  return async (work, signal) => {
    if (places) places--;
    else await new Promise((resolve) => queue.push(resolve));
    try {
      signal.throwIfAborted();
      return await work();
    } finally {
      if (queue.length) queue.shift()();
      else places++;
    }
  };
}

/** Tries three times more, less and less often, where the network or the server may come back. */
export async function patiently(work, signal) {
  for (let pause = 1000; ; pause *= 3) {
    try {
      return await work();
    } catch (error) {
      const isPassing = [0, 429].includes(error.status) || error.status >= 500;
      if (signal?.aborted || !isPassing || pause > 9000) throw error;
      await delay(pause, signal);
    }
  }
}

/** Puts bytes where a promise says. */
export const put = ({ url, headers = {} }, bytes, onProgress, signal) => patiently(() => new Promise((resolve, reject) => {
  const request = new XMLHttpRequest();
  signal.addEventListener("abort", () => request.abort(), { once: true });
  request.open("PUT", url);
  // The length is the browser's to tell.
  for (const [name, value] of Object.entries(headers)) if (name !== "content-length") request.setRequestHeader(name, value);
  request.upload.onprogress = ({ loaded }) => onProgress(loaded);
  request.onloadend = () => {
    const { status, responseText } = request;
    // 412: it is there, by a try whose answer was lost.
    if ((status >= 200 && status < 300) || status === 412) resolve();
    else reject(new Problem(status, status ? { detail: /<Message>(.*?)</.exec(responseText)?.[1] } : { code: "offline", detail: t("uploads.offline") }));
  };
  request.send(bytes);
}), signal);
