/**
 * Giving way to timers and I/O in the middle of long work. A resolved promise is not enough: it
 * runs before them. `setImmediate` is the cheapest that lets both run; browsers have a channel.
 */

interface Scheduling {
  setImmediate?: (callback: () => void) => unknown;
}

/** Resolves after timers and I/O that are due had their turn. */
export function yieldToEventLoop(): Promise<void> {
  const { setImmediate } = globalThis as Scheduling;
  return new Promise((resolve) => {
    if (setImmediate !== undefined) setImmediate(resolve);
    else if (typeof MessageChannel !== "undefined") post(resolve);
    else setTimeout(resolve, 0);
  });
}

// setTimeout would wait 4 ms once nested in a browser; a message doesn't.
function post(resolve: () => void): void {
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = () => {
    port1.close();
    resolve();
  };
  port2.postMessage(null);
}
