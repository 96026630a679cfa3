//! The idempotency table in DynamoDB.

use std::time::SystemTime;

use aws_sdk_dynamodb::{
    Client,
    error::{ProvideErrorMetadata, SdkError},
    operation::{put_item::PutItemError, update_item::UpdateItemError},
    types::{AttributeValue, ReturnValuesOnConditionCheckFailure},
};

use crate::table::{Claim, Claimed, Claims, Completed, TableError};

/// A table in the schema of AWS Lambda Powertools: the partition key `id` (S), `expiration` (N, seconds, the TTL attribute),
/// `in_progress_expiration` (N, milliseconds), and `status` (S).
///
/// Consumers can share a table, because each id begins with its consumer's name. The function's role needs
/// `dynamodb:PutItem`, `dynamodb:UpdateItem` and `dynamodb:DeleteItem`.
#[derive(Debug, Clone)]
pub struct Table {
    client: Client,
    name: String,
}

const IN_PROGRESS: &str = "INPROGRESS";
const COMPLETED: &str = "COMPLETED";

/// Nobody completed or holds the id. Compares times, because DynamoDB deletes expired items days late.
const FREE: &str = "attribute_not_exists(id) OR expiration < :now OR \
    (#status = :in_progress AND attribute_exists(in_progress_expiration) AND in_progress_expiration < :now_ms)";
/// The claim is this consumer's. A later claim of the id has a later end.
const OURS: &str = "#status = :in_progress AND in_progress_expiration = :held_until";

impl Table {
    /// Uses the table of this name or ARN.
    pub fn new(client: Client, name: impl Into<String>) -> Self {
        Self { client, name: name.into() }
    }
}

impl Claims for Table {
    async fn claim(&self, claim: &Claim) -> Result<Claimed, TableError> {
        let put = self
            .client
            .put_item()
            .table_name(&self.name)
            .item("id", text(&claim.id))
            .item("status", text(IN_PROGRESS))
            .item("expiration", seconds(claim.expires_at))
            .item("in_progress_expiration", milliseconds(claim.held_until))
            .condition_expression(FREE)
            .expression_attribute_names("#status", "status")
            .expression_attribute_values(":now", seconds(claim.now))
            .expression_attribute_values(":now_ms", milliseconds(claim.now))
            .expression_attribute_values(":in_progress", text(IN_PROGRESS))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        match put.send().await {
            Ok(_) => Ok(Claimed::New),
            Err(error) => match error.as_service_error() {
                Some(PutItemError::ConditionalCheckFailedException(refused)) => {
                    Ok(if is_completed(refused.item()) { Claimed::Done } else { Claimed::Held })
                }
                _ => Err(failed("PutItem", &error)),
            },
        }
    }

    async fn complete(&self, claim: &Claim) -> Result<Completed, TableError> {
        let update = self
            .client
            .update_item()
            .table_name(&self.name)
            .key("id", text(&claim.id))
            .update_expression("SET #status = :completed, expiration = :expiration")
            // Without an item, a consumer took the claim over and failed. This one has done the work.
            .condition_expression(format!("attribute_not_exists(id) OR ({OURS})"))
            .expression_attribute_names("#status", "status")
            .expression_attribute_values(":completed", text(COMPLETED))
            .expression_attribute_values(":expiration", seconds(claim.expires_at))
            .expression_attribute_values(":in_progress", text(IN_PROGRESS))
            .expression_attribute_values(":held_until", milliseconds(claim.held_until))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        match update.send().await {
            Ok(_) => Ok(Completed::Done),
            Err(error) => match error.as_service_error() {
                Some(UpdateItemError::ConditionalCheckFailedException(refused)) => {
                    Ok(if is_completed(refused.item()) { Completed::Done } else { Completed::TakenOver })
                }
                _ => Err(failed("UpdateItem", &error)),
            },
        }
    }

    async fn release(&self, claim: &Claim) -> Result<(), TableError> {
        let delete = self
            .client
            .delete_item()
            .table_name(&self.name)
            .key("id", text(&claim.id))
            .condition_expression(OURS)
            .expression_attribute_names("#status", "status")
            .expression_attribute_values(":in_progress", text(IN_PROGRESS))
            .expression_attribute_values(":held_until", milliseconds(claim.held_until));
        match delete.send().await {
            Ok(_) => Ok(()),
            Err(error)
                if error
                    .as_service_error()
                    .is_some_and(|error| error.is_conditional_check_failed_exception()) =>
            {
                Ok(())
            }
            Err(error) => Err(failed("DeleteItem", &error)),
        }
    }
}

fn text(value: &str) -> AttributeValue {
    AttributeValue::S(value.to_owned())
}

fn seconds(time: SystemTime) -> AttributeValue {
    AttributeValue::N(since_1970(time).as_secs().to_string())
}

fn milliseconds(time: SystemTime) -> AttributeValue {
    AttributeValue::N(since_1970(time).as_millis().to_string())
}

fn since_1970(time: SystemTime) -> std::time::Duration {
    time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default()
}

fn is_completed(item: Option<&std::collections::HashMap<String, AttributeValue>>) -> bool {
    item.and_then(|item| item.get("status"))
        .and_then(|status| status.as_s().ok())
        .is_some_and(|status| status == COMPLETED)
}

/// Names the operation and DynamoDB's error code, or the kind of an error without an answer. Messages of DynamoDB may quote keys.
fn failed<E: ProvideErrorMetadata>(operation: &str, error: &SdkError<E>) -> TableError
where
    SdkError<E>: std::fmt::Display,
{
    let code = error.code().map_or_else(|| error.to_string(), str::to_owned);
    TableError::new(format!("{operation} on the idempotency table failed: {code}"))
}
