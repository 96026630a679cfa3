//! Checks every queue: its existence, type, limits and encryption, its dead-letter queue, and its waiting messages.

use std::{collections::HashMap, sync::Arc};

use aws_sdk_sqs::types::QueueAttributeName as Attribute;
use prelude_webhooks::{
    config::Config,
    route::{DEAD_LETTER_SUFFIX, QueueType, QueueUrl, Routes},
};
use serde_json::Value;
use tokio::task::JoinSet;

use super::{Group, State, sources};
use crate::operate::aws::{Aws, AwsError};

type Attributes = HashMap<Attribute, String>;

const MAX_MESSAGE: u64 = 1_048_576;
const DAY: u64 = 86_400;
/// SQS's longest retention, in seconds.
const MAX_RETENTION: u64 = 14 * DAY;

pub(super) async fn group(config: &Config, aws: &Aws) -> Group {
    let mut group = Group::new("queues");
    // Alone, because a failure that all queues share would cost the time of each.
    match ask(aws, config.routes.parking().as_str()).await {
        Err(error) if error.is_for_every_queue() || matches!(error, AwsError::TimedOut(_)) => {
            let names = config.routes.queue_urls().map(|url| url.name().to_owned());
            group.add(State::Fail, error.to_string(), names.collect());
        }
        _ => look_at_all(config, aws, &mut group).await,
    }
    group.findings.iter_mut().for_each(|finding| finding.of.sort());
    group.findings.sort_by_key(|finding| finding.state != State::Ok);
    group.unknown(
        "the function's rights to send to the queues and use their KMS keys are not checked: see its role in IAM",
    );
    group
}

async fn look_at_all(config: &Config, aws: &Aws, group: &mut Group) {
    let routes = &config.routes;
    let asked = ask_all(aws, routes.queue_urls().map(ToString::to_string)).await;
    let is_missing = |url: &str| matches!(asked.get(url), Some(Err(AwsError::NoQueue)));
    let not_deployed = sources::not_deployed(config, is_missing);
    if !not_deployed.is_empty() {
        group.add(
            State::Ok,
            "not deployed: no queue of this source exists, and no setting asks for its events",
            not_deployed.iter().map(ToString::to_string).collect(),
        );
    }
    let is_expected =
        |url: &&QueueUrl| !(is_missing(url.as_str()) && sources::serves_only(url, &not_deployed, routes));
    let mut dead_letters = Vec::new();
    for url in routes.queue_urls().filter(is_expected) {
        let is_parking = url == routes.parking();
        match asked.get(url.as_str()) {
            Some(Ok(attributes)) => {
                let mut queue = Queue { name: url.name().to_owned(), attributes, group };
                queue.kind(routes.queue_type());
                queue.size();
                queue.retention();
                queue.encryption();
                if is_parking {
                    queue.parking()
                } else {
                    dead_letters.extend(queue.redrive(url.as_str(), routes))
                }
            }
            Some(Err(AwsError::NoQueue)) if is_parking => group.add(
                State::Fail,
                "the parking queue does not exist: deliveries with an event to park are answered with 503",
                vec![url.name().to_owned()],
            ),
            Some(Err(AwsError::NoQueue)) => {
                group.add(
                    State::Fail,
                    "does not exist: its events are parked (queue_missing)",
                    vec![url.name().to_owned()],
                );
            }
            // SQS's own text names the queue, so it would become one finding for each queue.
            Some(Err(AwsError::Denied(_))) => group.add(
                State::Unknown,
                "cannot be checked: these credentials lack the right sqs:GetQueueAttributes",
                vec![url.name().to_owned()],
            ),
            Some(Err(error)) => group.add(State::Fail, error.to_string(), vec![url.name().to_owned()]),
            None => group.add(State::Unknown, "could not be checked", vec![url.name().to_owned()]),
        }
    }
    for (url, answer) in ask_all(aws, dead_letters.into_iter()).await {
        dead_letter(QueueUrl::name_in(&url), &answer, group);
    }
}

/// A queue's attributes, and the group of its findings.
struct Queue<'a> {
    name: String,
    attributes: &'a Attributes,
    group: &'a mut Group,
}

