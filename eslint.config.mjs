// ESLint's recommended rules for what runs in browsers and for tests in node; no plugins.
import { builtinRules } from "eslint/use-at-your-own-risk";

const recommended = [...builtinRules]
  .filter(([, rule]) => rule.meta.docs.recommended)
  .map(([name]) => [name, "error"]);

const named = (names) => Object.fromEntries(names.split(/\s+/).map((name) => [name, "readonly"]));
const everywhere = `AbortController AbortSignal Blob DOMException TextDecoder TextEncoder URL
  WebAssembly atob btoa clearInterval clearTimeout console crypto fetch performance queueMicrotask
  setInterval setTimeout structuredClone`;
const browser = named(`${everywhere} CSS CustomEvent DOMParser Event EventSource EventTarget File
  FileReader FontFace FormData HTMLElement ImageData MutationObserver Node ResizeObserver URLSearchParams WebSocket Worker
  XMLSerializer
  addEventListener document getComputedStyle history innerHeight innerWidth localStorage location
  navigator removeEventListener requestAnimationFrame scrollBy scrollX scrollY sessionStorage window`);
const worker = named(`${everywhere} onmessage postMessage`);
const service = named(`${everywhere} Response caches navigator registration self`);
const node = named(`${everywhere} Buffer process`);
const shared = named(`exerciseCounts exerciseLines exercisePicture exercisePlaces
  exercisePredictions exerciseRecord exerciseSureness recordEntries recordFile`); // scripts give them to other scripts
const scripts = {
  "no-redeclare": ["error", { builtinGlobals: false }],
  "no-unused-vars": ["error", { vars: "local" }],
};

export default [
  { ignores: [".venv/", "_build/", "book/browser/", "node_modules/"] },
  {
    rules: Object.fromEntries(recommended),
    linterOptions: { reportUnusedDisableDirectives: "error" },
  },
  {
    files: [
      "code/bookkit/editions/assets/*.js",
      "code/bookkit/sphinx/assets/*.js",
      "code/bookkit/sphinx/assets/found/*.js",
      "code/bookkit/sphinx/assets/live/live.js",
      "code/bookkit/sphinx/assets/offline/*.js",
      "book/assets/draw/draw.js",
    ],
    languageOptions: { sourceType: "script", globals: { ...browser, ...shared } },
    rules: scripts,
  },
  {
    files: ["code/bookkit/sphinx/assets/live/*.js", "book/assets/draw/*.js"],
    ignores: ["**/live.js", "**/draw.js", "**/*-worker.js"],
    languageOptions: { sourceType: "module", globals: browser },
  },
  {
    files: ["**/*-worker.js"],
    languageOptions: { sourceType: "module", globals: { ...worker, onmessage: "writable" } },
  },
  {
    files: ["**/service-worker.js"],
    languageOptions: { sourceType: "script", globals: service },
    rules: scripts,
  },
  { files: ["**/*.mjs"], languageOptions: { sourceType: "module", globals: node } },
];
