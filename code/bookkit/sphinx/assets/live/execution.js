// One execution of code by a kernel: when it began, and how it ended.

const SECONDS = { begin: 20, idle: 5, reply: 2 };
const OUTSIDE = "outside the cell’s own code";
const INTERRUPTED = {
  content: {
    status: "error",
    ename: "KeyboardInterrupt",
    evalue: OUTSIDE,
    traceback: [`KeyboardInterrupt: ${OUTSIDE}`],
  },
};

const later = (seconds) => new Promise((resolve) => setTimeout(resolve, 1000 * seconds));

/** An execution, from the request on. */
export class Execution {
  /**
   * @param {Object} future JupyterLab's, which tells of all that comes of the request.
   */
  constructor(future) {
    this.future = future;
    this.isInterrupted = false;
    this.begun = this.#told(({ header }) => header.msg_type === "execute_input");
    this.idle = this.#told(({ content }) => content.execution_state === "idle");
  }

  /** Wait for the first message of a kind. */
  #told(isIt) {
    return new Promise((resolve) => {
      this.future.registerMessageHook((message) => {
        if (isIt(message)) {
          resolve();
        }
        return true;
      });
    });
  }

  /**
   * Interrupt it. A kernel passes over an interrupt that comes before it has begun, so that is
   * waited for.
   * @param {function(): void} send Sends the interrupt.
   */
  async interrupt(send) {
    await Promise.race([this.begun, later(SECONDS.begin)]);
    this.isInterrupted = true;
    send();
  }

  /**
   * Wait for its end. In a flood of output messages are dropped on their way, even the one by which
   * the kernel says that it is idle: once it has replied, nobody waits long for that. Nor does
   * anybody for the reply of a kernel that was interrupted right before or after the cell's own
   * code: it sends none.
   * @returns {Promise<?{content: Object}>} The kernel's reply; null if the kernel went away.
   */
  end() {
    const theirs = this.future.onReply;
    const replied = new Promise((resolve) => {
      this.future.onReply = (reply) => {
        void later(SECONDS.idle).then(() => resolve(reply));
        return theirs(reply);
      };
    });
    const done = this.future.done.catch(() => null);
    return Promise.race([done, replied, this.#endedWithoutReply()]);
  }

  async #endedWithoutReply() {
    await this.idle;
    await later(SECONDS.reply);
    return this.isInterrupted ? INTERRUPTED : new Promise(() => {});
  }
}
