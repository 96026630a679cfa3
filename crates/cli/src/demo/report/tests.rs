use serde_json::Value;

use super::*;

const FITTED: Look = Look { colour: false, fit: true };
const ID: &str = "2f0c5d1e-7a43-4a6b-9d52-0e8f6b7c9a11";

fn row(kind: Kind, sent: &str, queue: Option<&str>, note: Option<&str>) -> Row {
    Row {
        kind,
        sent: sent.into(),
        status: Some(if kind == Kind::Refused { 401 } else { 200 }),
        answer: "{}".into(),
        queue: queue.map(|slug| format!("prelude-webhooks-{slug}")),
        messages: queue.map(|_| ID.into()).into_iter().collect(),
        note: note.map(Into::into),
        ok: true,
        expected: None,
    }
}

fn report() -> Report {
    let longest = "transactional.message.pending_delivery";
    Report {
        queue_prefix: "prelude-webhooks-".into(),
        rows: vec![
            row(Kind::Activation, "activation challenge", None, Some("challenge answered")),
            row(Kind::Routed, longest, Some("transactional-message-pending-delivery"), None),
            Row {
                messages: vec![ID.into(), ID.replace('2', "3")],
                ..row(Kind::Parked, "oversize", Some("unrouted"), Some("oversize, 2 parts"))
            },
            row(Kind::Refused, "forged signature", None, Some("unauthorized")),
        ],
    }
}

fn failing() -> Report {
    let mut report = report();
    report.rows[1].ok = false;
    report.rows[1].status = Some(503);
    report.rows[1].expected =
        Some(format!("the answer 200 {{\"accepted\":1}}; {}", "a message ".repeat(12).trim_end()));
    report
}

#[test]
fn a_pipe_gets_an_aligned_table_without_colours_and_with_whole_ids() {
    let expected = "\
Queue names without their prefix `prelude-webhooks-`.

  SENT                                    ANSWER  QUEUE OR REASON                         MESSAGE
✓ activation challenge                    200     challenge answered                      -
✓ transactional.message.pending_delivery  200     transactional-message-pending-delivery  2f0c5d1e-7a43-4a6b-9d52-0e8f6b7c9a11
✓ oversize                                200     unrouted: oversize, 2 parts             2f0c5d1e-7a43-4a6b-9d52-0e8f6b7c9a11
                                                                                          3f0c5d1e-7a43-4a6b-9d53-0e8f6b7c9a11
✓ forged signature                        401     unauthorized                            -

4 of 4 rows as expected: 1 event in 1 queue, 1 parked, 1 refused, 3 messages in all
";
    assert_eq!(report().to_table(Look::PLAIN), expected);
}

#[test]
fn a_terminal_gets_a_hundred_columns() {
    for mut report in [report(), failing()] {
        report.rows.push(row(
            Kind::Routed,
            &"very.long.type.".repeat(9),
            Some(&"very-long-queue-".repeat(9)),
            None,
        ));
        let table = report.to_table(FITTED);
        let widest = table.lines().map(|line| line.chars().count()).max().unwrap();
        assert!(widest <= 100, "{widest}\n{table}");
        assert!(table.contains("2f0c5d1e…") && !table.contains(ID), "{table}");
    }
    let table = report().to_table(FITTED);
    assert_eq!(table.lines().count(), report().to_table(Look::PLAIN).lines().count(), "{table}");
}

#[test]
fn a_failing_row_has_a_cross_and_says_what_was_expected() {
    let table = failing().to_table(FITTED);
    let at = table.lines().position(|line| line.starts_with("✗ transactional")).unwrap();
    let after: Vec<_> = table.lines().skip(at + 1).take(2).collect();
    assert!(after[0].starts_with("    expected the answer 200 {\"accepted\":1}; a message"), "{after:?}");
    assert!(after[1].starts_with("    "), "{after:?}");
    assert!(
        table.ends_with(
            "3 of 4 rows as expected: 1 event in 1 queue, 1 parked, 1 refused, 3 messages in all\n"
        )
    );
    assert!(!failing().is_ok());
    assert!(!Report { rows: Vec::new(), ..report() }.is_ok());
}

#[test]
fn colours_change_nothing_but_the_colours() {
    let coloured = failing().to_table(Look { colour: true, fit: false });
    assert!(coloured.contains("\u{1b}[31m") && coloured.contains("\u{1b}[32m"));
    let mut plain = String::new();
    let mut rest = coloured.as_str();
    while let Some((before, after)) = rest.split_once('\u{1b}') {
        plain.push_str(before);
        rest = after.split_once('m').unwrap().1;
    }
    plain.push_str(rest);
    assert_eq!(plain, failing().to_table(Look::PLAIN));
}

#[test]
fn json_holds_the_rows_and_the_counts() {
    let json: Value = serde_json::from_str(&failing().to_json().unwrap()).unwrap();
    assert_eq!(json["ok"], false);
    let counts = serde_json::json!({"rows": 4, "ok": 3, "failed": 1, "routed": 1, "queues": 1, "parked": 1,
        "refused": 1, "messages": 3});
    assert_eq!(json["counts"], counts);
    assert_eq!(json["rows"][1]["kind"], "routed");
    assert_eq!(json["rows"][1]["queue"], "prelude-webhooks-transactional-message-pending-delivery");
    assert_eq!(json["rows"][1]["messages"][0], ID);
    assert!(json["rows"][0].get("expected").is_none() && json["rows"][1]["expected"].is_string());
    assert_eq!(json["rows"][3]["status"], 401);
}
