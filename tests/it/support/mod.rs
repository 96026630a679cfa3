//! Building blocks of the tests.

pub(crate) mod faults;
pub(crate) mod guard_proxy;
pub(crate) mod keys;
pub(crate) mod openssl;
pub(crate) mod parked;
pub(crate) mod process;
pub(crate) mod runtime_api;
pub(crate) mod stack;
pub(crate) mod wire;
