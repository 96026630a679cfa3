import { RegistrationError } from "./errors.js";
import { TABLE } from "./table.js";
import type { Event, EventType, KnownEventOf } from "./types.js";

/**
 * Calls the handler of each event's type.
 *
 * The fallback gets every event without a handler: of a type that is newer than this version, and of a known type that
 * nobody registered. It has to decide, so it cannot be left out.
 *
 * `C` is the type of a second argument, which handlers get from `dispatch`. A `consumer` passes the record.
 */
export class Dispatcher<R = void, C = unknown> {
  readonly #fallback: (event: Event, context: C) => R;
  readonly #handlers = new Map<string, (event: never, context: C) => R>();
  #started = false;

  constructor(fallback: (event: Event, context: C) => R) {
    if (typeof fallback !== "function") throw new TypeError("the fallback is missing: expected a function");
    this.#fallback = fallback;
  }

  /**
   * Registers the handler of an event type.
   *
   * Throws `RegistrationError` if the type has a handler already, if an event was dispatched already, or if this version
   * does not know the type.
   */
  on<T extends EventType>(type: T, handler: (event: KnownEventOf<T>, context: C) => R): this {
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

  /**
   * Calls the handler of the event's type, otherwise the fallback, and returns what it returns.
   *
   * `context` is optional unless the dispatcher has a type for it.
   */
  dispatch(event: Event, ...[context]: unknown extends C ? [context?: C] : [context: C]): R {
    this.#started = true;
    const handler = this.#handlers.get(event.type) as ((event: Event, context: C) => R) | undefined;
    return (handler ?? this.#fallback)(event, context as C);
  }
}
