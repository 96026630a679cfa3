use super::*;

const STANDARD_QUEUE: QueueRules =
    QueueRules { fifo: false, content_based_deduplication: false, max_message_bytes: MAX_BYTES };
const FIFO_QUEUE: QueueRules = QueueRules { fifo: true, ..STANDARD_QUEUE };

fn entry(id: &str, body: impl Into<String>) -> Entry {
    Entry { id: id.into(), message_body: body.into(), ..Entry::default() }
}

fn with_attribute(name: &str, value: AttributeValue) -> Entry {
    Entry { message_attributes: [(name.to_owned(), value)].into(), ..entry("a", "x") }
}

fn fifo_entry() -> Entry {
    Entry {
        message_group_id: Some("g".into()),
        message_deduplication_id: Some("d".into()),
        ..entry("a", "x")
    }
}

#[track_caller]
fn batch_refused(entries: &[Entry], code: Code) {
    assert_eq!(check_batch(entries).map_err(|refusal| refusal.code), Err(code));
}

#[track_caller]
fn refused(entry: &Entry, queue: QueueRules, code: Code) {
    assert_eq!(check_entry(entry, &queue).map_err(|refusal| refusal.code), Err(code));
}

#[track_caller]
fn taken(entry: &Entry, queue: QueueRules) {
    assert_eq!(check_entry(entry, &queue), Ok(()));
}

#[test]
fn a_batch_holds_one_to_ten_entries() {
    let entries: Vec<_> = (0..11).map(|index| entry(&index.to_string(), "x")).collect();
    batch_refused(&[], Code::EmptyBatchRequest);
    assert_eq!(check_batch(&entries[..1]), Ok(()));
    assert_eq!(check_batch(&entries[..10]), Ok(()));
    batch_refused(&entries, Code::TooManyEntries);
}

#[test]
fn entry_ids_are_distinct_short_and_plain() {
    batch_refused(&[entry("a", "x"), entry("b", "x"), entry("a", "y")], Code::IdsNotDistinct);
    assert_eq!(check_batch(&[entry(&"a".repeat(80), "x"), entry("A-_9", "x")]), Ok(()));
    for id in ["", "a.b", "a b", "é", &"a".repeat(81)] {
        batch_refused(&[entry(id, "x")], Code::InvalidEntryId);
    }
}

#[test]
fn a_batch_holds_one_mebibyte_with_its_attributes() {
    let attributes = [("name".to_owned(), AttributeValue::string("value"))];
    let counted = "name".len() + "String".len() + "value".len();
    let first = Entry { message_attributes: attributes.into(), ..entry("a", "x".repeat(500_000)) };
    let room = MAX_BYTES - 500_000 - counted;
    assert_eq!(check_batch(&[first.clone(), entry("b", "y".repeat(room))]), Ok(()));
    batch_refused(&[first, entry("b", "y".repeat(room + 1))], Code::BatchTooLong);
}

#[test]
fn a_message_holds_one_mebibyte_or_its_queues_limit() {
    taken(&entry("a", "x".repeat(MAX_BYTES)), STANDARD_QUEUE);
    refused(&entry("a", "x".repeat(MAX_BYTES + 1)), STANDARD_QUEUE, Code::InvalidParameterValue);
    batch_refused(&[entry("a", "x".repeat(MAX_BYTES + 1))], Code::BatchTooLong);
    let small = QueueRules { max_message_bytes: 262_144, ..STANDARD_QUEUE };
    taken(&entry("a", "x".repeat(262_144)), small);
    refused(&entry("a", "x".repeat(262_145)), small, Code::InvalidParameterValue);
}

#[test]
fn bytes_are_counted_not_characters() {
    assert_eq!(message_bytes(&entry("ignored", "é€😀")), 2 + 3 + 4);
    let binary =
        AttributeValue { data_type: "Binary".into(), string_value: None, binary_value: Some("AAEC".into()) };
    assert_eq!(message_bytes(&with_attribute("n", binary)), 1 + 1 + 6 + 3);
    let trace =
        [("AWSTraceHeader".to_owned(), AttributeValue::string("Root=1-5759e988-bd862e3fe1be46a994272793"))];
    assert_eq!(message_bytes(&Entry { message_system_attributes: trace.into(), ..entry("a", "x") }), 1);
}

#[test]
fn a_body_is_not_empty() {
    refused(&entry("a", ""), STANDARD_QUEUE, Code::MissingParameter);
}

#[test]
fn only_the_characters_of_xml_are_carried() {
    for good in
        ['\t', '\n', '\r', ' ', '\u{7F}', '\u{D7FF}', '\u{E000}', '\u{FFFD}', '\u{10000}', '\u{10FFFF}']
    {
        taken(&entry("a", good), STANDARD_QUEUE);
        taken(&with_attribute("n", AttributeValue::string(good)), STANDARD_QUEUE);
    }
    for bad in ['\0', '\u{8}', '\u{B}', '\u{C}', '\u{1F}', '\u{FFFE}', '\u{FFFF}'] {
        refused(&entry("a", format!("ok{bad}")), STANDARD_QUEUE, Code::InvalidMessageContents);
        refused(
            &with_attribute("n", AttributeValue::string(bad)),
            STANDARD_QUEUE,
            Code::InvalidMessageContents,
        );
    }
}

