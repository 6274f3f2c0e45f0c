// Why Python ended, in words, as far as anybody can know.

const CRASH = "It crashed inside compiled code";
const SIGNALS = {
  1: "It was told to hang up from outside (SIGHUP)",
  2: "It was interrupted from outside (SIGINT)",
  4: `${CRASH} (SIGILL: an instruction that this processor does not know)`,
  6: `${CRASH}, which gave up (SIGABRT)`,
  7: `${CRASH} (SIGBUS)`,
  8: `${CRASH} (SIGFPE)`,
  9: "The system killed it (SIGKILL), most often because memory ran out",
  11: `${CRASH} (SIGSEGV, a segmentation fault)`,
  15: "It was told to end from outside (SIGTERM)",
};
const UNKNOWN =
  "Why is not known here. Memory may have run out, compiled code may have crashed, or the code" +
  " itself ended Python";
const ENDS_PYTHON = /\bos\.(?:_exit|abort|kill|exec\w*)\b/;

/**
 * @param {?number} code Python's exit code; negative for a signal, null where the server does not
 * say.
 * @param {string} source The code of the cell that ran.
 * @returns {string} A sentence.
 */
export function ending(code, source = "") {
  const call = source.match(ENDS_PYTHON)?.[0];
  if (call) {
    return `The code calls ${call}, which ends Python at once.`;
  }
  if (typeof code !== "number") {
    return `${UNKNOWN}.`;
  }
  if (code >= 0) {
    return `It ended by itself, with exit code ${code}.`;
  }
  return `${SIGNALS[-code] ?? `It was ended by signal ${-code}`}.`;
}

/** Tell whether Python refused to take more memory: its own error, or PyTorch's. */
function isOutOfMemory(ename, evalue) {
  const said = /can't allocate memory|not enough memory|out of memory/i.test(evalue);
  return /^(_Array)?MemoryError$|^OutOfMemoryError$/.test(ename) || (ename === "RuntimeError" && said);
}

/**
 * @returns {string} What to say of a cell that stopped in a way of its own; empty for other errors.
 */
export function stopped({ status, ename, evalue = "" }) {
  if (status === "exit") {
    return (
      "exit() and quit() end Python itself, with all that it had computed. A new one is" +
      " started."
    );
  }
  if (ename === "SystemExit") {
    const exit = evalue ? `sys.exit(${evalue})` : "sys.exit()";
    return (
      `The code ended itself here (SystemExit, as from ${exit}). In a cell that ends the cell and` +
      " nothing else: what was computed is still there."
    );
  }
  if (isOutOfMemory(ename, evalue)) {
    return (
      "There was not enough memory for this cell. Python goes on, and what was computed before is" +
      " still there: take fewer images at a time, or restart to free what earlier cells hold."
    );
  }
  if (ename === "KeyboardInterrupt") {
    return "Interrupted.";
  }
  return "";
}
