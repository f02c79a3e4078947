/**
 * The order in which joblib feeds its digest: first what arrays and dtypes give as they are met, then the
 * whole pickle. So the pickle is held until the end of the traversal. One that grows large is not: it is
 * fed at once where no array came before, else written a second time.
 */
import type { Pickler } from "../pickle/pickler.ts";
import { type Digest, type DigestMethod, updateAll } from "./_digest.ts";

/** So much of a pickle is held. */
const HELD_BYTES = 16 << 20;

/** Brings the parts of a hash in order. */
export class HashStream {
  readonly #method: DigestMethod;
  readonly #most: number;
  /** Fed with what comes ahead of the pickle. */
  #ahead: Digest | undefined;
  /** Fed with the pickle at once, as long as nothing has come ahead of it. */
  #straight: Digest | undefined;
  #held: Uint8Array[] = [];
  #heldBytes = 0;
  /** Whether the pickle must be written a second time. */
  #again = false;
  /** Whether this is the second time, in which nothing is fed ahead. */
  replaying = false;

  /** Make a hash by this method. `most`: so much of a pickle is held. */
  constructor(method: DigestMethod, most: number = HELD_BYTES) {
    this.#method = method;
    this.#most = most;
  }

  /** Bytes of an array or dtype; they are not kept. */
  feedAhead(bytes: Uint8Array): void {
    if (this.replaying) return;
    if (this.#straight !== undefined) {
      this.#straight = undefined;
      this.#again = true;
    }
    updateAll(this.#ahead ??= this.#method.create(), bytes);
  }

  /** The hash of what the pickler writes; `begin` may be called twice. */
  run(begin: () => Pickler): string {
    const pickler = begin();
    for (let piece = pickler.next(); piece !== undefined; piece = pickler.next()) {
      if (pickler.ended && this.#isEmpty) {
        const hash = this.#method.once(piece);
        pickler.giveBack();
        return hash;
      }
      this.#take(piece);
    }
    pickler.giveBack();
    if (this.#straight !== undefined) return this.#straight.hex();
    if (this.#again) return this.#replay(begin);
    const digest = this.#ahead ?? this.#method.create();
    for (const piece of this.#held) updateAll(digest, piece);
    return digest.hex();
  }

  /** Whether nothing was taken so far, and nothing fed. */
  get #isEmpty(): boolean {
    return this.#held.length === 0 && this.#ahead === undefined && this.#straight === undefined;
  }

  #take(piece: Uint8Array): void {
    if (this.#again) return;
    if (this.#straight !== undefined) return updateAll(this.#straight, piece);
    this.#held.push(piece.slice());
    this.#heldBytes += piece.length;
    if (this.#heldBytes <= this.#most) return;
    if (this.#ahead !== undefined) this.#again = true;
    else {
      this.#straight = this.#method.create();
      for (const held of this.#held) updateAll(this.#straight, held);
    }
    this.#held = [];
  }

  #replay(begin: () => Pickler): string {
    this.replaying = true;
    const digest = this.#ahead!;
    const pickler = begin();
    for (let piece = pickler.next(); piece !== undefined; piece = pickler.next()) {
      updateAll(digest, piece);
    }
    return digest.hex();
  }
}
