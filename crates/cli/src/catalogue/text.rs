//! Catalogue as text: one line for each type in a pipe, grouped and wrapped on a terminal.

use prelude_events::{EventType, Source, samples, schema};

use super::{Authentication, MemberRow, Row, members, rows};
use crate::terminal::{BOLD, DIM, Look, WIDTH, wrap};

/// Table of all types.
pub fn table(look: Look) -> String {
    if look.fit { grouped(look) } else { lines() }
}

/// One line for each type, in columns for `grep` and `awk`.
fn lines() -> String {
    let rows = rows();
    let width = |text: fn(&Row) -> &str| rows.iter().map(|row| text(row).len()).max().unwrap_or_default();
    let (type_width, queue_width) = (width(|row| row.event_type), width(|row| row.queue_slug));
    let line = |cells: [&str; 5]| {
        let [event_type, source, authentication, queue, meaning] = cells;
        format!(
            "{event_type:type_width$}  {source:9}  {authentication:14}  {queue:queue_width$}  {meaning}\n"
        )
    };
    let mut text = line(["TYPE", "SOURCE", "AUTHENTICATION", "QUEUE", "MEANING"]);
    for row in &rows {
        text += &line([
            row.event_type,
            row.source.as_str(),
            words(row.authentication),
            row.queue_slug,
            row.meaning,
        ]);
    }
    text
}

fn grouped(look: Look) -> String {
    let mut text = String::new();
    for source in Source::ALL {
        let heading = format!("{source}: {}", sentence(Authentication::of(*source)));
        text += &format!("{}\n", look.paint(&heading, BOLD));
        for row in rows().iter().filter(|row| row.source == *source) {
            let queue = look.paint(&format!("→ {}", row.queue_slug), DIM);
            text += &format!("  {:43}{queue}\n", row.event_type);
            for line in wrap(row.meaning, WIDTH - 6) {
                text += &format!("      {line}\n");
            }
        }
        text.push('\n');
    }
    text + "Queues are shown without their prefix. `prelude events show <type>` shows the members of a type.\n"
}

/// All parts of one type; `None` for an unknown one.
pub fn type_page(event_type: &EventType, look: Look) -> Option<String> {
    let row = Row::of(event_type)?;
    let sample = samples::ALL.iter().find(|sample| sample.event_type == *event_type)?;
    let heading = |text: &str| format!("\n{}\n", look.paint(text, BOLD));
    let mut text = look.paint(row.event_type, BOLD) + "\n" + row.meaning + "\n\n";
    text += &format!("source          {}\nauthentication  {}\n", row.source, sentence(row.authentication));
    text += &format!("queue           <prefix>{}\n", row.queue_slug);
    text += &heading(match row.source {
        Source::VerifyV1 => "MEMBERS (any may be absent; * is about a person)",
        Source::Verify | Source::Notify | Source::Session => {
            "MEMBERS OF THE PAYLOAD (any may be absent; * is about a person)"
        }
    });
    let members = members(event_type);
    let width = members.iter().map(|member| member.path.len()).max().unwrap_or_default();
    for MemberRow { path, form, meaning, personal } in &members {
        let mark = if *personal { '*' } else { ' ' };
        let lines = if look.fit {
            wrap(&format!("{meaning} [{form}]"), WIDTH.saturating_sub(width + 5).max(30))
        } else {
            vec![format!("{meaning} [{form}]")]
        };
        for (index, line) in lines.iter().enumerate() {
            let (path, mark) = if index == 0 { (path.as_str(), mark) } else { ("", ' ') };
            text += &format!("  {path:width$} {mark} {line}\n");
        }
    }
    text += &heading(if sample.documented {
        "SAMPLE (as Prelude documents it)"
    } else {
        "SAMPLE (built from the documented members)"
    });
    text += sample.json.trim_end();
    text.push('\n');
    text += &heading("JSON SCHEMA");
    text += &format!("{:#}\n", schema::json_schema(event_type)?);
    Some(text)
}

const fn words(authentication: Authentication) -> &'static str {
    match authentication {
        Authentication::SecretPath => "secret path",
        Authentication::AccountKey => "account key",
        Authentication::AppKey => "app key",
    }
}

const fn sentence(authentication: Authentication) -> &'static str {
    match authentication {
        Authentication::SecretPath => {
            "never signed; if opted in, accepted through the secret path from a listed address"
        }
        Authentication::AccountKey => "signed with the account's key",
        Authentication::AppKey => "signed with the app's key, in batches",
    }
}
