//! Queue of each event type, by the type's own slug or by a rule.

mod queue_url;

use std::collections::HashMap;

use http::Uri;
use prelude_events::EventType;
use serde_json::Value;

pub use self::queue_url::QueueUrl;
use crate::limits::MAX_QUEUE_NAME;

/// URL of every queue, built once at start.
#[derive(Debug)]
pub struct Routes {
    queue_type: QueueType,
    by_type: HashMap<&'static str, QueueUrl>,
    parking: QueueUrl,
    /// Rules that match no known type; probably a typo.
    pub unused_rules: Vec<String>,
}

/// Type of all queues.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum QueueType {
    /// At-least-once delivery in best-effort order.
    #[default]
    Standard,
    /// Order within a group. SQS removes the duplicates of five minutes.
    Fifo,
}

/// One member of `PRELUDE_ROUTES`: an event type or `prefix.*`, and the slug it goes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    pattern: String,
    slug: String,
}

/// Fault of the rules or of the queues' names.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RouteError {
    /// `PRELUDE_ROUTES` is not a JSON object of texts.
    #[error("is not a JSON object of event type (or prefix.*) to slug")]
    NotRules,
    /// The pattern is neither an event type nor `prefix.*`.
    #[error("has the pattern `{0}`, which is neither an event type nor prefix.*")]
    Pattern(String),
    /// The slug cannot be part of a queue's name.
    #[error(
        "sends `{0}` to a slug that is not 1 to 80 of A-Z, a-z, 0-9, - and _ (`.fifo` is added where it belongs)"
    )]
    Slug(String),
    /// The slug names another queue of the receiver.
    #[error("sends `{0}` to the parking queue or to a dead-letter queue")]
    ReservedSlug(String),
    /// The prefix is not the beginning of a queue URL.
    #[error(
        "is not the beginning of a queue URL, such as https://sqs.eu-west-1.amazonaws.com/123456789012/prelude-webhooks-"
    )]
    Prefix,
    /// The prefix makes the name of a type's own queue too long.
    #[error("makes the queue name `{0}`, which is longer than the 80 characters SQS takes")]
    PrefixTooLong(String),
    /// A rule makes the name of a queue too long.
    #[error("makes the queue name `{0}`, which is longer than the 80 characters SQS takes")]
    SlugTooLong(String),
}

impl Routes {
    /// Reads `PRELUDE_ROUTES`: the rules, and the fault of each bad one.
    #[must_use]
    pub fn parse_rules(json: &str) -> (Vec<Rule>, Vec<RouteError>) {
        let Ok(members) = serde_json::from_str::<serde_json::Map<String, Value>>(json) else {
            return (Vec::new(), vec![RouteError::NotRules]);
        };
        let (mut rules, mut errors) = (Vec::new(), Vec::new());
        for (pattern, slug) in members {
            match Rule::new(pattern, &slug) {
                Ok(rule) => rules.push(rule),
                Err(error) => errors.push(error),
            }
        }
        (rules, errors)
    }

