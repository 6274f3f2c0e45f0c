// Runs one network with onnxruntime-web beside the page, which can end it if it does not answer.
let ort = null;
let session = null;

const tasks = {
  /** Load onnxruntime: its module's address, and its binary, which the page has fetched. */
  async load({ module, binary }) {
    ort = await import(module);
    Object.assign(ort.env.wasm, { wasmBinary: binary, numThreads: 1 });
    ort.env.logLevel = "fatal";
    return {};
  },

  async open({ bytes, options }) {
    session = await ort.InferenceSession.create(bytes, options);
    return {};
  },

  /** Give the network an image, and return all outputs by their names. */
  async run({ image, dims }) {
    const outputs = await session.run({
      [session.inputNames[0]]: new ort.Tensor("float32", image, dims),
    });
    const told = Object.entries(outputs).map(([name, { type, dims, data }]) => [
      name, { type, dims, data }
    ]);
    return { outputs: Object.fromEntries(told) };
  },
};

onmessage = async ({ data: { task, ...given } }) => {
  try {
    postMessage(await tasks[task](given));
  } catch (error) {
    postMessage({ error: String(error?.message ?? error) });
  }
};
