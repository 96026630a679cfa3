//! The TypeScript client: types of events and payloads, and the table that reads them.

use prelude_events::schema::{Form, Member, Object};

use super::{
    ClientFile, licences,
    model::{Event, Model, Named, Words},
    prose::{is_apart, wrapped},
};

pub(super) fn files(model: &Model) -> Vec<ClientFile> {
    let file = |name: &str, text| ClientFile { path: format!("typescript/src/{name}"), text };
    let mut files = vec![file("types.ts", types(model)), file("table.ts", table(model))];
    files.extend(licences("typescript"));
    files
}

const MARK: &str = "// Written by `cargo prelude clients` from the table of event types. Do not edit it.\n";

fn types(model: &Model) -> String {
    let mut text = format!("{MARK}{TYPES_HEAD}");
    for Named { name, item } in &model.words {
        text += &words(name, item);
    }
    for Named { name, item } in &model.objects {
        text += &object(name, item);
    }
    for event in &model.events {
        text += &event_type(event);
    }
    text += "\n/** An event of a type that this version knows. `type` distinguishes them. */\nexport type KnownEvent =";
    for event in &model.events {
        text += &format!("\n  | {}", event.name);
    }
    text + ";\n" + TYPES_TAIL
}

const TYPES_HEAD: &str = r#"
import type { Decimal } from "./decimal.js";
import type { EventBase, UnknownEvent } from "./event.js";
import type { JsonValue } from "./json.js";
import type { Timestamp } from "./timestamp.js";
"#;

const TYPES_TAIL: &str = r#"
/**
 * An event. If `known` is true, `type` narrows `payload`.
 *
 * The two are separate because a member whose `type` is any text would prevent narrowing.
 */
export type Event = KnownEvent | UnknownEvent;

/** A type that this version knows. */
export type EventType = KnownEvent["type"];

/** The part of Prelude that sends an event. */
export type Source = KnownEvent["source"];

/** The event of a type. */
export type KnownEventOf<T extends EventType> = Extract<KnownEvent, { readonly type: T }>;
"#;

fn words(name: &str, words: &Words) -> String {
    let list: String =
        words.words.iter().fold(String::new(), |list, word| list + &format!("  | \"{}\"\n", word.word));
    // `& {}` keeps the compiler from dropping the known words, which editors then offer.
    format!("\n{}export type {name} =\n{list}  | (string & {{}});\n", comment("", &words.about()))
}

fn object(name: &str, object: &Object) -> String {
    let mut text =
        format!("\n{}export interface {name} {{\n", comment("", std::slice::from_ref(&object.meaning)));
    for member in &object.members {
        text += &comment("  ", std::slice::from_ref(&member.meaning));
        text += &format!("  readonly {}?: {};\n", member.name, type_of(&member.form));
    }
    text + "}\n"
}

fn event_type(event: &Event) -> String {
    let Event { name, wire, source, meaning, payload } = event;
    let about = comment("", &[format!("`{wire}`: {meaning}")]);
    format!(
        "\n{about}export interface {name} extends EventBase {{\n  readonly known: true;\n  readonly type: \"{wire}\";\n  readonly source: \"{source}\";\n  readonly payload: {payload};\n}}\n"
    )
}

fn type_of(form: &Form) -> String {
    match form {
        Form::Text => "string".to_owned(),
        Form::Count => "number".to_owned(),
        Form::Decimal => "Decimal".to_owned(),
        Form::Time => "Timestamp".to_owned(),
        Form::Word(words) => Model::words_name(words).to_owned(),
        Form::Object(object) => Model::object_name(object).to_owned(),
        Form::List(element) => format!("readonly {}[]", type_of(element)),
        _ => "JsonValue".to_owned(),
    }
}

fn table(model: &Model) -> String {
    let mut text = format!("{MARK}\nimport type {{ EventShape, Shape }} from \"./shape.js\";\n");
    text += "\n/** A status follows those of lower stages. Words without a stage say nothing about progress. */\n";
    text += "export const DELIVERY_STAGES: ReadonlyMap<string, number> = new Map([\n";
    for (word, stage) in Model::delivery_stages() {
        text += &format!("  [\"{word}\", {stage}],\n");
    }
    text += "]);\n";
    for Named { name, item } in &model.objects {
        text += &format!("\nconst {name}: Shape = {{\n  name: \"{name}\",\n  members: [\n");
        for member in &item.members {
            let redacted = if is_redacted(member) { ", redacted: true" } else { "" };
            text +=
                &format!("    {{ name: \"{}\", form: {}{redacted} }},\n", member.name, form_of(&member.form));
        }
        text += "  ],\n};\n";
    }
    text +=
        "\n/** The shape of each type. */\nexport const TABLE: ReadonlyMap<string, EventShape> = new Map([\n";
    for Event { name, wire, source, payload, .. } in &model.events {
        text +=
            &format!("  [\"{wire}\", {{ name: \"{name}\", source: \"{source}\", payload: {payload} }}],\n");
    }
    text + "]);\n"
}

fn form_of(form: &Form) -> String {
    match form {
        Form::Text | Form::Word(_) => "\"text\"".to_owned(),
        Form::Count => "\"count\"".to_owned(),
        Form::Decimal => "\"decimal\"".to_owned(),
        Form::Time => "\"time\"".to_owned(),
        Form::Object(object) => Model::object_name(object).to_owned(),
        Form::List(element) => format!("{{ element: {} }}", form_of(element)),
        _ => "\"json\"".to_owned(),
    }
}

/// Hides any JSON too, because nobody knows what it holds.
fn is_redacted(member: &Member) -> bool {
    member.personal || member.form == Form::Json
}

/// A comment with its paragraphs.
fn comment(indent: &str, paragraphs: &[String]) -> String {
    // `*/` would end the comment.
    let wrapped = |paragraph: &String| wrapped(indent, &paragraph.replace("*/", "*\\/"));
    let lines: Vec<_> = paragraphs.iter().map(wrapped).collect();
    if let [only] = lines.as_slice()
        && let [line] = only.as_slice()
    {
        return format!("{indent}/** {line} */\n");
    }
    let mut text = format!("{indent}/**\n");
    let mut previous = "";
    for (paragraph, lines) in paragraphs.iter().zip(&lines) {
        if !previous.is_empty() && is_apart(previous, paragraph) {
            text += &format!("{indent} *\n");
        }
        for line in lines {
            text += &format!("{indent} * {line}\n");
        }
        previous = paragraph;
    }
    format!("{text}{indent} */\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clients::prose::WIDTH;

    #[test]
    fn a_comment_is_one_line_if_it_fits() {
        assert_eq!(comment("  ", &["One.".to_owned()]), "  /** One. */\n");
        let text = comment("  ", &["word ".repeat(40), "* a".to_owned(), "* b */".to_owned()]);
        assert!(text.lines().all(|line| line.len() <= WIDTH + 5), "{text}");
        assert!(text.ends_with("word\n   *\n   * * a\n   * * b *\\/\n   */\n"), "{text}");
    }

    /// npm reads the version from the package's own files.
    #[test]
    fn the_package_has_the_version_of_the_table() {
        let version = format!("\n  \"version\": \"{}\",\n", Model::read().version);
        for manifest in [
            include_str!("../../../../clients/typescript/package.json"),
            include_str!("../../../../clients/typescript/package-lock.json"),
        ] {
            assert!(manifest.contains(&version), "{version}");
        }
    }
}
