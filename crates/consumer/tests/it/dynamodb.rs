//! The table in moto's DynamoDB.
//!
//! `PRELUDE_CLI_TEST_MOTO` names moto's server, such as `http://127.0.0.1:5000`. Without it, the test reports that it is
//! skipped.

use std::{io::Write, time::SystemTime};

use aws_sdk_dynamodb::{
    Client,
    config::{BehaviorVersion, Credentials, Region},
    types::{
        AttributeDefinition, AttributeValue, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType,
    },
};
use prelude_consumer::{Claims, Consumer, Idempotency, RecordError, dynamodb::Table};

use crate::{
    crashes::survives_everything,
    support::{Clock, failed, record},
    tables::{ByRef, keeps_the_rules},
};

fn client(url: &str) -> Client {
    let config = aws_sdk_dynamodb::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("eu-west-1"))
        .credentials_provider(Credentials::new("test", "test", None, None, "moto"))
        .endpoint_url(url);
    Client::from_conf(config.build())
}

/// Creates a table of this test. Without moto, reports the skipped test.
async fn table() -> Option<(Client, String)> {
    let Ok(url) = std::env::var("PRELUDE_CLI_TEST_MOTO") else {
        // libtest hides `println!` of tests that pass.
        let line = b"skipped: a test against moto: PRELUDE_CLI_TEST_MOTO is not set\n";
        drop(std::io::stderr().write_all(line));
        return None;
    };
    let client = client(&url);
    let name = format!("it-{}", SystemTime::UNIX_EPOCH.elapsed().unwrap().as_nanos());
    let id = AttributeDefinition::builder().attribute_name("id").attribute_type(ScalarAttributeType::S);
    let key = KeySchemaElement::builder().attribute_name("id").key_type(KeyType::Hash);
    let create = client.create_table().table_name(&name).billing_mode(BillingMode::PayPerRequest);
    let create = create.attribute_definitions(id.build().unwrap()).key_schema(key.build().unwrap());
    create.send().await.unwrap();
    Some((client, name))
}

#[tokio::test]
async fn the_table_keeps_the_rules_and_survives_everything() {
    let Some((client, name)) = table().await else { return };
    let table = Table::new(client, name);
    keeps_the_rules(&table, "moto", &Clock::start()).await;
    survives_everything(&table, "moto").await;
}

#[tokio::test]
async fn items_have_the_schema_of_powertools() {
    let Some((client, name)) = table().await else { return };
    let clock = Clock::start();
    let table = Table::new(client.clone(), &name);
    let second = |time: SystemTime| time.duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs();
    let deadline = clock.now() + std::time::Duration::from_secs(30);
    let item = async || {
        let key = AttributeValue::S("schema#verify##verify.attempt#e1".to_owned());
        client.get_item().table_name(&name).key("id", key).send().await.unwrap().item.unwrap()
    };
    let handle = async |_message| -> Result<(), RecordError> {
        let claimed = item().await;
        assert_eq!(claimed["status"].as_s().unwrap(), "INPROGRESS");
        let expiry = deadline.duration_since(SystemTime::UNIX_EPOCH).unwrap().as_millis().to_string();
        assert_eq!(*claimed["in_progress_expiration"].as_n().unwrap(), expiry);
        Ok(())
    };
    let consumer = Consumer::new(handle)
        .once(Idempotency::new("schema", ByRef(&table)).unwrap())
        .with_clock(clock.reader());
    let response = consumer.consume(vec![record("m1", "e1")].into(), deadline).await;
    assert!(failed(&response).is_empty());
    let completed = item().await;
    assert_eq!(completed["status"].as_s().unwrap(), "COMPLETED");
    let expiration = (second(clock.now()) + 30 * 24 * 60 * 60).to_string();
    assert_eq!(*completed["expiration"].as_n().unwrap(), expiration);
}

#[tokio::test]
async fn an_error_names_its_code_only() {
    let Some((client, _)) = table().await else { return };
    let table = Table::new(client, "missing");
    let handle = |_message| async { panic!("nothing is handled without a claim") };
    let claim = prelude_consumer::Claim::new(
        "id".to_owned(),
        SystemTime::now(),
        SystemTime::now(),
        SystemTime::now(),
    );
    let error = table.claim(&claim).await.unwrap_err();
    assert_eq!(error.to_string(), "PutItem on the idempotency table failed: ResourceNotFoundException");
    let consumer = Consumer::new(handle).once(Idempotency::new("error", table).unwrap());
    let response = consumer.consume(vec![record("m1", "e1")].into(), SystemTime::now()).await;
    assert_eq!(failed(&response), ["m1"]);
}
