/** The names that the function works with. */
export interface Settings {
  /** Begins every id in the idempotency table. */
  readonly name: string;
  readonly idempotencyTable: string;
  readonly dataTable: string;
}

/** Reads the environment. Throws an error that names every missing variable. */
export function settings(environment: NodeJS.ProcessEnv): Settings {
  const missing: string[] = [];
  const read = (variable: string): string => {
    const value = environment[variable] ?? "";
    if (value === "") missing.push(variable);
    return value;
  };
  const found = {
    name: read("CONSUMER_NAME"),
    idempotencyTable: read("IDEMPOTENCY_TABLE"),
    dataTable: read("DATA_TABLE"),
  };
  if (missing.length > 0) throw new Error(`environment variables are missing: expected ${missing.join(", ")}`);
  return found;
}
