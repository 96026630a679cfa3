//! Bars for all contenders, one panel for each measure. Each panel has its own linear scale from zero.

use super::svg::{class, picture, text};
use crate::{
    case::Case,
    results::{Measure, Results, Wire},
};

/// Title of a panel, and the values that it shows.
pub(super) type Panel = (&'static str, Measure, Case);

/// CPU of the three usual requests.
pub(super) const CPU: [Panel; 3] = [
    ("CPU of one event", Measure::Cpu, Case::One),
    ("CPU of a batch of 25 events", Measure::Cpu, Case::Batch(25)),
    ("CPU of a batch of 500 events", Measure::Cpu, Case::Batch(500)),
];

/// Start and memory.
pub(super) const PROCESS: [Panel; 3] = [
    ("Start to first poll", Measure::FirstPoll, Case::One),
    ("First invocation", Measure::FirstInvocation, Case::One),
    ("Peak memory after single events", Measure::Memory, Case::One),
];

const WIDTH: f64 = 760.0;
const LEFT: f64 = 150.0;
/// Room for the values at the ends of the bars.
const RIGHT: f64 = 110.0;
const BAR: f64 = 22.0;

/// The panels, without TLS.
pub(super) fn plot(results: &Results, title: &str, panels: &[Panel]) -> String {
    let mut content = Vec::new();
    let mut y = 10.0;
    for (title, measure, case) in panels {
        y += 24.0;
        content.push(text(16.0, y, "start", "head", title));
        y += 10.0;
        let bars: Vec<_> = results
            .contenders
            .iter()
            .filter_map(|row| Some((row, results.summary(*measure, Wire::Plain, *case, &row.name)?.median)))
            .collect();
        let longest = bars.iter().map(|(_, value)| *value).fold(1.0, f64::max);
        for (row, value) in bars {
            let length = (WIDTH - LEFT - RIGHT) * value / longest;
            content.push(text(LEFT - 8.0, y + 15.0, "end", "small", &row.label));
            content.push(format!(
                r#"<g class="{}"><rect class="fill" x="{LEFT}" y="{:.1}" width="{length:.1}" height="{:.1}"/></g>"#,
                class(&row.name),
                y + 3.0,
                BAR - 6.0
            ));
            content.push(text(LEFT + length + 6.0, y + 15.0, "start", "", &measure.text(value)));
            y += BAR;
        }
    }
    picture(WIDTH, y + 14.0, title, &content)
}
