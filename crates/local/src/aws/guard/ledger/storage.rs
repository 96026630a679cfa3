//! The ledger as the embedded SQS's storage, for one account in one region. [`SqsState`](winterbaume_sqs::SqsState)
//! decides everything except the counts.

use std::{
    collections::HashMap,
    future::{Future, ready},
    pin::Pin,
};

use winterbaume_sqs::{
    SendMessageOutput, SqsBackend, SqsStateView, StateViewError,
    state::SqsError,
    types::{Message, MessageAttribute, MessageMoveTask, Queue},
};

use super::{Contents, Ledger};
use crate::aws::place::{ACCOUNT_ID, REGION};

type Answer<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// Storage methods, each with its parameters after account and region. A method of kind `change` notifies.
macro_rules! methods {
    ($($kind:ident $name:ident($($parameter:ident: $type:ty),*) -> $value:ty = |$contents:ident| $effect:expr;)*) => {
        $(
            fn $name(
                &self, _account_id: String, _region: String, $($parameter: $type),*
            ) -> Answer<Result<$value, SqsError>> {
                Box::pin(ready(self.$kind(|$contents| $effect)))
            }
        )*
    };
}

type Attributes = HashMap<String, String>;

impl SqsBackend for Ledger {
    methods! {
        change create_queue(name: String, attributes: Attributes, tags: Option<Attributes>) -> Queue =
            |contents| contents.sqs.create_queue(&name, REGION, ACCOUNT_ID, &attributes, tags.as_ref()).cloned();
        change delete_queue(name: String) -> () =
            |contents| contents.sqs.delete_queue(&name).map(|()| contents.forget_deleted());
        read get_queue_url(name: String) -> String = |contents| contents.sqs.get_queue_url(&name).map(str::to_owned);
        read get_queue_attributes(name: String) -> Attributes = |contents| contents.attributes(&name);
        change set_queue_attributes(name: String, attributes: Attributes) -> () =
            |contents| contents.sqs.set_queue_attributes(&name, &attributes);
        read list_queues(prefix: Option<String>) -> Vec<Queue> =
            |contents| Ok(contents.sqs.list_queues(prefix.as_deref()).into_iter().cloned().collect());
        change send_message(
            queue: String, body: String, delay: Option<u32>, attributes: HashMap<String, MessageAttribute>,
            group: Option<String>, deduplication: Option<String>
        ) -> SendMessageOutput = |contents| {
            let (group, deduplication) = (group.as_deref(), deduplication.as_deref());
            let sent = contents.sqs.send_message(&queue, &body, delay, attributes, group, deduplication)?;
            Ok(SendMessageOutput { message_id: sent.message_id, body_md5: sent.body_md5 })
        };
        receipt receive_messages(queue: String, most: usize, hidden_for: Option<u32>) -> Vec<Message> =
            |contents| contents.receive(&queue, most, hidden_for);
        change delete_message(queue: String, handle: String) -> () = |contents| contents.delete(&queue, &handle);
        change purge_queue(queue: String) -> () =
            |contents| contents.sqs.purge_queue(&queue).map(|()| contents.forget_deleted());
        change change_message_visibility(queue: String, handle: String, hidden_for: u32) -> () =
            |contents| contents.sqs.change_message_visibility(&queue, &handle, hidden_for);
        change change_message_visibility_batch(queue: String, entries: Vec<(String, String, u32)>) -> Vec<String> =
            |contents| contents.sqs.change_message_visibility_batch(&queue, &entries);
        read list_queue_tags(queue: String) -> Attributes = |contents| contents.sqs.list_queue_tags(&queue);
        read tag_queue(queue: String, tags: Attributes) -> () = |contents| contents.sqs.tag_queue(&queue, &tags);
        read untag_queue(queue: String, names: Vec<String>) -> () = |contents| contents.sqs.untag_queue(&queue, &names);
        read add_permission(queue: String, label: String, accounts: Vec<String>, actions: Vec<String>) -> () =
            |contents| contents.sqs.add_permission(&queue, &label, accounts, actions);
        read remove_permission(queue: String, label: String) -> () =
            |contents| contents.sqs.remove_permission(&queue, &label);
        read list_dead_letter_source_queues(queue: String) -> Vec<String> =
            |contents| contents.sqs.list_dead_letter_source_queues(&queue);
        // The guard runs these tasks by itself.
        read start_message_move_task(source: String, destination: Option<String>, rate: Option<i32>) -> String =
            |contents| contents.sqs.start_message_move_task(&source, destination.as_deref(), rate);
        read cancel_message_move_task(handle: String) -> i64 = |contents| contents.sqs.cancel_message_move_task(&handle);
        read list_message_move_tasks(source: String) -> Vec<MessageMoveTask> =
            |contents| Ok(contents.sqs.list_message_move_tasks(&source).into_iter().cloned().collect());
    }