    /// Builds the URL of every queue.
    ///
    /// # Errors
    /// The prefix, or a name that is too long. Without any rule the types' own names must fit, too.
    pub fn new(url_prefix: &str, queue_type: QueueType, rules: Vec<Rule>) -> Result<Self, RouteError> {
        let name_prefix = name_prefix(url_prefix).ok_or(RouteError::Prefix)?;
        let suffix = queue_type.suffix();
        let url = |slug: &str| -> Result<QueueUrl, String> {
            let name = format!("{name_prefix}{slug}{suffix}");
            if name.len() > MAX_QUEUE_NAME {
                Err(name)
            } else {
                Ok(format!("{url_prefix}{slug}{suffix}").into())
            }
        };
        let own_slugs = EventType::ALL.iter().filter_map(EventType::queue_slug);
        let longest = own_slugs.max_by_key(|slug| slug.len()).unwrap_or_default();
        url(longest).map_err(RouteError::PrefixTooLong)?;
        let mut by_type = HashMap::with_capacity(EventType::ALL.len());
        for event_type in EventType::ALL {
            // The most specific rule is an exact one, otherwise the one with the longest prefix.
            let rule =
                rules.iter().filter(|rule| rule.fits(event_type)).max_by_key(|rule| rule.specificity());
            if let Some(slug) = rule.map(|rule| &*rule.slug).or_else(|| event_type.queue_slug()) {
                by_type.insert(event_type.as_str(), url(slug).map_err(RouteError::SlugTooLong)?);
            }
        }
        let unused =
            rules.into_iter().filter(|rule| !EventType::ALL.iter().any(|event_type| rule.fits(event_type)));
        let unused_rules = unused.map(|rule| rule.pattern).collect();
        let parking = url(PARKING_SLUG).map_err(RouteError::PrefixTooLong)?;
        Ok(Self { queue_type, by_type, parking, unused_rules })
    }

    /// The type's queue; the parking queue for a type that is not in the table.
    #[must_use]
    pub fn queue_url(&self, event_type: &EventType) -> &QueueUrl {
        self.by_type.get(event_type.as_str()).unwrap_or(&self.parking)
    }

    /// The parking queue.
    #[must_use]
    pub const fn parking(&self) -> &QueueUrl {
        &self.parking
    }

    /// Type of all queues.
    #[must_use]
    pub const fn queue_type(&self) -> QueueType {
        self.queue_type
    }

    /// Every queue, each once.
    pub fn queue_urls(&self) -> impl Iterator<Item = &QueueUrl> {
        let urls: std::collections::BTreeSet<_> = self.by_type.values().chain([&self.parking]).collect();
        urls.into_iter()
    }
}

/// Slug of the parking queue.
pub const PARKING_SLUG: &str = "unrouted";
/// End of a dead-letter queue's name, before `.fifo`.
pub const DEAD_LETTER_SUFFIX: &str = "-dlq";

impl QueueType {
    /// End of every queue's name.
    #[must_use]
    pub const fn suffix(self) -> &'static str {
        match self {
            Self::Standard => "",
            Self::Fifo => ".fifo",
        }
    }
}

impl Rule {
    fn new(pattern: String, slug: &Value) -> Result<Self, RouteError> {
        let words = pattern.strip_suffix(".*").unwrap_or(&pattern);
        if words.is_empty() || words.contains('*') {
            return Err(RouteError::Pattern(pattern));
        }
        match slug.as_str() {
            Some(slug) if !is_name_part(slug) || slug.is_empty() || slug.len() > MAX_QUEUE_NAME => {
                Err(RouteError::Slug(pattern))
            }
            Some(slug) if slug == PARKING_SLUG || slug.ends_with(DEAD_LETTER_SUFFIX) => {
                Err(RouteError::ReservedSlug(pattern))
            }
            Some(slug) => Ok(Self { slug: slug.into(), pattern }),
            None => Err(RouteError::Slug(pattern)),
        }
    }

    fn fits(&self, event_type: &EventType) -> bool {
        match self.pattern.strip_suffix('*') {
            Some(prefix) => event_type.as_str().starts_with(prefix),
            None => event_type.as_str() == self.pattern,
        }
    }

    fn specificity(&self) -> (bool, usize) {
        (!self.pattern.ends_with('*'), self.pattern.len())
    }
}

/// Beginning of the queues' names: the end of the URL prefix.
fn name_prefix(url_prefix: &str) -> Option<&str> {
    let url: Uri = url_prefix.parse().ok()?;
    let is_web =
        matches!(url.scheme_str(), Some("http" | "https")) && url.host().is_some_and(|host| !host.is_empty());
    let (start, name_prefix) = url_prefix.rsplit_once('/')?;
    let has_path = !start.ends_with('/') && url.query().is_none();
    (is_web && has_path && is_name_part(name_prefix)).then_some(name_prefix)
}

