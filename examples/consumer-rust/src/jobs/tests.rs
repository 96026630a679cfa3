//! The jobs with the table of a DynamoDB at `AWS_ENDPOINT_URL_DYNAMODB`, e.g. moto's server or DynamoDB local. Without the
//! variable, they report that they are skipped.

use std::{collections::HashMap, io::Write, time::SystemTime};

use aws_sdk_dynamodb::{
    Client,
    config::{BehaviorVersion, Credentials, Region},
    types::{
        AttributeDefinition, AttributeValue, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType,
    },
};
use prelude_consumer::{Message, Record};
use prelude_events::samples;

use super::Jobs;
use crate::data_table::DataTable;

const STOP: &str = "marketing.subscription.stop";
const START: &str = "marketing.subscription.start";
const EARLY: &str = "2025-10-24T08:59:10.736909995Z";
const LATE: &str = "2025-10-24T08:59:10.736909996Z";

struct Fixture {
    jobs: Jobs,
    client: Client,
    table: String,
}

impl Fixture {
    async fn start() -> Option<Self> {
        let Ok(url) = std::env::var("AWS_ENDPOINT_URL_DYNAMODB") else {
            // The test harness hides `println!` of tests that pass.
            let line = b"skipped: a test with a table: AWS_ENDPOINT_URL_DYNAMODB is not set\n";
            drop(std::io::stderr().write_all(line));
            return None;
        };
        let config = aws_sdk_dynamodb::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("eu-west-1"))
            .credentials_provider(Credentials::new("test", "test", None, None, "test"))
            .endpoint_url(url);
        let client = Client::from_conf(config.build());
        let table = format!("example-{}", SystemTime::UNIX_EPOCH.elapsed().unwrap().as_nanos());
        let id = AttributeDefinition::builder().attribute_name("id").attribute_type(ScalarAttributeType::S);
        let key = KeySchemaElement::builder().attribute_name("id").key_type(KeyType::Hash);
        let create = client.create_table().table_name(&table).billing_mode(BillingMode::PayPerRequest);
        let create = create.attribute_definitions(id.build().unwrap()).key_schema(key.build().unwrap());
        create.send().await.unwrap();
        Some(Self { jobs: Jobs { table: DataTable::new(client.clone(), table.clone()) }, client, table })
    }

    async fn handle(&self, body: &str) -> Result<(), String> {
        self.handle_as("signature", body).await
    }

    async fn handle_as(&self, authentication: &str, body: &str) -> Result<(), String> {
        let mut record = Record::new("m", body);
        record.attributes.insert("authentication".to_owned(), authentication.to_owned());
        let message = Message::parse(record).unwrap();
        self.jobs.handle(message).await.map_err(|error| error.to_string())
    }

    async fn item(&self, id: &str) -> Option<HashMap<String, AttributeValue>> {
        let key = AttributeValue::S(id.to_owned());
        self.client.get_item().table_name(&self.table).key("id", key).send().await.unwrap().item
    }

    async fn count(&self) -> usize {
        self.client.scan().table_name(&self.table).send().await.unwrap().items().len()
    }
}

