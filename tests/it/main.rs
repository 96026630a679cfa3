//! The integration tests: one binary, so that everything is linked once.

// `cfg(test)` tells clippy that helpers are test code as well.
#[cfg(test)]
mod support;
mod vectors;
