// A Python process on a Jupyter server, through thebe, which the book brings along.
import { element } from "./elements.js";
import { Execution } from "./execution.js";
import { Failure, within } from "./failure.js";
import { Formulas } from "./formulas.js";

// a slow machine that does other things too
const SECONDS = { server: 60, kernel: 180, comeback: 180, answer: 5 };
const SLOW = new Failure(
  "kernel",
  "The kernel did not start.",
  "Look at what the server printed, then try again.",
);
let loading = null;

/**
 * Load thebe from the book's own files, once.
 * @param {string} folder The address of the folder that holds thebe's.
 */
export function loadThebe(folder) {
  loading ??= new Promise((resolve, reject) => {
    const address = (name) => new URL(`${folder}thebe/${name}`, document.baseURI).href;
    const script = element("script", { src: address("index.js"), onload: resolve });
    script.addEventListener("error", () => {
      loading = null;
      script.remove();
      reject(
        new Failure("parts", "The book’s copy of thebe could not be loaded.", "Reload the page."),
      );
    });
    const style = element("link", { rel: "stylesheet", href: address("thebe.css") });
    document.head.prepend(style); // before the book's own, which then win
    document.head.append(script);
  });
  return loading;
}

/** Change every renderer of a kind of output as it is made. */
function changeRenderer(rendermime, mimeType, change) {
  const theirs = rendermime.getFactory(mimeType);
  const createRenderer = (options) => {
    const renderer = theirs.createRenderer(options);
    change(renderer, options);
    return renderer;
  };
  rendermime.addFactory(
    { ...theirs, mimeTypes: [mimeType], createRenderer },
    theirs.defaultRank ?? 50,
  );
}

/** Figures get the alternative text that comes with them, which Jupyter leaves out. */
function describe(renderer, { mimeType }) {
  const render = renderer.renderModel.bind(renderer);
  renderer.renderModel = async (model) => {
    await render(model);
    const words =
      model.metadata[mimeType]?.alt ?? model.data["text/plain"] ?? "A figure without a description";
    renderer.node.querySelector("img").alt = words;
  };
}

const TEXTS = ["stdout", "stderr", "error"]
  .map((kind) => `application/vnd.jupyter.${kind}`)
  .concat("text/plain");

/**
 * Jupyter's search for links takes hours in a long text without a space: such texts get no links.
 */
function linkNoLongWords({ sanitizer }, renderer, { mimeType }) {
  const render = renderer.renderModel.bind(renderer);
  renderer.renderModel = (model) => {
    const isPlain = !/\S{1000}/.test(model.data[mimeType] ?? "");
    sanitizer.getAutolink = () => isPlain;
    return render(model);
  };
}

/** What thebe needs to show outputs: its configuration and its registry of renderers. */
function renderers(place, folder) {
  const { api } = window.thebeCore;
  const serverSettings = { baseUrl: place.url, token: place.token, appendToken: true };
  // an address keeps thebe's renderer of formulas, an empty configuration keeps its MathJax from
  // elsewhere away
  const options = {
    mathjaxUrl: "page",
    mathjaxConfig: "",
    serverSettings,
    kernelOptions: { kernelName: "python3" },
  };
  const config = api.makeConfiguration(options, window.thebe.events);
  const rendermime = api.makeRenderMimeRegistry(config.mathjax);
  rendermime.latexTypesetter = new Formulas(folder);
  // as in the style sheet
  changeRenderer(rendermime, "text/html", (renderer) => renderer.addClass("text_html"));
  ["image/png", "image/jpeg"].forEach((mimeType) => changeRenderer(rendermime, mimeType, describe));
  const texts = TEXTS.filter((mimeType) => rendermime.getFactory(mimeType));
  texts.forEach((mimeType) =>
    changeRenderer(rendermime, mimeType, (...made) => linkNoLongWords(rendermime, ...made)),
  );
  return { config, rendermime };
}

/** Widgets of other packages would be fetched from another host: refuse them. */
function keepWidgetsHere(session) {
  const loader = session.manager._loader;
  const refuse = (names, done, failed) =>
    failed?.(new Error(`the widget package ${names} is not part of the book`));
  refuse.defined = () => false;
  refuse.config = () => {};
  loader.requested = true;
  loader.resolveFn({ require: refuse, define: () => {} });
}

/** A kernel, from its start until the page is left. */
export class Kernel {
  /**
   * @param {import("./places.js").Place} place
   * @param {Object<string, string>} environment Variables that the code finds set.
   * @param {string} folder The address of the site's static files.
   */
  constructor(place, environment, folder) {
    this.place = place;
    this.environment = environment;
    /**
     * Called when something happens: "died", "back", "dead" for good, "exit", "gone",
     * "reconnecting", "connected".
     */
    this.happened = () => {};
    Object.assign(this, renderers(place, folder));
  }

  /**
   * Start a new process, in place of the one before.
   * @throws {Failure}
   */
  async start() {
    this.session?.dispose();
    this.session = null;
    await this.#connect();
    // a path of its own: Jupyter gives sessions of one path the same kernel
    const path = `live-${crypto.getRandomValues(new Uint32Array(2)).join("-")}.ipynb`;
    const started = this.server.startNewSession(this.rendermime, { kernelName: "python3", path });
    this.session = await within(
      started.catch((error) => Promise.reject(refused(error))),
      SECONDS.kernel,
      SLOW,
    );
    await within(this.session.kernel.info, SECONDS.kernel, SLOW);
    keepWidgetsHere(this.session);
    this.#watch(this.session);
    await this.#prepare();
  }

