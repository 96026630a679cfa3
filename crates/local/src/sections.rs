//! Sections of documents and of `template.yaml` that list event types or metrics, or quote a file.
//!
//! A section stands between two comments, each on its own line: `<!-- NAME: written by cargo prelude samples -->` and
//! `<!-- end -->` in Markdown, the same with `#` in YAML. Everything between them is derived from the table of
//! `prelude-events` or from the receiver's table of metrics, or is the file after `code of `.

mod quote;

use std::{fs, io, path::Path};

use prelude_events::{EventType, Source, samples};
use prelude_webhooks::metrics::{METRICS, NAMESPACE};

/// File with sections.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// Path below the project's root.
    pub path: String,
    /// Text with every section up to date.
    pub text: String,
}

/// Name of a section, and the function that writes its lines.
pub type Section = (&'static str, fn() -> Vec<String>);

/// Every section that lists event types or metrics.
pub const SECTIONS: [Section; 6] = [
    ("event types", event_types),
    ("samples", samples),
    ("names by source", names_by_source),
    ("slugs by name", slugs_by_name),
    ("queues to send to", queues_to_send_to),
    ("metrics", metrics),
];

/// Folders whose Markdown files can have sections. `template.yaml` is the only other file.
const FOLDERS: [&str; 5] = ["", "docs", "events", "crates/events", "crates/events/samples"];

const MARK: &str = ": written by cargo prelude samples";
const QUOTE: &str = "code of ";
const END: &str = "end";

/// Files below `root` that have sections, in the order of their paths. Skips absent folders.
///
/// # Errors
/// A file that cannot be read, a section of an unknown name, or one without an end.
pub fn documents(root: &Path) -> io::Result<Vec<Document>> {
    let mut paths = vec!["template.yaml".to_owned()];
    for folder in FOLDERS {
        let Ok(entries) = fs::read_dir(root.join(folder)) else { continue };
        for entry in entries {
            let path = Path::new(folder).join(entry?.file_name());
            if path.extension().is_some_and(|extension| extension == "md") {
                paths.push(path.display().to_string());
            }
        }
    }
    paths.sort();
    let mut documents = Vec::new();
    for path in paths {
        match fs::read_to_string(root.join(&path)) {
            Ok(text) if text.contains(MARK) => {
                documents.push(Document { text: updated(root, &path, &text)?, path })
            }
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(io::Error::new(error.kind(), format!("{path}: {error}"))),
        }
    }
    Ok(documents)
}

/// Text of `template.yaml` or of a document with its sections up to date.
fn updated(root: &Path, path: &str, text: &str) -> io::Result<String> {
    replaced(path, text, MARK, |name| {
        if let Some(source) = name.strip_prefix(QUOTE) {
            return quote::quote(root, source).map_err(|error| error.to_string());
        }
        if let Some((_, section)) = SECTIONS.iter().find(|(known, _)| *known == name) {
            return Ok(section());
        }
        let known = SECTIONS.map(|(known, _)| known).join(", ");
        Err(format!("unknown section `{name}`: expected one of {known}, or {QUOTE}<path>"))
    })
}

/// Replaces the lines of each section whose comment ends with `mark`, indented as that comment.
///
/// # Errors
/// The error of `section`, which makes a section's lines, or a section without an end. Both name `path` and a line.
pub fn replaced(
    path: &str,
    text: &str,
    mark: &str,
    section: impl Fn(&str) -> Result<Vec<String>, String>,
) -> io::Result<String> {
    let fault = |line: usize, problem: String| {
        io::Error::new(io::ErrorKind::InvalidData, format!("{path}:{}: {problem}", line + 1))
    };
    let mut replaced = String::new();
    let mut lines = text.lines().enumerate();
    while let Some((number, line)) = lines.next() {
        replaced.extend([line, "\n"]);
        let Some(name) = comment(line).and_then(|comment| comment.strip_suffix(mark)) else { continue };
        let indent: String = line.chars().take_while(|character| *character == ' ').collect();
        for generated in section(name).map_err(|problem| fault(number, problem))? {
            let indent = if generated.is_empty() { "" } else { &indent };
            replaced.extend([indent, generated.as_str(), "\n"]);
        }
        let Some((_, end)) = lines.find(|(_, line)| comment(line) == Some(END)) else {
            return Err(fault(number, format!("section `{name}` has no end: expected a comment `{END}`")));
        };
        replaced.extend([end, "\n"]);
    }
    Ok(replaced)
}

/// Text of a line that is only a comment.
fn comment(line: &str) -> Option<&str> {
    let line = line.trim();
    let markdown = || line.strip_prefix("<!--")?.strip_suffix("-->");
    line.strip_prefix('#').or_else(markdown).map(str::trim)
}

/// Markdown: every type with its queue, below its source.
fn event_types() -> Vec<String> {
    let mut lines = vec!["| source | event type | queue slug |".to_owned(), "|---|---|---|".to_owned()];
    for source in Source::ALL {
        let mut cell = format!("`{source}` ");
        for (event_type, slug) in queues_of(*source) {
            lines.push(format!("| {cell}| `{event_type}` | `{slug}` |"));
            cell.clear();
        }
    }
    lines
}

/// Markdown: every type with the provenance of its sample.
fn samples() -> Vec<String> {
    let mut lines = vec![
        "| type | sample | source page, below `https://docs.prelude.so/` |".to_owned(),
        "|---|---|---|".to_owned(),
    ];
    lines.extend(samples::ALL.iter().map(|sample| {
        let provenance = if sample.documented { "documented" } else { "built" };
        let page = samples::page(&sample.event_type).unwrap_or_default();
        format!("| `{}` | {provenance} | `{page}` |", sample.event_type)
    }));
    lines
}

/// YAML: the names of every type's resources, below its source.
fn names_by_source() -> Vec<String> {
    let mut lines = Vec::new();
    for source in Source::ALL {
        // A mapping's key cannot contain an underscore.
        let key = if *source == Source::VerifyV1 { "V1" } else { source.as_str() };
        lines.extend([format!("{key}:"), "  EventTypes:".to_owned()]);
        lines.extend(queues_of(*source).map(|(_, slug)| format!("    - {}", capitals(slug))));
    }
    lines
}

/// YAML: the slug of every type by the name of its resources.
fn slugs_by_name() -> Vec<String> {
    let slugs = EventType::ALL.iter().filter_map(EventType::queue_slug);
    slugs.map(|slug| format!("{}: {slug}", capitals(slug))).collect()
}

/// YAML: the ARN of every type's queue, or of the parking queue if the type's source has no queues.
fn queues_to_send_to() -> Vec<String> {
    let arns = Source::ALL.iter().flat_map(|source| {
        let condition = format!("Has{}", capitals(source.as_str()));
        queues_of(*source).map(move |(_, slug)| {
            format!("- !GetAtt [!If [{condition}, Queue{}, QueueUnrouted], Arn]", capitals(slug))
        })
    });
    arns.collect()
}

/// Markdown: every metric, with the alarms on it.
fn metrics() -> Vec<String> {
    let mut lines = vec!["| name | unit | meaning | alarm |".to_owned(), "|---|---|---|---|".to_owned()];
    lines.extend(METRICS.iter().map(|metric| {
        let alarms: Vec<_> = alarms_on(TEMPLATE, metric.name).map(|name| format!("`{name}` ")).collect();
        format!("| `{}` | {} | {} | {}|", metric.name, metric.unit, metric.meaning, alarms.concat())
    }));
    lines
}

const TEMPLATE: &str = include_str!("../../../template.yaml");

/// Logical IDs of the alarms in a template that name a metric of the receiver. AWS has metrics of the same names, so the
/// line of the namespace, which stands before or in that of the name, counts too.
fn alarms_on<'a>(template: &'a str, metric: &str) -> impl Iterator<Item = &'a str> {
    // A resource begins at the only lines that two blanks indent.
    let is_start =
        |line: &str| line.starts_with("  ") && !line.starts_with("   ") && !line.starts_with("  #");
    let resources = template.split("\nResources:\n").nth(1).unwrap_or_default();
    let mut alarms = Vec::new();
    let (mut name, mut is_alarm, mut is_own) = ("", false, false);
    for line in resources.lines() {
        if is_start(line) {
            (name, is_alarm) = (line.trim().trim_end_matches(':'), false);
        }
        if let Some((_, namespace)) = line.split_once("Namespace: ") {
            is_own = namespace.split(',').next() == Some(NAMESPACE);
        }
        is_alarm |= line.trim() == "Type: AWS::CloudWatch::Alarm";
        let words = || line.split(|character: char| !character.is_ascii_alphanumeric());
        if is_alarm && is_own && line.contains("MetricName:") && words().any(|word| word == metric) {
            alarms.push(name);
        }
    }
    alarms.dedup();
    alarms.into_iter()
}

