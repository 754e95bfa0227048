// Reads a .vsix as Visual Studio Code's own packager does, and holds it against what that makes of the same folder.
// Usage: node vsix.mjs OURS.vsix FOLDER      (FOLDER: a copy of grammar/vscode; the other package is made in it)
import { createRequire } from "node:module";
import path from "node:path";
import assert from "node:assert/strict";

const require = createRequire(import.meta.url);
const { createVSIX } = require("@vscode/vsce");
const { readVSIXPackage, readZip } = require("@vscode/vsce/out/zip.js");

const [ours, folder] = process.argv.slice(2);
const theirs = path.resolve(folder, "theirs.vsix");
await createVSIX({ cwd: folder, packagePath: theirs, allowMissingRepository: true, dependencies: false });

// What the marketplace asks for beyond it (tags, price, flags) is no matter of installing.
function essence({ manifest, xmlManifest }) {
  const { Metadata: [metadata], Installation, Dependencies, Assets, $ } = xmlManifest.PackageManifest;
  const engine = metadata.Properties[0].Property.find(({ $: { Id } }) => Id === "Microsoft.VisualStudio.Code.Engine");
  const description = metadata.Description[0];
  return {
    manifest, Installation, Dependencies, Assets: Assets[0].Asset, version: $.Version, xmlns: $.xmlns, identity: metadata.Identity,
    name: metadata.DisplayName, description: description._ ?? description, categories: metadata.Categories, engine,
  };
}
assert.deepEqual(essence(await readVSIXPackage(ours)), essence(await readVSIXPackage(theirs)));

const inside = (name) => name.startsWith("extension/");
const sorted = async (file) => [...(await readZip(file, inside))].map(([name, bytes]) => [name, bytes.toString()]).sort();
assert.deepEqual(await sorted(ours), await sorted(theirs));
// Every file of the archive has a declared type.
const all = await readZip(ours, () => true);
const types = all.get("[content_types].xml").toString();
for (const name of all.keys())
  assert(name === "[content_types].xml" || types.includes(`Extension="${path.extname(name)}"`), `no content type for ${name}`);