impl Queue<'_> {
    fn find(&mut self, state: State, text: impl Into<String>) {
        self.group.add(state, text, vec![self.name.clone()]);
    }

    fn number(&self, attribute: Attribute) -> Option<u64> {
        self.attributes.get(&attribute)?.parse().ok()
    }

    fn is_true(&self, attribute: Attribute) -> bool {
        self.attributes.get(&attribute).is_some_and(|text| text == "true")
    }

    fn kind(&mut self, wanted: QueueType) {
        match (self.is_true(Attribute::FifoQueue), wanted) {
            (true, QueueType::Fifo) => self.find(State::Ok, "exists, and is a FIFO queue"),
            (false, QueueType::Standard) => self.find(State::Ok, "exists, and is a standard queue"),
            (true, QueueType::Standard) => {
                self.find(State::Fail, "is a FIFO queue: expected a standard queue (PRELUDE_QUEUE_TYPE)")
            }
            (false, QueueType::Fifo) => {
                self.find(State::Fail, "is a standard queue: expected a FIFO queue (PRELUDE_QUEUE_TYPE)")
            }
        }
    }

    fn size(&mut self) {
        match self.number(Attribute::MaximumMessageSize) {
            Some(size) if size < MAX_MESSAGE => self.find(
                State::Warn,
                format!("takes messages of {size} bytes only: larger events are parked (MaximumMessageSize)"),
            ),
            Some(_) => {}
            None => self.find(State::Unknown, "does not report its MaximumMessageSize"),
        }
    }

    fn retention(&mut self) {
        if let Some(seconds) = self.number(Attribute::MessageRetentionPeriod).filter(|it| *it < MAX_RETENTION)
        {
            let days = seconds as f64 / DAY as f64;
            let text = format!(
                "keeps messages for {days:.1} days: expected 14, SQS's longest (MessageRetentionPeriod)"
            );
            self.find(State::Warn, text);
        }
    }

    fn encryption(&mut self) {
        let key = self.attributes.get(&Attribute::KmsMasterKeyId).filter(|key| !key.is_empty());
        if key.is_none() && !self.is_true(Attribute::SqsManagedSseEnabled) {
            self.find(State::Warn, "is not encrypted: set SqsManagedSseEnabled or a KMS key");
        }
    }

    fn policy(&self) -> Option<Value> {
        let policy = self.attributes.get(&Attribute::RedrivePolicy).filter(|policy| !policy.is_empty())?;
        serde_json::from_str(policy).ok()
    }

    fn parking(&mut self) {
        if self.policy().is_some() {
            self.find(
                State::Fail,
                "the parking queue has a redrive policy: listing the parked messages can remove them",
            );
        }
        match self.number(Attribute::ApproximateNumberOfMessages) {
            Some(0) => {}
            Some(count) => {
                self.find(State::Warn, format!("about {count} parked message(s): `prelude parked list`"));
            }
            None => self.find(State::Unknown, "does not report the number of parked messages"),
        }
    }

    /// URL of the dead-letter queue, if the redrive policy names the one that `prelude redrive` looks for.
    fn redrive(&mut self, url: &str, routes: &Routes) -> Option<String> {
        let Some(policy) = self.policy() else {
            self.find(
                State::Warn,
                "has no dead-letter queue: messages that its consumer cannot handle return until they expire",
            );
            return None;
        };
        let suffix = routes.queue_type().suffix();
        let expected = format!("{}{DEAD_LETTER_SUFFIX}{suffix}", url.strip_suffix(suffix).unwrap_or(url));
        let target = policy.get("deadLetterTargetArn").and_then(Value::as_str).unwrap_or_default();
        if target.rsplit(':').next() == Some(QueueUrl::name_in(&expected)) {
            return Some(expected);
        }
        self.find(
            State::Warn,
            "has a dead-letter queue of another name: expected <queue>-dlq, which `prelude redrive` looks for",
        );
        None
    }
}

