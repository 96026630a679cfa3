//! What the tests are written with.

pub(crate) mod guard_proxy;
pub(crate) mod keys;
pub(crate) mod process;
pub(crate) mod runtime_api;