fn is_name_part(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PREFIX: &str = "https://sqs.eu-west-1.amazonaws.com/123456789012/prelude-webhooks-";

    fn queue(routes: &Routes, event_type: &str) -> String {
        routes.queue_url(&EventType::from(event_type)).name().into()
    }

    #[test]
    fn every_type_has_a_queue_of_its_own_by_default() {
        let routes = Routes::new(PREFIX, QueueType::Standard, Vec::new()).unwrap();
        assert_eq!(routes.queue_urls().count(), EventType::ALL.len() + 1);
        assert_eq!(queue(&routes, "attempt"), "prelude-webhooks-v1-attempt");
        assert_eq!(queue(&routes, "verify.delivery_status"), "prelude-webhooks-verify-delivery-status");
        assert_eq!(queue(&routes, "made.up"), "prelude-webhooks-unrouted");
        let fifo = Routes::new(PREFIX, QueueType::Fifo, Vec::new()).unwrap();
        assert_eq!(queue(&fifo, "user.created"), "prelude-webhooks-user-created.fifo");
        assert!(fifo.queue_urls().all(|url| url.name().ends_with(".fifo")));
    }

    #[test]
    fn the_most_specific_rule_wins() {
        let rules = r#"{"user.*":"users","user.session.*":"sessions","user.session.revoked":"revoked","attempt":"v1","madeup.*":"x"}"#;
        let routes = Routes::new(PREFIX, QueueType::Standard, Routes::parse_rules(rules).0).unwrap();
        for (event_type, slug) in [
            ("user.created", "users"),
            ("user.session.created", "sessions"),
            ("user.session.revoked", "revoked"),
            ("attempt", "v1"),
            ("verify.attempt", "verify-attempt"),
            ("madeup.event", "unrouted"),
        ] {
            assert_eq!(queue(&routes, event_type), format!("prelude-webhooks-{slug}"));
        }
        assert_eq!(routes.unused_rules, ["madeup.*"]);
    }

    #[test]
    fn bad_rules_and_prefixes_are_errors() {
        for (rules, error) in [
            ("[]", RouteError::NotRules),
            ("{", RouteError::NotRules),
            (r#"{"*":"x"}"#, RouteError::Pattern("*".into())),
            (r#"{"user.*.x":"x"}"#, RouteError::Pattern("user.*.x".into())),
            (r#"{"":"x"}"#, RouteError::Pattern(String::new())),
            (r#"{"user.*":""}"#, RouteError::Slug("user.*".into())),
            (r#"{"user.*":"a.fifo"}"#, RouteError::Slug("user.*".into())),
            (r#"{"user.*":1}"#, RouteError::Slug("user.*".into())),
            (r#"{"user.*":"unrouted"}"#, RouteError::ReservedSlug("user.*".into())),
            (r#"{"user.*":"user-created-dlq"}"#, RouteError::ReservedSlug("user.*".into())),
        ] {
            assert_eq!(Routes::parse_rules(rules), (Vec::new(), vec![error]), "{rules}");
        }
        for prefix in [
            "",
            "prelude-",
            "sqs.eu-west-1.amazonaws.com/1/p-",
            "ftp://a/1/p-",
            "https://sqs",
            "https:///1/p-",
            "https://a/1/p?x=",
            "https://a/1/p.x-",
        ] {
            assert_eq!(
                Routes::new(prefix, QueueType::Standard, Vec::new()).err(),
                Some(RouteError::Prefix),
                "{prefix}"
            );
        }
        let long = format!("https://a/1/{}", "p".repeat(60));
        assert!(matches!(
            Routes::new(&long, QueueType::Standard, Vec::new()),
            Err(RouteError::PrefixTooLong(_))
        ));
        assert!(
            Routes::new("http://127.0.0.1:9324/000000000000/p-", QueueType::Standard, Vec::new()).is_ok()
        );
    }
}
