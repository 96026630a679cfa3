//! Runs the properties of the fuzz targets on every seed, and on a fixed number of mutations of each.
//!
//! The inputs are the same in every run, without search or coverage. The test keeps the targets and their seeds working
//! between the fuzzer's runs, and finds the easy faults. `FUZZ_SMOKE_MUTATIONS` sets the number of mutations for each
//! seed.

use std::{collections::BTreeMap, fs, path::Path};

use prelude_webhooks_fuzz::{config, events, invocation, jwks, keys, samples, signature_header};

#[test]
fn invocation_holds() {
    // Includes the repository's sample invocations, which are genuine.
    smoke("invocation", &["../events", "seeds/invocation"], 100, invocation::check);
    // Fewer mutations, because each seed has more than 1 MB and is slow without optimization.
    smoke("invocation", &["seeds/invocation-large"], 4, invocation::check);
}

#[test]
fn signature_header_holds() {
    smoke("signature_header", &["seeds/signature_header"], 1_500, signature_header::check);
}

#[test]
fn jwks_holds() {
    smoke("jwks", &["seeds/jwks"], 300, jwks::check);
}

#[test]
fn events_hold() {
    smoke("events", &["../crates/events/samples", "seeds/events"], 300, events::check);
}

#[test]
fn samples_hold() {
    let mut random = Random(7);
    for _ in 0..mutations(20_000) {
        let input: Vec<u8> = (0..random.below(96)).map(|_| random.byte()).collect();
        watch(&input, samples::check);
    }
}

#[test]
fn config_holds() {
    smoke("config", &["seeds/config"], 1_000, config::check);
}

/// Checks that the seeds reach the code behind the signature. Most mutations do not.
#[test]
fn seeds_get_the_status_in_their_names() {
    for file in
        ["challenge.json", "user.created.json", "verify.attempt.json", "attempt.json", "session-batch.json"]
    {
        let seed = fs::read(format!("../events/{file}")).unwrap();
        assert_eq!(invocation::status(&seed), Some(200), "{file}");
    }
    let mut statuses = BTreeMap::new();
    for entry in fs::read_dir("seeds/invocation").unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        statuses.insert(name, invocation::status(&fs::read(path).unwrap()).unwrap());
    }
    let refused: Vec<_> = statuses.iter().filter(|(_, status)| **status != 200).collect();
    let refused: Vec<_> = refused.into_iter().map(|(name, status)| (name.as_str(), *status)).collect();
    assert_eq!(
        refused,
        [
            ("access-token", 401),
            ("delete", 405),
            ("faults-parking-refused", 503),
            ("keys-down", 503),
            ("keys-down-claimed", 503),
            ("keys-down-other-body", 401),
            ("path-empty-token", 404),
            ("session-wrong-app", 401),
            ("two-signatures", 401),
            ("unsigned-session", 401),
            ("unsigned-short-token", 401),
            ("unsigned-unknown-type", 401),
        ]
    );
    for (key, name) in [(&keys::ACCOUNT, "account"), (&keys::APP, "app"), (&keys::SECOND_APP, "second")] {
        let seed = fs::read_to_string(format!("seeds/signature_header/{name}")).unwrap();
        assert_eq!(seed, key.header(signature_header::BODY), "{name} is not the genuine signature");
    }
    let set = fs::read_to_string("seeds/jwks/app-and-other").unwrap();
    assert!(set.contains(keys::APP.jwk()["n"].as_str().unwrap()));
}

fn smoke(name: &str, directories: &[&str], count: usize, check: fn(&[u8])) {
    let seeds: Vec<_> = directories.iter().flat_map(|directory| files(Path::new(directory))).collect();
    assert!(!seeds.is_empty());
    let words = dictionary(name);
    let mut random = Random(1);
    for seed in &seeds {
        watch(seed, check);
        for _ in 0..mutations(count) {
            let other = &seeds[random.below(seeds.len())];
            watch(&mutate(seed, other, &words, &mut random), check);
        }
    }
}

fn mutations(default: usize) -> usize {
    std::env::var("FUZZ_SMOKE_MUTATIONS").map_or(default, |count| count.parse().unwrap())
}

/// Writes an input that fails to a file that the target reads.
fn watch(input: &[u8], check: fn(&[u8])) {
    if let Err(panic) = std::panic::catch_unwind(|| check(input)) {
        let path = std::env::temp_dir().join(format!("fuzz-smoke-{}", std::process::id()));
        fs::write(&path, input).unwrap();
        eprintln!("input written to {}", path.display());
        std::panic::resume_unwind(panic);
    }
}

/// Reads files in the order of their names, so that every machine has the same order.
fn files(directory: &Path) -> Vec<Vec<u8>> {
    let mut paths: Vec<_> = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let read =
        |path: &std::path::PathBuf| if path.is_dir() { files(path) } else { vec![fs::read(path).unwrap()] };
    paths.iter().flat_map(read).collect()
}

/// Words of libFuzzer's format: one in quotes on a line, with `\\`, `\"` and `\xNN`.
fn dictionary(name: &str) -> Vec<Vec<u8>> {
    let text = fs::read_to_string(format!("dictionaries/{name}.dict")).unwrap();
    let words = text.lines().filter_map(|line| line.strip_prefix('"')?.strip_suffix('"'));
    words.map(|word| unescape(word.as_bytes())).collect()
}

fn unescape(word: &[u8]) -> Vec<u8> {
    match word {
        [b'\\', b'x', high, low, rest @ ..] => {
            let digits = [*high, *low];
            let byte = u8::from_str_radix(std::str::from_utf8(&digits).unwrap(), 16).unwrap();
            [vec![byte], unescape(rest)].concat()
        }
        [b'\\', byte, rest @ ..] | [byte, rest @ ..] => [vec![*byte], unescape(rest)].concat(),
        [] => Vec::new(),
    }
}

fn mutate(seed: &[u8], other: &[u8], words: &[Vec<u8>], random: &mut Random) -> Vec<u8> {
    let mut input = seed.to_vec();
    for _ in 0..=random.below(4) {
        let at = random.below(input.len() + 1);
        let end = (at + random.below(24)).min(input.len());
        match random.below(7) {
            0 => drop(input.drain(at..end)),
            1 => input.truncate(at),
            2 => drop(input.splice(at..at, words[random.below(words.len())].clone())),
            3 => drop(input.splice(at..end, words[random.below(words.len())].clone())),
            4 => input.extend_from_within(at..end),
            5 => {
                let from = random.below(other.len() + 1);
                let to = (from + random.below(64)).min(other.len());
                drop(input.splice(at..at, other[from..to].to_vec()));
            }
            _ => {
                if let Some(byte) = input.get_mut(at) {
                    *byte ^= 1 << random.below(8);
                }
            }
        }
    }
    input
}

/// Generator of the same numbers in every run.
struct Random(u64);

impl Random {
    fn byte(&mut self) -> u8 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        self.0.to_be_bytes()[0]
    }

    fn below(&mut self, end: usize) -> usize {
        (0..4).fold(0, |number, _| number << 8 | usize::from(self.byte())) % end
    }
}
