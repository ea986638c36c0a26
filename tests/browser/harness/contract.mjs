// The API's document (docs/openapi.json), and whether requests and answers are as it says.
import { readFileSync } from "node:fs";
import { Ajv2020 } from "./modules.mjs";

const document = JSON.parse(readFileSync(new URL("../../../docs/openapi.json", import.meta.url), "utf8"));
const METHODS = ["get", "put", "post", "delete", "patch", "head", "options"];

const operations = Object.entries(document.paths).flatMap(([template, item]) =>
  METHODS.filter((method) => item[method]).map((method) => ({
    name: `${method.toUpperCase()} ${template}`,
    method: method.toUpperCase(),
    template,
    pattern: new RegExp(`^${template.split(/\{\w+\}/).map((text) => text.replace(/[.*+?^$()|[\]\\]/g, "\\$&")).join("([^/]+)")}$`),
    parameters: [...(item.parameters ?? []), ...(item[method].parameters ?? [])].map(resolved),
    body: item[method].requestBody,
    responses: item[method].responses,
  })))
  // Where two templates fit, the one with fewer variables is meant, as in the service's own routing.
  .sort((one, other) => one.template.split("{").length - other.template.split("{").length);

/** Every operation, as "GET /images/{image_id}". */
export const operationNames = new Set(operations.map(({ name }) => name));

function resolved(schema) {
  if (!schema?.$ref) return schema;
  return schema.$ref.slice(2).split("/").reduce((part, key) => part[key], document);
}

/** A schema with its references filled in; with `isClosed`, objects take no property that is not declared. */
function expanded(schema, isClosed, isBranch = false) {
  if (Array.isArray(schema)) return schema.map((each) => expanded(each, isClosed, isBranch));
  if (typeof schema !== "object" || schema === null) return schema;
  if (schema.$ref) {
    const { $ref, ...beside } = schema;
    const target = resolved({ $ref });
    return Object.keys(beside).length === 0 ? expanded(target, isClosed, isBranch) : expanded({ ...beside, allOf: [...(beside.allOf ?? []), target] }, isClosed, isBranch);
  }
  const result = {};
  for (const [key, value] of Object.entries(schema)) {
    if (["example", "examples", "default", "description", "title", "discriminator"].includes(key)) continue;
    else if (["properties", "patternProperties", "$defs"].includes(key)) result[key] = Object.fromEntries(Object.entries(value).map(([name, each]) => [name, expanded(each, isClosed)]));
    else if (["enum", "const", "required"].includes(key)) result[key] = value;
    // What a branch declares counts for the whole that it is a branch of, which is closed at the outside.
    else result[key] = expanded(value, isClosed, ["allOf", "oneOf", "anyOf", "if", "then", "else"].includes(key));
  }
  const takesProperties = result.properties || [result.allOf, result.oneOf, result.anyOf].flat().some((branch) => branch?.properties || branch?.allOf || branch?.oneOf);
  if (isClosed && !isBranch && takesProperties && result.additionalProperties === undefined) result.unevaluatedProperties = false;
  return result;
}

const ajv = new Ajv2020({ strict: false, validateFormats: false, allErrors: true, allowUnionTypes: true });
const validators = new Map();

function faults(schema, isClosed, value) {
  const key = `${isClosed}${JSON.stringify(schema)}`;
  if (!validators.has(key)) validators.set(key, ajv.compile(expanded(schema, isClosed)));
  const validate = validators.get(key);
  if (validate(value)) return [];
  return validate.errors.slice(0, 4).map(({ instancePath, message, params }) =>
    `${instancePath || "/"} ${message}${params.unevaluatedProperty ?? params.additionalProperty ? ` (${params.unevaluatedProperty ?? params.additionalProperty})` : ""}`);
}

function parsed(text) {
  try { return { value: JSON.parse(text) }; } catch { return { isBroken: true }; }
}

/** The operation that a method and path are, or undefined. */
export function operationOf(method, pathname) {
  return operations.find((operation) => operation.method === method && operation.pattern.test(pathname));
}

/** What is wrong with a request: a list of sentences. `body` is its text, or null where it is not at hand. */
export function requestFaults(method, address, contentType, body) {
  const { pathname, searchParams } = new URL(address);
  const operation = operationOf(method, pathname);
  if (!operation) {
    const known = operations.some(({ pattern }) => pattern.test(pathname));
    return [`${method} ${pathname}: ${known ? "no such method" : "no such path"} in openapi.json`];
  }
  const found = [];
  const queries = operation.parameters.filter((parameter) => parameter.in === "query");
  for (const name of new Set(searchParams.keys())) {
    if (!queries.some((parameter) => parameter.name === name)) found.push(`the query "${name}" is not declared`);
  }
  for (const { name, required } of queries) if (required && !searchParams.has(name)) found.push(`the query "${name}" is missing`);
  const type = contentType?.split(";")[0].trim();
  const content = resolved(operation.body)?.content ?? {};
  if (body && type && !content[type]) found.push(`a body of ${type} is not declared`);
  if (!body && resolved(operation.body)?.required && !type) found.push("the body is missing");
  if (body && type === "application/json" && content[type]) {
    const { value, isBroken } = parsed(body);
    if (isBroken) found.push("the body is no JSON");
    else found.push(...faults(content[type].schema, true, value).map((fault) => `body ${fault}`));
  }
  return found.map((fault) => `${operation.name}: ${fault}`);
}

/** What is wrong with an answer: a list of sentences. `body` is its text, or null where it is not at hand. */
export function answerFaults(method, address, status, contentType, body) {
  const operation = operationOf(method, new URL(address).pathname);
  // Any operation may ask who is asking.
  if (!operation || status === 401) return [];
  const response = resolved(operation.responses[status] ?? operation.responses[`${String(status)[0]}XX`] ?? operation.responses.default);
  if (!response) return [`${operation.name}: the status ${status} is not declared: ${body ?? ""}`];
  const type = contentType?.split(";")[0].trim();
  if (!body || !/^application\/(\w+\+)?json$/.test(type)) return [];
  if (!response.content?.[type]) return [`${operation.name}: ${status} with ${type} is not declared`];
  const { value, isBroken } = parsed(body);
  if (isBroken) return [`${operation.name}: the answer is no JSON`];
  return faults(response.content[type].schema, false, value).map((fault) => `${operation.name}: answer ${status} ${fault}`);
}
