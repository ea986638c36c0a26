// Everything that comes from the document or from an answer goes into the page as text, never as markup.
const base = new URL(".", location.href).href.replace(/\/$/, "");
const METHODS = ["get", "post", "put", "patch", "delete"];

function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== undefined && value !== false) element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat().filter((child) => child !== undefined && child !== null));
  return element;
}

// Prose with `code` in it, and a blank line between paragraphs.
function inline(text) {
  return String(text).split("`").map((part, index) => (index % 2 ? make("code", {}, part) : part));
}

function prose(text) {
  return (text ?? "").split(/\n\s*\n/).filter((part) => part.trim()).map((part) => make("p", {}, inline(part)));
}

function code(text) {
  return make("pre", { tabindex: "0" }, make("code", {}, text));
}

let api;

function resolve(schema) {
  for (let depth = 0; schema?.$ref && depth < 16; depth += 1) {
    const { $ref, ...beside } = schema;
    const path = $ref.split("/").slice(1).map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"));
    schema = { ...path.reduce((node, part) => node?.[part], api), ...beside };
  }
  return schema ?? {};
}

// One schema out of those that it is made of; an alternative that is null only says that it may be missing.
function merged(schema) {
  schema = resolve(schema);
  const alternatives = (schema.oneOf ?? schema.anyOf ?? []).filter((one) => one.type !== "null");
  const parts = [...(schema.allOf ?? []), ...(alternatives.length === 1 ? alternatives : [])].map(merged);
  if (!parts.length) return schema;
  const { allOf, oneOf, anyOf, ...own } = schema;
  return [...parts, own].reduce((whole, part) => ({
    ...whole, ...part,
    properties: whole.properties || part.properties ? { ...whole.properties, ...part.properties } : undefined,
    required: [...(whole.required ?? []), ...(part.required ?? [])],
  }), {});
}

function typeOf(schema) {
  schema = merged(schema);
  const alternatives = schema.oneOf ?? schema.anyOf;
  if (alternatives) return alternatives.map(typeOf).join(" or ");
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum) {
    const shown = schema.enum.slice(0, 6).map((value) => JSON.stringify(value)).join(", ");
    return schema.enum.length > 6 ? `${shown}, …` : shown;
  }
  const types = [schema.type ?? (schema.properties ? "object" : "any")].flat().filter((type) => type !== "null");
  return types.map((type) => {
    if (type === "array") return `array of ${typeOf(schema.items)}`;
    if (type === "object" && schema.additionalProperties) return `object of ${typeOf(schema.additionalProperties)}`;
    return schema.format ? `${type} (${schema.format})` : type;
  }).join(" or ");
}

function exampleOf(schema, sparing, depth = 0) {
  schema = merged(schema);
  const given = schema.example ?? schema.examples?.[0] ?? schema.const ?? schema.default ?? schema.enum?.[0];
  if (given !== undefined) return given;
  const alternatives = schema.oneOf ?? schema.anyOf;
  if (alternatives) return exampleOf(alternatives[0], sparing, depth + 1);
  const type = [schema.type ?? (schema.properties ? "object" : "")].flat()[0];
  if (type === "object" || schema.properties) {
    if (depth > 5) return {};
    // A request only says what it must, and what there is an example of.
    const told = ([name, property]) => {
      const { example, examples, default: usual } = merged(property);
      return !sparing || schema.required?.includes(name) || (example ?? examples ?? usual) !== undefined;
    };
    return Object.fromEntries(Object.entries(schema.properties ?? {}).filter(told)
      .map(([name, property]) => [name, exampleOf(property, sparing, depth + 1)]));
  }
  if (type === "array") return depth > 5 ? [] : [exampleOf(schema.items, sparing, depth + 1)];
  if (type === "integer" || type === "number") return schema.minimum ?? 0;
  if (type === "boolean") return false;
  if (schema.format === "uuid") return "01890a5d-ac96-774b-bcce-b302099a8057";
  if (schema.format === "date-time") return "2026-01-31T12:00:00Z";
  return type === "string" ? "string" : null;
}

function table(heads, rows) {
  return make("div", { class: "wide" }, make("table", {},
    make("thead", {}, make("tr", {}, heads.map((head) => make("th", { scope: "col" }, head)))),
    make("tbody", {}, rows)));
}

