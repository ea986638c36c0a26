// What the tests take from npm: out of `$NODE_MODULES`, else out of node_modules beside package.json.
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import path from "node:path";

const here = path.resolve(import.meta.dirname, "..");
const require = createRequire(path.join(process.env.NODE_MODULES ?? path.join(here, "node_modules"), "..", "anything.js"));

export const { chromium } = require("playwright-core");
export const { default: Ajv2020 } = require("ajv/dist/2020.js");
export const axeSource = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
