/** The form of a member, in the table that `cargo prelude clients` writes. */
export type Form = "text" | "count" | "decimal" | "time" | "json" | Shape | List;

/** A payload, or an object inside one. */
export interface Shape {
  readonly name: string;
  readonly members: readonly Member[];
}

/** An array. */
export interface List {
  readonly element: Form;
}

/** A member of an object. */
export interface Member {
  readonly name: string;
  readonly form: Form;
  /** True if printing hides the value, because it is or may be about a person. */
  readonly redacted?: true;
}

/** An event type. */
export interface EventShape {
  readonly name: string;
  readonly source: string;
  readonly payload: Shape;
}
