import type { Event } from "prelude-events";

/** Logs an event that needs no work. */
export function ignored(event: Event): void {
  const line = {
    timestamp: new Date().toISOString(),
    level: "INFO",
    message: "event ignored",
    event_type: event.type,
    event_id: event.id,
  };
  // Lambda's `console` would put text before the JSON.
  process.stdout.write(`${JSON.stringify(line)}\n`);
}
