#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| prelude_webhooks_fuzz::events::check(input));