function row(name, schema, required, description) {
  return make("tr", {},
    make("td", {}, make("code", {}, name), required ? make("span", { class: "required" }, " required") : null),
    make("td", { class: "type" }, typeOf(schema)),
    make("td", {}, prose(description ?? merged(schema).description)));
}

// The fields of an object, those of objects within it by their dotted names.
function fields(schema, prefix = "", depth = 0) {
  schema = merged(schema);
  return Object.entries(schema.properties ?? {}).flatMap(([name, property]) => {
    const inner = merged(property);
    const own = row(prefix + name, property, schema.required?.includes(name), resolve(property).description);
    const within = inner.properties ? [property, `${prefix}${name}.`] : inner.items ? [inner.items, `${prefix}${name}[].`] : null;
    return [own, ...(within && depth < 3 ? fields(within[0], within[1], depth + 1) : [])];
  });
}

function content(media, kind, sparing) {
  const { schema, example, examples } = media;
  if (!schema || kind.startsWith("text/")) return [];
  if (kind === "application/problem+json") return make("p", {}, "A problem: see ", make("a", { href: "#errors" }, "Errors"), ".");
  const rows = fields(merged(schema).items ?? schema);
  const shown = example ?? Object.values(examples ?? {})[0]?.value ?? exampleOf(schema, sparing);
  return [
    rows.length ? table(["Field", "Type", "What it is"], rows) : null,
    kind.includes("json") && shown !== null && Object.keys(shown).length ? code(JSON.stringify(shown, null, 2)) : null,
  ];
}

function requestBody(body) {
  return Object.entries(resolve(body).content ?? {}).flatMap(([kind, media]) => [
    make("h4", {}, "Body ", make("code", {}, kind)), content(media, kind, true)].flat());
}

function response([status, answer]) {
  answer = resolve(answer);
  const kinds = Object.entries(answer.content ?? {});
  return make("details", {},
    make("summary", {}, make("code", { class: status >= "400" ? "failed" : "get" }, status), " ", inline(answer.description ?? "")),
    kinds.flatMap(([kind, media]) => [make("h4", {}, make("code", {}, kind)), content(media, kind)].flat()));
}

function shellQuoted(text) {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

function tryIt(method, path, parameters, body) {
  const media = Object.entries(resolve(body).content ?? {}).find(([kind]) => kind.includes("json"))?.[1];
  if (method !== "get" && !(method === "post" && (media || !body))) return null;
  const inputs = parameters.filter((one) => one.in !== "cookie").map((one) => {
    const input = make("input", { name: one.name, required: one.required, autocomplete: "off", spellcheck: "false", placeholder: typeOf(one.schema) });
    return { ...one, input, label: make("label", {}, `${one.name} (${one.in})`, input) };
  });
  const text = media ? make("textarea", { spellcheck: "false" }) : null;
  if (text) text.value = JSON.stringify(media.example ?? exampleOf(media.schema, true), null, 2);
  const output = make("output", { "aria-live": "polite" });
  const form = make("form", {}, inputs.map(({ label }) => label),
    text ? make("label", {}, "Body", text) : null, make("button", {}, "Send"), output);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const filled = inputs.filter(({ input }) => input.value !== "");
    const route = path.replace(/\{(\w+)\+?\}/g, (_, name) =>
      encodeURIComponent(filled.find((one) => one.in === "path" && one.name === name)?.input.value ?? ""));
    const query = new URLSearchParams(filled.filter((one) => one.in === "query").map(({ name, input }) => [name, input.value])).toString();
    const url = base + route + (query && `?${query}`);
    const headers = Object.fromEntries(filled.filter((one) => one.in === "header").map(({ name, input }) => [name, input.value]));
    if (text) headers["content-type"] = "application/json";
    const token = document.getElementById("token").value.trim();
    const shell = ["curl", method === "post" && !text ? "-X POST" : "", shellQuoted(url),
      ...Object.entries(headers).map(([name, value]) => `-H ${shellQuoted(`${name}: ${value}`)}`),
      token ? '-H "authorization: Bearer $TOKEN"' : "", text ? `-d ${shellQuoted(text.value)}` : ""];
    if (token) headers.authorization = `Bearer ${token}`;
    output.replaceChildren(code(shell.filter(Boolean).join(" ")));
    const began = performance.now();
    try {
      // A redirect leads to storage, where this page may not and need not go.
      const answer = await fetch(url, { method: method.toUpperCase(), headers, body: text?.value, redirect: "manual" });
      if (answer.type === "opaqueredirect") {
        output.append(make("p", {}, "The answer is a redirect to the file: add -L -o FILE to the command above."));
        return;
      }
      const received = await answer.text();
      let shown = received;
      try { shown = JSON.stringify(JSON.parse(received), null, 2); } catch { /* Not JSON: shown as it is. */ }
      output.append(
        make("p", { class: answer.ok ? "get" : "failed" }, `${answer.status} ${answer.statusText} in ${Math.round(performance.now() - began)} ms`),
        code(shown.slice(0, 100000)));
    } catch (error) {
      output.append(make("p", { class: "failed" }, `Nothing answered: ${error.message}`));
    }
  });
  return make("details", {}, make("summary", {}, "Try it"), form);
}

