import { RegistrationError } from "./errors.js";
import { TABLE } from "./table.js";
import type { Event, EventType, KnownEventOf } from "./types.js";

/**
 * Calls the handler of each event's type.
 *
 * The fallback gets every event without a handler: of a type that is newer than this version, and of a known type that
 * nobody registered. It has to decide, so it cannot be left out.
 */
export class Dispatcher<R = void> {
  readonly #fallback: (event: Event) => R;
  readonly #handlers = new Map<string, (event: never) => R>();
  #started = false;

  constructor(fallback: (event: Event) => R) {
    if (typeof fallback !== "function") throw new TypeError("the fallback is missing: expected a function");
    this.#fallback = fallback;
  }

  /**
   * Registers the handler of an event type.
   *
   * Throws `RegistrationError` if the type has a handler already, if an event was dispatched already, or if this version
   * does not know the type.
   */
  on<T extends EventType>(type: T, handler: (event: KnownEventOf<T>) => R): this {
    if (typeof handler !== "function") throw new TypeError("the handler is missing: expected a function");
    if (this.#started) {
      throw new RegistrationError(`handler of ${type} comes too late: expected it before the first event`);
    }
    if (!TABLE.has(type)) {
      throw new RegistrationError(`event type ${JSON.stringify(type)} is unknown: the fallback gets newer types`);
    }
    if (this.#handlers.has(type)) {
      throw new RegistrationError(`event type ${type} has a handler already: expected one`);
    }
    this.#handlers.set(type, handler);
    return this;
  }

  /** Calls the handler of the event's type, otherwise the fallback, and returns what it returns. */
  dispatch(event: Event): R {
    this.#started = true;
    const handler = this.#handlers.get(event.type) as ((event: Event) => R) | undefined;
    return (handler ?? this.#fallback)(event);
  }
}