    fn scopes_with_state(&self) -> Vec<(String, String)> {
        vec![(ACCOUNT_ID.to_owned(), REGION.to_owned())]
    }

    fn snapshot(&self, _account_id: String, _region: String) -> Answer<SqsStateView> {
        Box::pin(ready(SqsStateView::from(&self.lock().sqs)))
    }

    fn restore(
        &self,
        _account_id: String,
        _region: String,
        _view: SqsStateView,
    ) -> Answer<Result<(), StateViewError>> {
        Box::pin(ready(Err(no_views())))
    }

    fn merge(
        &self,
        _account_id: String,
        _region: String,
        _view: SqsStateView,
    ) -> Answer<Result<(), StateViewError>> {
        Box::pin(ready(Err(no_views())))
    }
}

/// A view has no messages, so nothing here reads one.
fn no_views() -> StateViewError {
    StateViewError::Invalid("views are not supported".to_owned())
}

impl Ledger {
    fn read<T>(&self, effect: impl FnOnce(&mut Contents) -> T) -> T {
        effect(&mut self.lock())
    }

    fn change<T>(&self, effect: impl FnOnce(&mut Contents) -> T) -> T {
        let value = self.read(effect);
        self.notify();
        value
    }

    /// Notifies only if the receipt changed something, because a long poll repeats it.
    fn receipt(&self, effect: impl FnOnce(&mut Contents) -> Received) -> Result<Vec<Message>, SqsError> {
        let (messages, moved) = self.read(effect)?;
        if moved || !messages.is_empty() {
            self.notify();
        }
        Ok(messages)
    }
}

/// Received messages, and whether others went to the dead-letter queue.
type Received = Result<(Vec<Message>, bool), SqsError>;

impl Contents {
    /// The attributes of the embedded SQS, with counts that include messages whose visibility timeout has ended.
    fn attributes(&self, queue: &str) -> Result<Attributes, SqsError> {
        let mut attributes = self.sqs.get_queue_attributes(queue)?;
        let counts = self.sqs.queues.get(queue).map(Self::counts).into_iter().flatten();
        attributes.extend(counts.map(|(name, count)| (name.to_owned(), count.to_string())));
        Ok(attributes)
    }

    fn receive(&mut self, queue: &str, most: usize, hidden_for: Option<u32>) -> Received {
        let length = |contents: &Self| contents.sqs.queues.get(queue).map_or(0, |queue| queue.messages.len());
        let before = length(self);
        let messages = self.sqs.receive_message(queue, most, hidden_for)?;
        for message in &messages {
            self.notes.entry(message.message_id.clone()).or_default().received += 1;
        }
        Ok((messages, length(self) != before))
    }

    fn delete(&mut self, queue: &str, handle: &str) -> Result<(), SqsError> {
        let messages = self.sqs.queues.get(queue).map_or(&[][..], |queue| &queue.messages);
        let message =
            messages.iter().find(|message| message.all_receipt_handles.iter().any(|one| one == handle));
        let id = message.map(|message| message.message_id.clone());
        self.sqs.delete_message(queue, handle)?;
        if let Some(id) = id {
            self.notes.remove(&id);
        }
        Ok(())
    }
}
