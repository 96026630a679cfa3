//! Golden files: inputs and expected results that the tests of every client read.
//!
//! Each expected result comes from the Rust code: the Rust crate is the reference. `clients/golden/README.md` describes
//! the format.

mod events;
mod expected;
mod messages;
mod places;

use serde::Serialize;

use super::ClientFile;

/// Every golden file. The result is always the same.
pub(super) fn files() -> Vec<ClientFile> {
    vec![
        file("samples.json", &events::samples()),
        file("newer.json", &events::newer()),
        file("swaps.json", &events::swaps()),
        file("absent.json", &events::absent()),
        file("broken.json", &events::broken()),
        file("envelopes.json", &events::envelopes()),
        file("times.json", &messages::times()),
        file("parked.json", &messages::parked()),
        file("parts.json", &messages::parts()),
        file("keys.json", &messages::keys()),
        file("follows.json", &messages::follows()),
    ]
}

/// An array with one case on each line.
fn file<T: Serialize>(name: &str, cases: &[T]) -> ClientFile {
    let lines: Vec<_> = cases.iter().filter_map(|case| serde_json::to_string(case).ok()).collect();
    ClientFile { path: format!("golden/{name}"), text: format!("[\n{}\n]\n", lines.join(",\n")) }
}