  async #connect() {
    if (this.server && !this.server.isDisposed) {
      return;
    }
    this.server = window.thebeCore.api.connectToJupyter(this.config);
    const failure = new Failure("server", "The server did not get ready in time.", "Try again.");
    const ready = this.server.ready.catch((reason) => {
      throw new Failure("server", `The server is not ready: ${reason}.`, "Try again.");
    });
    await within(ready, SECONDS.server, failure);
  }

  /**
   * Set the variables; have errors without colours, which not everybody could read, and
   * breakpoint() ask the reader. Then let blanks speak and figures show; a Python without the
   * book's packages says so where a cell imports them.
   */
  async #prepare() {
    const variables = JSON.stringify(JSON.stringify(this.environment));
    const lines = [
      "import json, os, sys",
      `os.environ.update(json.loads(${variables}))`,
      "sys.breakpointhook = sys.__breakpointhook__",
      "del json, os, sys",
      'get_ipython().run_line_magic("colors", "nocolor")',
    ];
    await this.#answered(lines.join("\n"));
    await this.quietly('try:\n    __import__("bookkit.notebook")\nexcept ImportError:\n    pass');
  }

  /**
   * Run code, and again while no answer comes: what a kernel says while its page is being connected
   * can be lost.
   */
  async #answered(code) {
    for (const began = Date.now(); ; ) {
      try {
        return await within(this.quietly(code), SECONDS.answer, SLOW);
      } catch (error) {
        if (Date.now() - began > 1000 * SECONDS.kernel) {
          throw error;
        }
      }
    }
  }

  /**
   * Run code whose output nobody sees.
   * @returns {Promise<{status: "ok"|"error"|"gone", ename?: string, evalue?: string}>}
   */
  async quietly(code) {
    return this.#outcome(this.#request(code, { store_history: false }));
  }

  /** The server's name for it; nothing if there is none. */
  get id() {
    return this.session?.kernel?.id;
  }

  /** Whether a request would reach it now. */
  get isThere() {
    return this.session?.kernel?.connectionStatus === "connected";
  }

  /**
   * Run code, with its outputs in a view.
   * @param {string} code
   * @param {import("./output-view.js").OutputView} view
   */
  async run(code, view) {
    const execution = this.#request(code, { allow_stdin: true });
    if (execution) {
      view.follow(execution.future);
    }
    const outcome = await this.#outcome(execution);
    view.finish(outcome);
    return outcome;
  }

  #request(code, options = {}) {
    const future = this.session?.kernel?.requestExecute({ code, allow_stdin: false, ...options });
    this.execution = future ? new Execution(future) : null;
    return this.execution;
  }

  /**
   * How an execution ended; "gone" if the kernel went away meanwhile, "exit" if the code told it to
   * end.
   */
  async #outcome(execution) {
    const reply = await execution?.end();
    if (reply?.content.payload?.some(({ source }) => source === "ask_exit")) {
      this.happened("exit");
      return { ...reply.content, status: "exit" };
    }
    return reply?.content ?? { status: "gone" };
  }

  /** Stop what runs: ready as soon as the server has been asked to. */
  async interrupt() {
    const { session } = this;
    await this.execution?.interrupt(() => session?.kernel?.interrupt().catch(() => {}));
  }

  /** Begin anew with nothing defined. */
  async restart() {
    await within(this.session.restart(), SECONDS.kernel, SLOW);
    await this.#prepare();
  }

  /** Try at once to reach it again. */
  reconnect() {
    return this.session?.kernel?.reconnect().catch(() => {});
  }

  /** Wait for it no longer: what runs ends as "gone". */
  abandon() {
    const { session } = this;
    this.session = null;
    session?.dispose();
  }

  /** End the process for good. */
  async end() {
    this.happened = () => {};
    await this.session?.shutdown().catch(() => {});
    this.server?.dispose();
  }

  /** End the process while the page is being left: nobody waits for the answer. */
  leave() {
    const settings = this.server?.settings;
    if (!this.session || !settings) {
      return;
    }
    const xsrf = document.cookie.match(/(?:^|; )_xsrf=([^;]*)/)?.[1];
    const own = xsrf ? { "X-XSRFToken": decodeURIComponent(xsrf) } : {};
    const headers = settings.token ? { Authorization: `token ${settings.token}` } : own;
    const address = `${settings.baseUrl}api/sessions/${this.session.id}`;
    fetch(address, { method: "DELETE", headers, keepalive: true }).catch(() => {});
  }

  #watch(session) {
    let dead = null;
    const tell = (what) => this.session === session && this.happened(what);
    this.exitCode = null;
    session.kernel.anyMessage.connect((_, { msg, direction }) => {
      if (direction === "recv" && msg.content.execution_state === "restarting") {
        this.exitCode = msg.content.exit_code ?? null; // the book's own server says it
      }
    });
    session.kernel.statusChanged.connect(async (_, status) => {
      if (status === "autorestarting") {
        dead = setTimeout(() => tell("gone"), 1000 * SECONDS.comeback);
        tell("died");
      } else if (status === "idle" && dead) {
        clearTimeout(dead);
        dead = null;
        await this.#prepare();
        tell("back");
      } else if (status === "dead") {
        tell("dead");
      }
    });
    session.kernel.connectionStatusChanged.connect((_, status) => {
      if (!dead) {
        tell({ connecting: "reconnecting", connected: "connected", disconnected: "gone" }[status]);
      }
    });
  }
}

/** Put the server's refusal into words. */
function refused(error) {
  if (error?.response?.status === 403) {
    const advice = "Open the address with “?token=” again.";
    return new Failure("token", "The server does not let this browser start a kernel.", advice);
  }
  return new Failure(
    "kernel",
    `The server could not start a kernel: ${error?.message ?? error}.`,
    "Try again.",
  );
}
