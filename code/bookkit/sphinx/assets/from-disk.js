// For pages opened from the disk. Browsers let these read no other file: so the build has written
// modules and files as plain scripts.
"use strict";

if (location.protocol === "file:") {
  const root = new URL("../", document.currentScript.src).href;
  const pathOf = (address) =>
    decodeURIComponent(new URL(address, document.baseURI).href.slice(root.length));
  const loading = new Map();

  /** Load a plain script, once; after a failure, again. */
  const load = (path) => {
    if (!loading.has(path)) {
      const script = document.createElement("script");
      script.src = root + path;
      const loaded = new Promise((resolve, reject) => {
        script.onload = resolve;
        script.onerror = () => {
          loading.delete(path);
          reject(new Error(`there is no ${path} in the folder of the book`));
        };
      });
      loading.set(path, loaded);
      document.head.append(script);
    }
    return loading.get(path);
  };

  /** Tell the browser where the modules are that import one another by name; once. */
  const offerModules = () => {
    const imports = {};
    for (const [path, text] of Object.entries(window.fromDisk.sources)) {
      imports[`book:${path}`] = URL.createObjectURL(new Blob([text], { type: "text/javascript" }));
    }
    const map = document.createElement("script");
    map.type = "importmap";
    map.textContent = JSON.stringify({ imports });
    document.head.append(map);
  };
  let offered = null;

  window.fromDisk = {
    files: {},
    /**
     * Import a module of the book.
     * @param {string} address
     * @returns {Promise<Object>}
     */
    async module(address) {
      offered ??= load("_static/modules.disk.js").then(offerModules);
      offered.catch(() => (offered = null));
      await offered;
      return import(`book:${pathOf(address)}`);
    },
    /**
     * Read a file that a cell made for the site.
     * @param {string} address
     * @returns {Promise<Uint8Array>}
     */
    async file(address) {
      const path = pathOf(address);
      await load(`${path}.disk.js`);
      return Uint8Array.from(atob(window.fromDisk.files[path]), (letter) => letter.charCodeAt(0));
    },
  };
}
