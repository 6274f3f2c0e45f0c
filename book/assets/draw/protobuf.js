// Protocol buffers, the wire format of ONNX files: fields with a number, one behind the other.

/** The bytes are not what they should be. */
export class Malformed extends Error {}

const VARINT = 0;
const EIGHT_BYTES = 1;
const LENGTH = 2;
const FOUR_BYTES = 5;
const decoder = new TextDecoder();

/** A stretch of a file, read field by field. */
export class Message {
  /**
   * @param {Uint8Array} bytes
   * @throws {Malformed} From every method, if the bytes end too early or are no message.
   */
  constructor(bytes) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.position = 0;
  }

  /**
   * Go through all fields.
   * @param {Object<number, function(Field): void>} readers What to do with a field of that number;
   *   others are skipped.
   */
  read(readers) {
    const field = new Field(this);
    while (this.position < this.bytes.length) {
      field.next();
      readers[field.number]?.(field);
    }
  }

  /** @returns {number} Whole numbers beyond 2⁵³ are rounded. */
  varint() {
    let [low, high, shift] = [0, 0, 0];
    for (;;) {
      const byte = this.bytes[this.#advance(1)];
      const bits = byte & 127;
      if (shift < 28) {
        low += bits * 2 ** shift;
      } else {
        high += bits * 2 ** (shift - 28);
      }
      shift += 7;
      if (byte < 128) {
        return signed(low, high);
      }
      if (shift >= 70) {
        throw new Malformed("a number without an end");
      }
    }
  }

  float() {
    return this.view.getFloat32(this.#advance(4), true);
  }

  double() {
    return this.view.getFloat64(this.#advance(8), true);
  }

  /** @returns {Uint8Array} The next bytes, not copied. */
  take(length) {
    const start = this.#advance(length);
    return this.bytes.subarray(start, start + length);
  }

  #advance(length) {
    const start = this.position;
    if (!(length >= 0 && length <= this.bytes.length - start)) {
      throw new Malformed("an end too early");
    }
    this.position = start + length;
    return start;
  }
}

/** @returns {number} The two's complement of 64 bits, from the lower 28 and those above. */
function signed(low, high) {
  const upper = high % 2 ** 36;
  return (upper < 2 ** 35 ? upper : upper - 2 ** 36) * 2 ** 28 + low;
}

/** The field at which the reading of a message stands. */
class Field {
  #message;

  constructor(message) {
    this.#message = message;
  }

  /** Read the field at the message's position. */
  next() {
    const key = this.#message.varint();
    this.number = Math.floor(key / 8);
    this.wire = key & 7;
    if (!(this.number > 0 && this.number < 2 ** 29)) {
      throw new Malformed("a field without a number");
    }
    this.value = this.#content();
  }

  #content() {
    const message = this.#message;
    switch (this.wire) {
      case VARINT:
        return message.varint();
      case EIGHT_BYTES:
        return message.double();
      case LENGTH:
        return message.take(message.varint());
      case FOUR_BYTES:
        return message.float();
      default:
        throw new Malformed("a field of a kind that does not exist");
    }
  }

  #expect(wire) {
    if (this.wire !== wire) {
      throw new Malformed("a field of another kind than expected");
    }
    return this.value;
  }

  get integer() {
    return this.#expect(VARINT);
  }

  get float() {
    return this.#expect(FOUR_BYTES);
  }

  get bytes() {
    return this.#expect(LENGTH);
  }

  get text() {
    return decoder.decode(this.bytes);
  }

  get message() {
    return new Message(this.bytes);
  }

  /**
   * Append this field's numbers: packed in one field, or one of many.
   * @param {number[]} list
   * @param {"varint"|"float"} kind
   * @param {number} most After how many more than these it stops reading.
   */
  appendTo(list, kind, most) {
    const message = this.wire === LENGTH ? this.message : null;
    if (!message) {
      list.push(this.value);
    }
    while (message && message.position < message.bytes.length && list.length <= most) {
      list.push(message[kind]());
    }
  }
}
