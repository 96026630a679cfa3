//! The report of a run: tables, plots, and the document that holds them.

mod bars;
mod document;
mod goals;
mod scale;
mod svg;
mod tables;

use crate::results::{Measure, Results, Wire};

pub(crate) use document::{DOCUMENT, RESULTS, files};
pub(crate) use scale::PLOTTED;
pub(crate) use tables::ABOUT;

/// Tables for a terminal, with their titles.
pub(crate) fn summary(results: &Results) -> String {
    let mut text = String::new();
    let mut add = |title: &str, table: Table| {
        text += &format!("{title}\n{}\n\n", table.to_text().join("\n"));
    };
    add("Goals", goals::table(results));
    for (wire, over) in [(Wire::Plain, ""), (Wire::Tls, ", over TLS")] {
        if results.has(wire) {
            add(&format!("CPU{over}"), tables::requests(results, Measure::Cpu, wire));
            add(&format!("CPU, ratios{over}"), tables::ratios(results, Measure::Cpu, wire));
            add(&format!("Time{over}"), tables::requests(results, Measure::Wall, wire));
            add(&format!("Start{over}"), tables::starts(results, wire));
        }
    }
    add("Memory and size", tables::footprint(results));
    add("Contenders", tables::contenders(results));
    text
}

/// Table: header and rows.
struct Table {
    header: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// Lines of a Markdown table. All columns but the first are aligned to the right.
    fn to_markdown(&self) -> Vec<String> {
        let line = |cells: &[String]| format!("| {} |", cells.join(" | "));
        let rule = format!("|---|{}", "---:|".repeat(self.header.len().saturating_sub(1)));
        [line(&self.header), rule].into_iter().chain(self.rows.iter().map(|row| line(row))).collect()
    }

    /// Lines for a terminal, whose columns are as wide as their widest cells.
    fn to_text(&self) -> Vec<String> {
        let all = || [&self.header].into_iter().chain(&self.rows);
        let width = |column: usize| {
            all().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max().unwrap_or(0)
        };
        let cell = |(column, cell): (usize, &String)| {
            let width = width(column);
            if column == 0 { format!("{cell:width$}") } else { format!("{cell:>width$}") }
        };
        all().map(|row| row.iter().enumerate().map(cell).collect::<Vec<_>>().join("  ")).collect()
    }
}

/// Number with commas between the thousands.
pub(crate) fn number(value: f64, decimals: usize) -> String {
    let text = format!("{value:.decimals$}");
    let (whole, rest) = text.split_at(text.find('.').unwrap_or(text.len()));
    let mut grouped = String::new();
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index) % 3 == 0 {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped + rest
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        case::{CASES, Case},
        machine::Machine,
        measure::memory::REQUESTS,
        results::Row,
        run::workspace,
    };

    /// Results in which every measure of a contender has one value.
    pub(super) fn results(contenders: &[(&str, u64)]) -> Results {
        let rows = contenders
            .iter()
            .map(|(name, _)| Row { skipped: None, ..Row::skipped(name, name, String::new()) });
        let mut results = Results {
            machine: Machine::default(),
            seconds: 90,
            contenders: rows.collect(),
            series: Vec::new(),
        };
        for (name, value) in contenders {
            for wire in [Wire::Plain, Wire::Tls] {
                for case in CASES {
                    results.push(Measure::Cpu, wire, case, name, *value);
                    results.push(Measure::Wall, wire, case, name, *value);
                }
                results.push(Measure::FirstPoll, wire, Case::One, name, *value);
                results.push(Measure::FirstInvocation, wire, Case::One, name, *value);
            }
            for (case, _) in REQUESTS {
                results.push(Measure::Memory, Wire::Plain, case, name, *value);
            }
        }
        results
    }

    #[test]
    fn the_document_is_the_one_of_its_figures() {
        let docs = workspace().join("docs");
        let read = |file: &str| std::fs::read_to_string(docs.join(file)).unwrap();
        let results = serde_json::from_str(&read(RESULTS)).unwrap();
        for (file, text) in files(&results, &read(DOCUMENT)).unwrap() {
            assert!(read(file) == text, "docs/{file}: run `cargo performance --from docs/{RESULTS}`");
        }
    }

    #[test]
    fn an_unknown_section_is_named() {
        let page = "<!-- nothing: written by cargo performance -->\n<!-- end -->\n";
        let error = files(&results(&[]), page).unwrap_err().to_string();
        assert_eq!(error, "performance.md:1: unknown section `nothing`");
    }

    #[test]
    fn a_contender_that_was_skipped_or_refused_a_case_says_so() {
        let mut results = results(&[("receiver", 2_000_000)]);
        results.refuse("receiver", Case::Largest, "413".to_owned());
        results.contenders.push(Row::skipped("node", "Node.js", "npm is missing".to_owned()));
        let text = summary(&results);
        assert!(text.contains("cannot: 413") && text.contains("skipped: npm is missing"), "{text}");
        assert!(text.contains("2,000"), "{text}");
    }

    #[test]
    fn thousands_are_separated() {
        for (value, decimals, text) in
            [(0.0, 0, "0"), (999.4, 0, "999"), (1_000.0, 0, "1,000"), (1_234_567.25, 2, "1,234,567.25")]
        {
            assert_eq!(number(value, decimals), text);
        }
    }
}
