// Files that people choose or drop: what they are, and which of a folder count.

const TYPES = {
  jpg: "image/jpeg", jpeg: "image/jpeg", png: "image/png", webp: "image/webp", gif: "image/gif",
  bmp: "image/bmp", tif: "image/tiff", tiff: "image/tiff", zip: "application/zip",
};
const isShown = ({ path }) => !/(^|\/)(\.|__MACOSX\/|Thumbs\.db$|desktop\.ini$)/i.test(path);

/** The media type of a file that may be sent. Its name comes first, as systems call zip archives many things. */
export const contentType = ({ name, type }) =>
  TYPES[name.split(".").pop().toLowerCase()] ?? Object.values(TYPES).find((known) => known === type);

export const isZip = (file) => contentType(file) === TYPES.zip;

/** The files of a drop as `{ file, path }`, those of folders too. Call it within the event: later it is empty. */
export async function filesOf(dataTransfer) {
  const found = await Promise.all(Array.from(dataTransfer.items, (item) => {
    const entry = item.webkitGetAsEntry();
    const file = item.getAsFile();
    return entry?.isDirectory ? within(entry) : file ? { file, path: file.name } : [];
  }));
  return found.flat().filter(isShown);
}

async function within(entry) {
  const got = (owner, method) => new Promise((resolve, reject) => owner[method](resolve, reject));
  if (entry.isFile) return [{ file: await got(entry, "file"), path: entry.fullPath.slice(1) }];
  const reader = entry.createReader();
  const found = [];
  // A reader gives some at a time, and none at the end.
  for (let some; (some = await got(reader, "readEntries")).length;) for (const one of some) found.push(...await within(one));
  return found;
}

/** Lets people choose files, or a folder: `{ file, path }` of each; none if they think better of it. */
export function chooseFiles({ accept = "", multiple = true, directory = false } = {}) {
  const input = document.createElement("input");
  Object.assign(input, { type: "file", accept, multiple, webkitdirectory: directory });
  return new Promise((resolve) => {
    input.oncancel = () => resolve([]);
    input.onchange = () => resolve(Array.from(input.files, (file) => ({ file, path: file.webkitRelativePath || file.name })).filter(isShown));
    input.click();
  });
}
