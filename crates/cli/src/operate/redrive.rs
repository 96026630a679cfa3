//! Starts, follows and cancels SQS's message move tasks, which move dead letters back to their queue.

use std::{collections::BTreeSet, time::Duration};

use aws_sdk_sqs::types::QueueAttributeName as Attribute;
use prelude_events::EventType;
use prelude_webhooks::{
    route::QueueUrl,
    route::{DEAD_LETTER_SUFFIX, Routes},
};
use serde::Serialize;

use super::{
    aws::{Aws, AwsError},
    stop::Stop,
};
use crate::terminal::{Mark, ProgressBar};

/// A dead-letter queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadLetters {
    /// Name of the dead-letter queue.
    pub name: String,
    url: QueueUrl,
    event_queue_url: QueueUrl,
}

/// Lists the dead-letter queues of the event types' queues, each once.
pub fn dead_letters(routes: &Routes, types: &[EventType]) -> Vec<DeadLetters> {
    let suffix = routes.queue_type().suffix();
    let queues: BTreeSet<&QueueUrl> = types.iter().map(|event_type| routes.queue_url(event_type)).collect();
    let of = |queue_url: &QueueUrl| {
        let queue = queue_url.as_str();
        let bare = queue.strip_suffix(suffix).unwrap_or(queue);
        let url = QueueUrl::from(format!("{bare}{DEAD_LETTER_SUFFIX}{suffix}"));
        DeadLetters { name: url.name().to_owned(), url, event_queue_url: queue_url.clone() }
    };
    queues.into_iter().map(of).collect()
}

/// Result for one dead-letter queue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Redriven {
    /// Name of the dead-letter queue.
    pub queue: String,
    /// State of its redrive.
    #[serde(flatten)]
    pub state: State,
}

/// State of a redrive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum State {
    /// The queue is empty.
    Empty,
    /// The messages were only counted.
    Waiting {
        /// Approximate number of visible messages.
        messages: i64,
    },
    /// SQS is moving the messages.
    Running {
        /// Approximate number of messages that were moved so far.
        moved: i64,
    },
    /// SQS moved all messages.
    Completed {
        /// Approximate number of moved messages.
        moved: i64,
    },
    /// A user cancelled the task.
    Cancelled {
        /// Approximate number of messages that were moved before.
        moved: i64,
    },
    /// There is no running task to cancel.
    NotRunning,
    /// The task failed, or did not start.
    Failed {
        /// SQS's reason.
        why: String,
    },
}

impl Redriven {
    /// Formats the result as one line.
    pub fn to_text(&self) -> String {
        let queue = &self.queue;
        match &self.state {
            State::Empty => format!("• {queue} is empty\n"),
            State::Waiting { messages } => format!("• {queue} holds about {messages}\n"),
            State::Running { moved } => {
                format!("• {queue}: about {moved} moved, SQS continues (--cancel stops it)\n")
            }
            State::Completed { moved } => format!("{} {queue}: about {moved} moved\n", Mark::Passed),
            State::Cancelled { moved } => format!("• {queue}: cancelled, about {moved} moved\n"),
            State::NotRunning => format!("• {queue}: no task is running\n"),
            State::Failed { why } => format!("{} {queue}: {why}\n", Mark::Failed),
        }
    }
}

impl State {
    /// Reports whether there was nothing to move or to cancel.
    pub fn is_idle(&self) -> bool {
        matches!(self, Self::Empty | Self::NotRunning)
    }

    /// Reports whether the redrive did not fail.
    pub fn is_ok(&self) -> bool {
        !matches!(self, Self::Failed { .. })
    }
}

/// Time between two requests for a task's progress.
const POLL: Duration = Duration::from_millis(500);

/// Counts the messages of a dead-letter queue approximately.
///
/// # Errors
/// SQS cannot be asked.
pub async fn look(aws: &Aws, queue: &DeadLetters) -> Result<State, AwsError> {
    let (_, messages) = arn_and_depth(aws, queue).await?;
    Ok(if messages == 0 { State::Empty } else { State::Waiting { messages } })
}

/// Reports whether the queue that the dead letters come from does not exist. Its source may not be deployed.
pub async fn has_no_event_queue(aws: &Aws, queue: &DeadLetters) -> bool {
    let asked = aws.client.get_queue_attributes().queue_url(queue.event_queue_url.as_str()).send().await;
    asked.is_err_and(|error| matches!(aws.explain(error), AwsError::NoQueue))
}

