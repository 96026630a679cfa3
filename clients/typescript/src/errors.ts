/** The reason why a body cannot be read as an event. */
export type Problem = "not_json" | "too_deep" | "not_an_object" | "missing_type" | "payload";

/**
 * The body cannot be read as an event.
 *
 * The error holds no value of the body. Of the names of members, only those that this package defines appear.
 */
export class ParseError extends Error {
  /** The reason, as a word. */
  readonly problem: Problem;
  /** The type, if this version knows it and its payload is broken. */
  readonly eventType: string | undefined;
  /**
   * The path of the broken member inside the payload, e.g. `price.amount` or `identifiers[0]`.
   *
   * The path is empty if the payload itself has the wrong form.
   */
  readonly path: string | undefined;
  /** The kind of JSON value that was found, e.g. `an array`. */
  readonly found: string | undefined;

  static {
    this.prototype.name = "ParseError";
  }

  /** @internal */
  constructor(problem: Problem, { eventType, path, found }: Omit<Partial<ParseError>, keyof Error> = {}) {
    super(message(problem, eventType, path, found));
    this.problem = problem;
    this.eventType = eventType;
    this.path = path;
    this.found = found;
  }
}

/** The body of a parked message is not encoded as its attribute `encoding` says, or its parts do not fit together. */
export class DecodeError extends Error {
  static {
    this.prototype.name = "DecodeError";
  }
}

/** A handler is registered twice, too late, or for a type that this version does not know. */
export class RegistrationError extends Error {
  static {
    this.prototype.name = "RegistrationError";
  }
}

function message(problem: Problem, eventType?: string, path?: string, found?: string): string {
  switch (problem) {
    case "not_json":
      return "body is not JSON";
    case "too_deep":
      return "body is nested too deeply";
    case "not_an_object":
      return `body is ${found}: expected an object`;
    case "missing_type":
      return "event has no type: expected a text in `type` or `event`";
    case "payload":
      return `${path ? `member \`${path}\`` : "payload"} of ${eventType} has an unexpected form: found ${found}`;
  }
}
