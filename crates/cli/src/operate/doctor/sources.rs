//! Sources that have no queue, because the template's parameter `Families` leaves them out.

use std::collections::BTreeSet;

use prelude_events::{EventType, Source};
use prelude_webhooks::{
    config::Config,
    route::{QueueUrl, Routes},
};

/// Lists the sources that are not deployed: none of their queues exists, and no setting asks for their events.
pub(super) fn not_deployed(config: &Config, is_missing: impl Fn(&str) -> bool) -> BTreeSet<Source> {
    let has_queue =
        |source| types_of(source).any(|event_type| !is_missing(config.routes.queue_url(event_type).as_str()));
    let without: BTreeSet<_> = Source::ALL.iter().copied().filter(|source| !has_queue(*source)).collect();
    without.iter().copied().filter(|source| !is_asked_for(*source, config, &without)).collect()
}

/// Reports whether a queue would serve these sources alone. A queue that `PRELUDE_ROUTES` names is asked for, and the
/// parking queue serves no source.
pub(super) fn serves_only(url: &QueueUrl, sources: &BTreeSet<Source>, routes: &Routes) -> bool {
    let name = url.name();
    let name = name.strip_suffix(routes.queue_type().suffix()).unwrap_or(name);
    let mut types = EventType::ALL.iter().filter(|event_type| routes.queue_url(event_type) == url).peekable();
    types.peek().is_some()
        && types.all(|event_type| {
            let is_own = event_type.queue_slug().is_some_and(|slug| name.ends_with(slug));
            is_own && event_type.source().is_some_and(|source| sources.contains(&source))
        })
}

/// Reports whether a setting asks for a source's events. An app asks for Session, and `PRELUDE_ACCEPT_UNSIGNED` for the
/// sources that it names. The account's key verifies Verify and Notify. It asks for both only while neither has a
/// queue, because one of them is reason enough to configure it.
fn is_asked_for(source: Source, config: &Config, without: &BTreeSet<Source>) -> bool {
    let unsigned = config.accept_unsigned.contains(&source);
    match source {
        Source::Session => !config.apps.is_empty(),
        Source::VerifyV1 => unsigned,
        Source::Verify | Source::Notify => {
            let neither = [Source::Verify, Source::Notify].iter().all(|source| without.contains(source));
            unsigned || (neither && !config.account_keys.is_empty())
        }
    }
}

fn types_of(source: Source) -> impl Iterator<Item = &'static EventType> {
    EventType::ALL.iter().filter(move |event_type| event_type.source() == Some(source))
}
