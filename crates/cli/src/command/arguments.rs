//! Arguments that several commands share.

pub(super) mod event_type;
pub(super) mod receiver;
pub(super) mod url;