fn dead_letter(name: &str, answer: &Result<Attributes, AwsError>, group: &mut Group) {
    let mut add = |state, text: String| group.add(state, text, vec![name.to_owned()]);
    match answer {
        Ok(attributes) => {
            let count = attributes.get(&Attribute::ApproximateNumberOfMessages).map_or("0", String::as_str);
            if count != "0" {
                add(
                    State::Warn,
                    format!("about {count} message(s) that a consumer failed on: `prelude redrive`"),
                );
            }
            let retention =
                attributes.get(&Attribute::MessageRetentionPeriod).and_then(|text| text.parse().ok());
            // A message keeps its age, so it expires sooner in a dead-letter queue with a shorter retention.
            if retention.is_some_and(|seconds: u64| seconds < MAX_RETENTION) {
                add(State::Warn, "a dead-letter queue that keeps messages for less than 14 days".into());
            }
        }
        Err(AwsError::NoQueue) => {
            add(State::Fail, "a redrive policy names this queue, but it does not exist".into())
        }
        Err(_) => add(State::Unknown, "a dead-letter queue that could not be checked".into()),
    }
}

/// Asks for the attributes of all queues, a few at a time.
async fn ask_all(
    aws: &Aws,
    urls: impl Iterator<Item = String>,
) -> HashMap<String, Result<Attributes, AwsError>> {
    let mut answers = HashMap::new();
    let mut asking = JoinSet::new();
    let permits = Arc::new(tokio::sync::Semaphore::new(8));
    for url in urls {
        let (aws, permits) = (aws.clone(), Arc::clone(&permits));
        asking.spawn(async move {
            let _permit = permits.acquire().await;
            let answer = ask(&aws, &url).await;
            (url, answer)
        });
    }
    while let Some(answer) = asking.join_next().await {
        answers.extend(answer.ok());
    }
    answers
}

async fn ask(aws: &Aws, url: &str) -> Result<Attributes, AwsError> {
    let asked = aws.client.get_queue_attributes().queue_url(url);
    let answer = asked.attribute_names(Attribute::All).send().await;
    answer.map(|answer| answer.attributes.unwrap_or_default()).map_err(|error| aws.explain(error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn findings(look: impl Fn(&mut Queue<'_>), attributes: &[(Attribute, &str)]) -> Vec<(State, String)> {
        let mut group = Group::new("queues");
        let attributes = attributes.iter().map(|(name, value)| (name.clone(), (*value).to_owned())).collect();
        look(&mut Queue { name: "q".into(), attributes: &attributes, group: &mut group });
        group.findings.into_iter().map(|finding| (finding.state, finding.text)).collect()
    }

    #[test]
    fn a_queue_is_encrypted_in_one_of_two_ways() {
        let look = |attributes: &[_]| findings(|queue| queue.encryption(), attributes);
        assert!(look(&[(Attribute::SqsManagedSseEnabled, "true")]).is_empty());
        let with_key =
            [(Attribute::SqsManagedSseEnabled, "false"), (Attribute::KmsMasterKeyId, "alias/queues")];
        assert!(look(&with_key).is_empty());
        for attributes in [&[(Attribute::SqsManagedSseEnabled, "false")][..], &[]] {
            let [(State::Warn, text)] = &*look(attributes) else { panic!("one warning") };
            assert!(text.contains("is not encrypted"));
        }
    }

    #[test]
    fn a_queue_of_the_other_kind_is_a_failure() {
        let kind = |attributes: &[_]| {
            let of = |wanted| findings(|queue| queue.kind(wanted), attributes).remove(0).0;
            (of(QueueType::Standard), of(QueueType::Fifo))
        };
        assert_eq!(kind(&[(Attribute::FifoQueue, "true")]), (State::Fail, State::Ok));
        assert_eq!(kind(&[]), (State::Ok, State::Fail));
    }

    #[test]
    fn a_limit_that_is_not_reported_is_unknown() {
        assert!(findings(|queue| queue.size(), &[(Attribute::MaximumMessageSize, "1048576")]).is_empty());
        assert_eq!(
            findings(|queue| queue.size(), &[(Attribute::MaximumMessageSize, "1048575")])[0].0,
            State::Warn
        );
        assert_eq!(findings(|queue| queue.size(), &[])[0].0, State::Unknown);
        assert!(
            findings(|queue| queue.retention(), &[(Attribute::MessageRetentionPeriod, "1209600")]).is_empty()
        );
    }
}
