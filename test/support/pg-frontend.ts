/** A complete message of PostgreSQL's frontend protocol. */
export interface FrontendMessage {
  /** Type byte such as `Q` (query), `d` (COPY data), `c` (COPY done); empty for the messages that begin a connection. */
  readonly type: string;
  /** Text of a simple query, else empty. */
  readonly query: string;
  readonly bytes: Buffer;
}

/** Cuts a client's bytes into messages; whatever is incomplete waits for the rest. */
export class FrontendParser {
  private pending: Buffer = Buffer.alloc(0);
  /** The first message has no type byte; a request for encryption is followed by another one of that kind. */
  private started = false;

  push(data: Buffer): FrontendMessage[] {
    this.pending = this.pending.length === 0 ? data : Buffer.concat([this.pending, data]);
    const messages: FrontendMessage[] = [];
    for (let message = this.next(); message !== undefined; message = this.next()) messages.push(message);
    return messages;
  }

  private next(): FrontendMessage | undefined {
    const lengthAt = this.started ? 1 : 0;
    if (this.pending.length < lengthAt + 4) return undefined;
    const end = lengthAt + this.pending.readInt32BE(lengthAt);
    if (this.pending.length < end) return undefined;
    const bytes = this.pending.subarray(0, end);
    this.pending = this.pending.subarray(end);
    if (!this.started) {
      this.started = !isEncryptionRequest(bytes);
      return { type: '', query: '', bytes };
    }
    const type = String.fromCharCode(bytes[0]);
    // A simple query is a text that ends with a zero byte.
    return { type, query: type === 'Q' ? bytes.toString('utf8', 5, end - 1) : '', bytes };
  }
}

/** SSLRequest and GSSENCRequest. */
function isEncryptionRequest(bytes: Buffer): boolean {
  return bytes.length === 8 && [80_877_103, 80_877_104].includes(bytes.readInt32BE(4));
}