/// Moves all messages back to their queue, at most `rate` a second, and follows the task to its end. A task that is
/// already running is followed instead. When the user stops, the task continues. `skip_empty` starts no task if SQS
/// counts no message; this count is up to a minute old.
///
/// # Errors
/// SQS does not start the task, or cannot be asked.
pub async fn redrive(
    aws: &Aws,
    queue: &DeadLetters,
    rate: Option<i32>,
    skip_empty: bool,
    stop: &Stop,
    progress: &ProgressBar,
) -> Result<State, AwsError> {
    let (arn, depth) = arn_and_depth(aws, queue).await?;
    progress.set_length(u64::try_from(depth).unwrap_or_default());
    let running = newest_task(aws, &arn).await?.filter(|task| task.status == "RUNNING");
    if running.is_none() {
        if depth == 0 && skip_empty {
            return Ok(State::Empty);
        }
        let start = aws.client.start_message_move_task().source_arn(&arn);
        let started = start.set_max_number_of_messages_per_second(rate).send().await;
        started.map_err(|error| aws.explain(error))?;
    }
    loop {
        let Some(task) = newest_task(aws, &arn).await? else {
            return Ok(State::Failed { why: "SQS does not know the task".to_owned() });
        };
        progress.set_position(u64::try_from(task.moved).unwrap_or_default());
        if let Some(to_move) = task.to_move {
            progress.set_length(u64::try_from(to_move).unwrap_or_default());
        }
        let moved = task.moved;
        match &*task.status {
            "RUNNING" | "CANCELLING" => {}
            "COMPLETED" if moved == 0 && depth == 0 => return Ok(State::Empty),
            "COMPLETED" => return Ok(State::Completed { moved }),
            "CANCELLED" => return Ok(State::Cancelled { moved }),
            _ => {
                return Ok(State::Failed {
                    why: task.failure.unwrap_or_else(|| "SQS gives no reason".into()),
                });
            }
        }
        if stop.is_asked() {
            return Ok(State::Running { moved });
        }
        tokio::time::sleep(POLL).await;
    }
}

/// Cancels the running task.
///
/// # Errors
/// The task cannot be cancelled, or SQS cannot be asked.
pub async fn cancel(aws: &Aws, queue: &DeadLetters) -> Result<State, AwsError> {
    let (arn, _) = arn_and_depth(aws, queue).await?;
    let running = newest_task(aws, &arn).await?.filter(|task| task.status == "RUNNING");
    let Some(handle) = running.and_then(|task| task.handle) else { return Ok(State::NotRunning) };
    let cancelled = aws.client.cancel_message_move_task().task_handle(handle).send().await;
    let moved = cancelled.map_err(|error| aws.explain(error))?.approximate_number_of_messages_moved();
    Ok(State::Cancelled { moved })
}

struct Task {
    status: String,
    handle: Option<String>,
    moved: i64,
    to_move: Option<i64>,
    failure: Option<String>,
}

async fn newest_task(aws: &Aws, arn: &str) -> Result<Option<Task>, AwsError> {
    let listed = aws.client.list_message_move_tasks().source_arn(arn).max_results(1).send().await;
    let listed = listed.map_err(|error| aws.explain(error))?;
    Ok(listed.results().first().map(|task| Task {
        status: task.status().unwrap_or_default().to_owned(),
        handle: task.task_handle().map(str::to_owned),
        moved: task.approximate_number_of_messages_moved(),
        to_move: task.approximate_number_of_messages_to_move(),
        failure: task.failure_reason().map(str::to_owned),
    }))
}

async fn arn_and_depth(aws: &Aws, queue: &DeadLetters) -> Result<(String, i64), AwsError> {
    let asked = aws.client.get_queue_attributes().queue_url(queue.url.as_str());
    let asked = asked
        .attribute_names(Attribute::QueueArn)
        .attribute_names(Attribute::ApproximateNumberOfMessages)
        .send()
        .await;
    let attributes = asked.map_err(|error| aws.explain(error))?.attributes.unwrap_or_default();
    let depth = attributes.get(&Attribute::ApproximateNumberOfMessages).and_then(|text| text.parse().ok());
    let arn = attributes.get(&Attribute::QueueArn).cloned().unwrap_or_default();
    Ok((arn, depth.unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use prelude_webhooks::route::QueueType;

    use super::*;

    #[test]
    fn a_merged_queue_has_one_dead_letter_queue() {
        let (rules, _) = Routes::parse_rules(r#"{"user.*":"users"}"#);
        let prefix = "https://sqs.eu-west-1.amazonaws.com/1/p-";
        let routes = Routes::new(prefix, QueueType::Fifo, rules).unwrap();
        let of_type = dead_letters(&routes, &[EventType::UserCreated]);
        assert_eq!(of_type[0].url.as_str(), format!("{prefix}users-dlq.fifo"));
        assert_eq!(of_type[0].name, "p-users-dlq.fifo");
        let of_users = EventType::ALL.iter().filter(|known| known.as_str().starts_with("user.")).count();
        assert!(of_users > 1);
        assert_eq!(dead_letters(&routes, EventType::ALL).len(), EventType::ALL.len() - of_users + 1);
        let routes = Routes::new(prefix, QueueType::Standard, Vec::new()).unwrap();
        assert_eq!(dead_letters(&routes, EventType::ALL).len(), EventType::ALL.len());
        assert!(dead_letters(&routes, EventType::ALL).iter().all(|queue| queue.name.ends_with("-dlq")));
    }
}
