// Files, fetched piece by piece, so that the page can say how far it is. From the disk, where
// browsers fetch nothing, the book's own script brings them.

/**
 * Fetch a file.
 * @param {string|URL} address
 * @param {function(number, number): void} progress Told how many bytes are here, and of how many; 0
 *   if the server does not say.
 * @returns {Promise<Uint8Array>}
 * @throws {Error} If the server has no such file, or cannot be reached.
 */
export async function fetched(address, progress = () => {}) {
  if (window.fromDisk) {
    const bytes = await window.fromDisk.file(address);
    progress(bytes.length, bytes.length);
    return bytes;
  }
  const answer = await fetch(address);
  if (!answer.ok) {
    throw new Error(`the server answered ${answer.status}`);
  }
  const total = Number(answer.headers.get("Content-Length")) || 0;
  const reader = answer.body.getReader();
  const pieces = [];
  let loaded = 0;
  for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
    pieces.push(piece.value);
    loaded += piece.value.length;
    progress(loaded, Math.max(total, loaded)); // a packed file is longer than its length says
  }
  return new Uint8Array(await new Blob(pieces).arrayBuffer());
}
