//! The edge to DynamoDB. Each write has a condition, so that a second one of the same event changes nothing.

use aws_sdk_dynamodb::{
    Client,
    error::{ProvideErrorMetadata, SdkError},
    operation::transact_write_items::TransactWriteItemsError,
    types::{AttributeValue, Put, TransactWriteItem, Update},
};
use prelude_consumer::RecordError;

use crate::{cost::Charge, subscription::Change};

pub struct DataTable {
    client: Client,
    name: String,
}

impl DataTable {
    pub const fn new(client: Client, name: String) -> Self {
        Self { client, name }
    }

    /// Stores a change, unless a later one is stored. At the same time, STOP wins.
    pub async fn apply(&self, change: &Change) -> Result<(), RecordError> {
        let earlier = if change.is_subscribed { "<" } else { "<=" };
        let update = self
            .client
            .update_item()
            .table_name(&self.name)
            .key("id", text(&change.id))
            .update_expression("SET subscribed = :subscribed, as_of = :as_of, as_of_nanos = :nanos")
            .condition_expression(format!(
                "attribute_not_exists(as_of_nanos) OR as_of_nanos {earlier} :nanos"
            ))
            .expression_attribute_values(":subscribed", AttributeValue::Bool(change.is_subscribed))
            .expression_attribute_values(":as_of", text(&change.as_of))
            .expression_attribute_values(":nanos", number(change.as_of_nanos));
        match update.send().await {
            Ok(_) => Ok(()),
            // An older event came late.
            Err(error) if is_late(&error) => Ok(()),
            Err(error) => Err(failed("UpdateItem", &error)),
        }
    }

    /// Adds a charge to the cost of its month, once. Both items change, or none.
    pub async fn add(&self, charge: &Charge) -> Result<(), RecordError> {
        let mut put = Put::builder()
            .table_name(&self.name)
            .item("id", text(&format!("charge#{}", charge.id)))
            .item("amount", number(&charge.amount))
            .item("currency", text(&charge.currency))
            .condition_expression("attribute_not_exists(id)");
        let mut sum = format!("{}#{}", charge.currency, charge.month);
        if !charge.is_verified {
            put = put.item("unverified", AttributeValue::Bool(true));
            sum = format!("unverified#{sum}");
        }
        let update = Update::builder()
            .table_name(&self.name)
            .key("id", text(&format!("cost#{sum}")))
            .update_expression("ADD amount :amount, charges :one")
            .expression_attribute_values(":amount", number(&charge.amount))
            .expression_attribute_values(":one", number(1));
        let transaction = self
            .client
            .transact_write_items()
            .transact_items(TransactWriteItem::builder().put(put.build()?).build())
            .transact_items(TransactWriteItem::builder().update(update.build()?).build());
        match transaction.send().await {
            Ok(_) => Ok(()),
            Err(error) if error.as_service_error().is_some_and(is_counted) => Ok(()),
            Err(error) => Err(failed("TransactWriteItems", &error)),
        }
    }
}

fn text(value: &str) -> AttributeValue {
    AttributeValue::S(value.to_owned())
}

/// The digits as they are. DynamoDB's numbers are decimals of 38 digits.
fn number(value: impl ToString) -> AttributeValue {
    AttributeValue::N(value.to_string())
}

fn is_late<E: ProvideErrorMetadata>(error: &SdkError<E>) -> bool {
    error.code() == Some("ConditionalCheckFailedException")
}

/// Reports whether the charge exists. For any other reason, e.g. a conflict of two transactions, SQS delivers the record again.
fn is_counted(error: &TransactWriteItemsError) -> bool {
    let TransactWriteItemsError::TransactionCanceledException(canceled) = error else { return false };
    let put = canceled.cancellation_reasons().first();
    put.and_then(|reason| reason.code()) == Some("ConditionalCheckFailed")
}

/// Names the operation and DynamoDB's code. DynamoDB's message may quote values.
fn failed<E: ProvideErrorMetadata>(operation: &str, error: &SdkError<E>) -> RecordError {
    RecordError::new(format!("{operation} failed: {}", error.code().unwrap_or("no answer")))
}

#[cfg(test)]
mod tests {
    use aws_sdk_dynamodb::types::{CancellationReason, error::TransactionCanceledException};

    use super::*;

    #[test]
    fn only_an_existing_charge_counts_as_counted() {
        for (codes, expected) in [
            (["ConditionalCheckFailed", "None"], true),
            (["None", "TransactionConflict"], false),
            (["TransactionConflict", "None"], false),
            (["None", "ConditionalCheckFailed"], false),
        ] {
            let reasons = codes.map(|code| CancellationReason::builder().code(code).build());
            let canceled =
                TransactionCanceledException::builder().set_cancellation_reasons(Some(reasons.into()));
            let error = TransactWriteItemsError::TransactionCanceledException(canceled.build());
            assert_eq!(is_counted(&error), expected, "{codes:?}");
        }
    }
}
