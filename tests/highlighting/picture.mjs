// Draws a program in the colours that the TextMate grammar gives it.
// Usage: node picture.mjs FILE.td LINES dark|light >PICTURE.svg     (the first LINES lines)
import fs from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { fileURLToPath } from "node:url";

const require = createRequire(import.meta.url);
const oniguruma = require("vscode-oniguruma");
const textmate = require("vscode-textmate");
const here = path.dirname(fileURLToPath(import.meta.url));
const grammarFile = path.join(here, "../../grammar/vscode/syntaxes/tdl.tmLanguage.json");

// The longest prefix of a token's innermost scope decides.
const themes = {
  dark: {
    background: "#0d1117", text: "#e6edf3", comment: "#8b949e", string: "#a5d6ff", constant: "#79c0ff", keyword: "#ff7b72",
    "keyword.operator": "#ff7b72", storage: "#ff7b72", "entity.name.type": "#ffa657", "entity.name.function": "#d2a8ff",
    "entity.name.section": "#7ee787", "entity.name.namespace": "#ffa657", "support.type": "#79c0ff", "variable.parameter": "#7ee787",
    "variable.other.property": "#7ee787", "keyword.other.unit": "#79c0ff",
  },
  light: {
    background: "#ffffff", text: "#1f2328", comment: "#59636e", string: "#0a3069", constant: "#0550ae", keyword: "#cf222e",
    "keyword.operator": "#cf222e", storage: "#cf222e", "entity.name.type": "#953800", "entity.name.function": "#8250df",
    "entity.name.section": "#116329", "entity.name.namespace": "#953800", "support.type": "#0550ae", "variable.parameter": "#116329",
    "variable.other.property": "#116329", "keyword.other.unit": "#0550ae",
  },
};

function colour(theme, scopes) {
  for (let words = scopes.at(-1).split("."); words.length > 0; words.pop())
    if (theme[words.join(".")]) return theme[words.join(".")];
  return theme.text;
}

const escaped = (text) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

const [file, count, themeName] = process.argv.slice(2);
const theme = themes[themeName];
await oniguruma.loadWASM(fs.readFileSync(require.resolve("vscode-oniguruma/release/onig.wasm")).buffer);
const registry = new textmate.Registry({
  onigLib: Promise.resolve({
    createOnigScanner: (patterns) => new oniguruma.OnigScanner(patterns),
    createOnigString: (text) => new oniguruma.OnigString(text),
  }),
  loadGrammar: async () => textmate.parseRawGrammar(fs.readFileSync(grammarFile, "utf8"), grammarFile),
});
const grammar = await registry.loadGrammar("source.tdl");
const lines = fs.readFileSync(file, "utf8").split("\n").slice(0, Number(count));
const width = Math.max(...lines.map((line) => line.length)) * 8 + 32;
const out = [];
let state = textmate.INITIAL;
lines.forEach((line, number) => {
  const result = grammar.tokenizeLine(line, state);
  state = result.ruleStack;
  const spans = result.tokens.map((token) =>
    `<tspan fill="${colour(theme, token.scopes)}">${escaped(line.slice(token.startIndex, token.endIndex))}</tspan>`);
  out.push(`<text x="16" y="${28 + number * 20}" xml:space="preserve">${spans.join("")}</text>`);
});
const height = lines.length * 20 + 28;
console.log(`<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" ` +
  `font-family="ui-monospace, Menlo, Consolas, 'DejaVu Sans Mono', monospace" font-size="13">`);
console.log(`<rect width="${width}" height="${height}" rx="6" fill="${theme.background}"/>`);
console.log(`${out.join("\n")}\n</svg>`);