function operation({ method, path, id, shared, spec }) {
  const parameters = [...shared, ...(spec.parameters ?? [])].map(resolve);
  return make("article", { id, "aria-labelledby": `${id}-title` },
    make("header", {},
      make("h3", { id: `${id}-title` }, make("a", { href: `#${id}` },
        make("span", { class: `method ${method}` }, method.toUpperCase()), make("span", { class: "path" }, path))),
      make("p", {}, make("strong", {}, spec.summary ?? ""), spec.deprecated ? " (deprecated)" : ""),
      prose(spec.description)),
    parameters.length || spec.requestBody ? make("details", {}, make("summary", {}, "Request"),
      parameters.length ? table(["Parameter", "Type", "What it is"], parameters.map((one) =>
        row(one.name, one.schema, one.required, [one.description, one.in === "path" ? "" : `(${one.in})`].filter(Boolean).join(" ")))) : null,
      requestBody(spec.requestBody)) : null,
    Object.entries(spec.responses ?? {}).map(response),
    tryIt(method, path, parameters, spec.requestBody));
}

function render() {
  document.getElementById("version").textContent = api.info?.version ?? "";
  if (api.info?.description) document.getElementById("description").replaceChildren(...inline(api.info.description));
  const groups = new Map((api.tags ?? []).map(({ name, description }) => [name, { description, operations: [] }]));
  for (const [path, item] of Object.entries(api.paths ?? {})) {
    for (const method of METHODS.filter((one) => item[one])) {
      const spec = item[method];
      const tag = spec.tags?.[0] ?? "other";
      if (!groups.has(tag)) groups.set(tag, { operations: [] });
      const id = `${method}${path.replace(/[^\w]+/g, "-")}`.replace(/-$/, "");
      groups.get(tag).operations.push({ method, path, id, shared: item.parameters ?? [], spec });
    }
  }
  const filled = [...groups].filter(([, { operations }]) => operations.length);
  document.getElementById("contents").replaceChildren(...filled.flatMap(([tag, { operations }]) => [
    make("h3", {}, tag),
    make("ul", {}, operations.map(({ method, path, id }) => make("li", {}, make("a", { href: `#${id}` },
      make("span", { class: `method ${method}` }, method.toUpperCase()), path))))]));
  document.getElementById("operations").replaceChildren(...filled.map(([tag, { description, operations }]) =>
    make("section", { "aria-label": tag }, make("h2", { id: `tag-${tag}` }, tag), prose(description), operations.map(operation))));
  // What the address points to has only just come to be.
  if (location.hash) location.replace(location.hash);
}

for (const block of document.querySelectorAll("pre.shell code")) {
  block.textContent = block.textContent.replaceAll("{base}", base);
}
try {
  const answer = await fetch("openapi.json");
  if (!answer.ok) throw new Error(`status ${answer.status}`);
  api = await answer.json();
  render();
} catch (error) {
  document.getElementById("operations").replaceChildren(make("p", { class: "failed" }, `The API document cannot be read: ${error.message}`));
}