#[test]
fn a_message_has_ten_attributes_at_most() {
    let attributes =
        |count: usize| (0..count).map(|i| (format!("n{i}"), AttributeValue::string("v"))).collect();
    taken(&Entry { message_attributes: attributes(10), ..entry("a", "x") }, STANDARD_QUEUE);
    let eleven = Entry { message_attributes: attributes(11), ..entry("a", "x") };
    refused(&eleven, STANDARD_QUEUE, Code::InvalidParameterValue);
}

#[test]
fn an_attribute_has_a_plain_name_a_type_and_a_value() {
    for name in ["n", "event_type", "A-z_0.9", &"n".repeat(256)] {
        taken(&with_attribute(name, AttributeValue::string("v")), STANDARD_QUEUE);
    }
    for name in ["", "a b", "é", ".a", "a.", "a..b", "AWS.x", "amazon.x", &"n".repeat(257)] {
        refused(
            &with_attribute(name, AttributeValue::string("v")),
            STANDARD_QUEUE,
            Code::InvalidParameterValue,
        );
    }
    let typed = |data_type: &str, value: Option<&str>| AttributeValue {
        data_type: data_type.into(),
        string_value: value.map(Into::into),
        binary_value: None,
    };
    taken(&with_attribute("n", typed("Number", Some("1.5"))), STANDARD_QUEUE);
    taken(&with_attribute("n", typed("String.label", Some("v"))), STANDARD_QUEUE);
    for bad in [
        typed("String", Some("")),
        typed("String", None),
        typed("Binary", Some("v")),
        typed("", Some("v")),
        typed("Text", Some("v")),
        typed("Number", Some("one")),
    ] {
        refused(&with_attribute("n", bad), STANDARD_QUEUE, Code::InvalidParameterValue);
    }
}

#[test]
fn the_only_system_attribute_is_a_well_formed_trace_header() {
    let with = |name: &str, value: &str| Entry {
        message_system_attributes: [(name.to_owned(), AttributeValue::string(value))].into(),
        ..entry("a", "x")
    };
    let root = "Root=1-5759e988-bd862e3fe1be46a994272793";
    taken(&with("AWSTraceHeader", root), STANDARD_QUEUE);
    taken(
        &with("AWSTraceHeader", &format!("{root};Parent=53995c3f42cd8ad8;Sampled=1;Lineage=a:0")),
        STANDARD_QUEUE,
    );
    refused(&with("Other", root), STANDARD_QUEUE, Code::InvalidParameterValue);
    for bad in [
        "",
        "x",
        "Parent=53995c3f42cd8ad8",
        "Root=1-5759e988-bd862e3fe1be46a99427279",
        "Root=2-5759e988-bd862e3fe1be46a994272793",
    ] {
        refused(&with("AWSTraceHeader", bad), STANDARD_QUEUE, Code::InvalidParameterValue);
    }
    for bad in [";Sampled=2", ";Parent=zz", ";", ";x", ";=1"] {
        refused(
            &with("AWSTraceHeader", &format!("{root}{bad}")),
            STANDARD_QUEUE,
            Code::InvalidParameterValue,
        );
    }
}

#[test]
fn a_fifo_queue_needs_a_group_and_a_deduplication_id() {
    taken(&fifo_entry(), FIFO_QUEUE);
    refused(&Entry { message_group_id: None, ..fifo_entry() }, FIFO_QUEUE, Code::MissingParameter);
    let without = Entry { message_deduplication_id: None, ..fifo_entry() };
    refused(&without, FIFO_QUEUE, Code::InvalidParameterValue);
    taken(&without, QueueRules { content_based_deduplication: true, ..FIFO_QUEUE });
    refused(&Entry { delay_seconds: Some(1), ..fifo_entry() }, FIFO_QUEUE, Code::InvalidParameterValue);
}

#[test]
fn group_and_deduplication_ids_have_128_plain_characters_at_most() {
    let (longest, too_long) = ("g".repeat(128), "g".repeat(129));
    let both = |id: &str| {
        let id = Some(id.to_owned());
        [
            Entry { message_group_id: id.clone(), ..fifo_entry() },
            Entry { message_deduplication_id: id, ..fifo_entry() },
        ]
    };
    for entry in both(&longest).iter().chain(&both("a!~#")) {
        taken(entry, FIFO_QUEUE);
    }
    for bad in [too_long.as_str(), "", "a b", "é"] {
        for entry in &both(bad) {
            refused(entry, FIFO_QUEUE, Code::InvalidParameterValue);
        }
    }
}

#[test]
fn a_standard_queue_takes_a_group_but_no_deduplication_id() {
    taken(&Entry { message_group_id: Some("tenant".into()), ..entry("a", "x") }, STANDARD_QUEUE);
    refused(&fifo_entry(), STANDARD_QUEUE, Code::InvalidParameterValue);
    taken(&Entry { delay_seconds: Some(900), ..entry("a", "x") }, STANDARD_QUEUE);
    refused(
        &Entry { delay_seconds: Some(901), ..entry("a", "x") },
        STANDARD_QUEUE,
        Code::InvalidParameterValue,
    );
}