fn keyword(event_type: &str, received_at: &str, to: &str) -> String {
    let payload = format!(r#"{{"from":"+33639980001","to":"{to}","received_at":"{received_at}"}}"#);
    format!(r#"{{"type":"{event_type}","payload":{payload}}}"#)
}

#[tokio::test]
async fn the_order_of_events_counts_and_not_that_of_arrival() {
    let Some(fixture) = Fixture::start().await else { return };
    for (number, (arrivals, subscribed)) in [
        ([(STOP, EARLY), (START, LATE)], true),
        ([(START, LATE), (STOP, EARLY)], true),
        ([(STOP, LATE), (START, EARLY)], false),
        ([(START, EARLY), (STOP, LATE)], false),
        // At one time, STOP wins.
        ([(START, EARLY), (STOP, EARLY)], false),
        ([(STOP, EARLY), (START, EARLY)], false),
    ]
    .into_iter()
    .enumerate()
    {
        for (event_type, time) in arrivals {
            fixture.handle(&keyword(event_type, time, &number.to_string())).await.unwrap();
        }
        let item = fixture.item(&format!("subscription#{number}#+33639980001")).await.unwrap();
        assert_eq!(item["subscribed"], AttributeValue::Bool(subscribed), "{arrivals:?}");
    }
    let item = fixture.item("subscription#0#+33639980001").await.unwrap();
    assert_eq!(item["as_of"], AttributeValue::S(LATE.to_owned()));
    assert_eq!(item["as_of_nanos"], AttributeValue::N("1761296350736909996".to_owned()));
}

#[tokio::test]
async fn each_charge_counts_once_and_exactly() {
    let Some(fixture) = Fixture::start().await else { return };
    let price = r#""price":{"amount":0.0300,"currency":"EUR"},"time":"2025-03-31T23:59:59.999999999Z""#;
    for (event_type, ids) in [
        ("verify.authentication", r#""verification_id":"v1""#),
        ("verify.attempt", r#""id":"a1""#),
        ("verify.delivery_status", r#""id":"d1","attempt_id":"a1""#),
        ("verify.delivery_status", r#""id":"d2","attempt_id":"a1""#),
        ("verify.attempt", r#""id":"a1""#),
        ("verify.delivery_status", r#""id":"d3","attempt_id":"a2""#),
    ] {
        let body = format!(r#"{{"type":"{event_type}","payload":{{{ids},{price}}}}}"#);
        fixture.handle(&body).await.unwrap();
    }
    // 00:30 in Paris is March in UTC.
    let v1 = r#""price":{"amount":0.0032,"currency":"EUR"},"time":"2025-04-01T00:30:00+0200""#;
    for ids in [r#""type":"authentication","auth_uuid":"u1""#, r#""type":"attempt","attempt_uuid":"u2""#] {
        fixture.handle_as("secret_path", &format!("{{{ids},{v1}}}")).await.unwrap();
    }
    let unverified = fixture.item("cost#unverified#EUR#2025-03").await.unwrap();
    assert_eq!(unverified["amount"], AttributeValue::N("0.0064".to_owned()));
    assert_eq!(unverified["charges"], AttributeValue::N("2".to_owned()));
    let charge = fixture.item("charge#attempt#u2").await.unwrap();
    assert_eq!(charge["unverified"], AttributeValue::Bool(true));
    let cost = fixture.item("cost#EUR#2025-03").await.unwrap();
    assert_eq!(cost["amount"], AttributeValue::N("0.0900".to_owned()));
    assert_eq!(cost["charges"], AttributeValue::N("3".to_owned()));
    let charge = fixture.item("charge#attempt#a1").await.unwrap();
    assert_eq!(charge["currency"], AttributeValue::S("EUR".to_owned()));
    assert_eq!(charge.get("unverified"), None);
    assert_eq!(fixture.count().await, 7, "five charges and two sums");
}

#[tokio::test]
async fn an_unsigned_stop_is_applied_and_an_unsigned_start_fails() {
    let Some(fixture) = Fixture::start().await else { return };
    fixture.handle_as("secret_path", &keyword(START, EARLY, "1")).await.unwrap_err();
    assert_eq!(fixture.count().await, 0);
    fixture.handle_as("secret_path", &keyword(STOP, EARLY, "1")).await.unwrap();
    fixture.handle_as("secret_path", &keyword(START, LATE, "1")).await.unwrap_err();
    let item = fixture.item("subscription#1#+33639980001").await.unwrap();
    assert_eq!(item["subscribed"], AttributeValue::Bool(false));
}

#[tokio::test]
async fn an_unknown_authentication_fails_every_type() {
    let Some(fixture) = Fixture::start().await else { return };
    for sample in samples::ALL {
        let error = fixture.handle_as("newer", sample.json).await.unwrap_err();
        assert!(error.contains("authentication"), "{error}");
    }
    assert_eq!(fixture.count().await, 0);
}

#[tokio::test]
async fn an_amount_that_the_table_cannot_hold_fails() {
    let Some(fixture) = Fixture::start().await else { return };
    let body = r#"{"type":"verify.attempt","payload":{"id":"a1","time":"2025-03-31T00:00:00Z",
        "price":{"amount":1e999,"currency":"EUR"}}}"#;
    fixture.handle(body).await.unwrap_err();
    assert_eq!(fixture.count().await, 0);
}

#[tokio::test]
async fn every_sample_is_handled_or_ignored() {
    let Some(fixture) = Fixture::start().await else { return };
    for sample in samples::ALL {
        fixture.handle(sample.json).await.unwrap_or_else(|error| panic!("{}: {error}", sample.event_type));
    }
    fixture.handle(r#"{"type":"verify.newer","payload":{"price":{"amount":1}}}"#).await.unwrap();
}
