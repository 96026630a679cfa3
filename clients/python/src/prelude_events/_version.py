# Written by `cargo prelude clients` from the table of event types. Do not edit it.

VERSION = "0.1.0"
