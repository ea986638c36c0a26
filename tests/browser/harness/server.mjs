// A darkroom of the test's own: the released binary, nothing kept, on free ports.
import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

const root = path.resolve(import.meta.dirname, "../../..");

/** The binary under test. */
export const binary = path.resolve(process.env.DARKROOM ?? path.join(process.env.CARGO_TARGET_DIR ?? path.join(root, "target"), "release/darkroom"));

/** Starts it with further arguments; resolves as soon as it says where it answers: `{ url, storage, log(), stop() }`. */
export async function serve(...further) {
  const folder = await mkdtemp(path.join(tmpdir(), "darkroom-browser-"));
  const child = spawn(binary, ["serve", "--ephemeral", "--port", "0", "--s3-port", "0", ...further], {
    cwd: folder, stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, AWS_ENDPOINT_URL: undefined },
  });
  // However this process ends, that one does not outlive it.
  const kill = () => child.kill("SIGKILL");
  process.once("exit", kill);
  let said = "";
  let log = "";
  const ended = new Promise((resolve) => child.once("close", resolve));
  const stop = async () => {
    const patience = setTimeout(kill, 5000);
    child.kill("SIGINT");
    await ended;
    clearTimeout(patience);
    process.off("exit", kill);
    await rm(folder, { recursive: true, force: true });
  };
  // Only its end is kept: a run of an hour logs much.
  child.stderr.on("data", (text) => { log = (log + text).slice(-200000); });
  try {
    await new Promise((resolve, reject) => {
      child.once("error", reject);
      child.once("exit", (code) => reject(new Error(`${binary} ended with code ${code}\n${log}`)));
      const patience = setTimeout(() => reject(new Error(`${binary} said nothing of its address in a minute\n${said}${log}`)), 60000);
      child.stdout.on("data", (text) => {
        said += text;
        if (!/^ *S3\b.*http/m.test(said)) return;
        clearTimeout(patience);
        resolve();
      });
    });
  } catch (error) {
    if (child.pid) await stop();
    throw error;
  }
  return {
    url: said.match(/^ *API +(http\S+)/m)[1],
    storage: said.match(/^ *S3\b.*?(http\S+)/m)[1],
    log: () => log,
    stop,
  };
}