/// Types of a source, and their slugs.
fn queues_of(source: Source) -> impl Iterator<Item = (&'static EventType, &'static str)> {
    let types = EventType::ALL.iter().filter(move |event_type| event_type.source() == Some(source));
    types.filter_map(|event_type| Some((event_type, event_type.queue_slug()?)))
}

/// Turns `user-created` into `UserCreated`, because a logical ID may contain only letters and digits.
fn capitals(words: &str) -> String {
    let capital = |word: &str| {
        let mut letters = word.chars();
        letters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(letters).collect::<String>()
    };
    words.split(['-', '_']).map(capital).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_section_is_replaced_and_the_rest_is_kept() {
        let text = "one\n  # slugs by name: written by cargo prelude samples\n  old\n  # end\n# end\n";
        let updated = updated(Path::new("/nowhere"), "t", text).unwrap();
        assert!(updated.starts_with("one\n  # slugs by name: written by cargo prelude samples\n  V1Auth"));
        assert!(updated.contains("\n  StepUpHookFailed: step-up-hook-failed\n"), "{updated}");
        assert!(updated.ends_with("\n  # end\n# end\n"), "{updated}");
        assert_eq!(updated.lines().count(), 4 + EventType::ALL.len(), "{updated}");
        assert!(!updated.contains("old"));
        assert_eq!(super::updated(Path::new("/nowhere"), "t", &updated).unwrap(), updated);
    }

    #[test]
    fn an_alarm_is_listed_for_each_metric_that_it_names() {
        let template = "Parameters:\n  Duration:\n    Type: String\n\nResources:\n  Queue:\n    Type: AWS::SQS::Queue\n    \
            MetricName: Duration\n  # A comment.\n  Slow:\n    Type: AWS::CloudWatch::Alarm\n    Properties:\n      \
            Namespace: PreludeWebhooks\n      MetricName: Duration\n  Lambdas:\n    Type: AWS::CloudWatch::Alarm\n    \
            Properties:\n      Namespace: AWS/Lambda\n      MetricName: Duration\n  Refused:\n    \
            Type: AWS::CloudWatch::Alarm\n    Properties:\n      Metrics:\n        \
            - {MetricStat: {Metric: {Namespace: PreludeWebhooks, MetricName: RefusedPath}}}\n        \
            - {MetricStat: {Metric: {Namespace: PreludeWebhooks, MetricName: Duration}}}\n        \
            - {MetricStat: {Metric: {Namespace: PreludeWebhooks, MetricName: Duration}}}\n";
        let alarms = |metric| alarms_on(template, metric).collect::<Vec<_>>();
        assert_eq!(alarms("Duration"), ["Slow", "Refused"]);
        assert_eq!(alarms("RefusedPath"), ["Refused"]);
        assert!(alarms("Refused").is_empty() && alarms("VerifyDuration").is_empty());
    }

    #[test]
    fn a_wrong_section_is_named_with_its_line() {
        for (text, problem) in [
            (
                "\n<!-- types: written by cargo prelude samples -->\n",
                "t:2: unknown section `types`: expected one of event types, ",
            ),
            (
                "<!-- samples: written by cargo prelude samples -->\n| x |\n",
                "t:1: section `samples` has no end",
            ),
            ("<!-- code of x.rs: written by cargo prelude samples -->\n", "t:1: x.rs: "),
        ] {
            let error = updated(Path::new("/nowhere"), "t", text).unwrap_err().to_string();
            assert!(error.starts_with(problem), "{error}");
        }
    }

    #[test]
    fn a_folder_without_documents_has_none() {
        assert_eq!(documents(Path::new("/nowhere")).unwrap(), []);
    }
}
