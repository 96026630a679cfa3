/** Prints events without what is or may be about a person. */

import type { Form, Shape } from "./shape.js";
import { unixNanos } from "./timestamp.js";

type Inspect = (value: unknown, options: object) => string;

/** `util.inspect.custom`, so that no import ties the package to Node.js's module. */
const INSPECT = Symbol.for("nodejs.util.inspect.custom");

/** Gives a payload its printing. */
export function printablePayload(shape: Shape, payload: object): object {
  return printable(payload, shape.name, () => shownObject(shape, payload));
}

/** Gives an event its printing. `payload` describes the payload; without it, all of it is hidden. */
export function printableEvent<E extends Beside>(event: E, name: string, payload: Shape | undefined): E {
  const view = (): object => ({
    type: event.type,
    known: event.known,
    id: event.id,
    source: event.source,
    createdAt: event.createdAt === undefined ? undefined : shown("time", event.createdAt),
    payload: payload === undefined ? REDACTED : shown(payload, event.payload),
  });
  // Loggers write JSON. `raw` is the event to store.
  return printable(event, name, view, { toJSON: { value: view } });
}

interface Beside {
  readonly type: string;
  readonly known: boolean;
  readonly id: string | undefined;
  readonly source: string | undefined;
  readonly createdAt: string | undefined;
  readonly payload: unknown;
}

const REDACTED = "<redacted>";

/** Adds methods that no loop over the members and no comparison sees. */
function printable<T extends object>(
  target: T,
  name: string,
  view: () => object,
  further: PropertyDescriptorMap = {},
): T {
  const toString = (): string => `${name} ${JSON.stringify(view())}`;
  const inspect = (depth: number, options: object, inspect?: Inspect): string => {
    if (depth < 0) return `[${name}]`;
    return inspect === undefined ? toString() : `${name} ${inspect(present(view()), { ...options, depth })}`;
  };
  return Object.freeze(
    Object.defineProperties(target, { toString: { value: toString }, [INSPECT]: { value: inspect }, ...further }),
  );
}

function present(view: object): object {
  return Object.fromEntries(Object.entries(view).filter(([, value]) => value !== undefined));
}

function shown(form: Form, value: unknown): unknown {
  if (form === "time") {
    // Any other text may be personal.
    const isTime = typeof value === "string" && unixNanos(value) !== undefined;
    return isTime ? value : `<unreadable time of ${String(value).length} characters>`;
  }
  if (typeof form === "string") return value;
  if ("element" in form) return (value as unknown[]).map((item) => shown(form.element, item));
  return shownObject(form, value as object);
}

function shownObject(shape: Shape, object: object): object {
  const values = object as Record<string, unknown>;
  const members = shape.members.filter(({ name }) => values[name] !== undefined);
  return Object.fromEntries(
    members.map(({ name, form, redacted }) => [name, redacted ? REDACTED : shown(form, values[name])]),
  );
}
