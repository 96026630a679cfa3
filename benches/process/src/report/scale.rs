//! Plot of CPU per event over the number of events, with logarithmic axes.

use super::svg::{class, line, picture, text};
use crate::{
    case::{CASES, Case, SIZES},
    contender::{BASE, RECEIVER},
    report::number,
    results::{Measure, Results, Wire},
};

const WIDTH: f64 = 760.0;
const HEIGHT: f64 = 400.0;
const LEFT: f64 = 64.0;
const RIGHT: f64 = 150.0;
const TOP: f64 = 44.0;
const BOTTOM: f64 = 52.0;

/// Contenders of the plot.
pub(crate) const PLOTTED: [&str; 3] = [RECEIVER, BASE, "bare"];
/// Shapes of their points.
const SHAPES: [Shape; 3] = [Shape::Circle, Shape::Square, Shape::Diamond];

#[derive(Debug, Clone, Copy)]
enum Shape {
    Circle,
    Square,
    Diamond,
}

/// The plot of the batches of all sizes, without TLS.
pub(super) fn plot(results: &Results) -> String {
    let mut lines: Vec<_> =
        PLOTTED.into_iter().zip(SHAPES).map(|(name, shape)| (name, shape, points(results, name))).collect();
    let axis = |index: usize| {
        let values = lines.iter().flat_map(|(_, _, points)| points).filter_map(|point| point.get(index));
        values.fold([f64::INFINITY, 0.0_f64], |[low, high], value| [low.min(*value), high.max(*value)])
    };
    let ([first, last], [low, high]) = (axis(0), axis(1));
    // Room above and below the lines.
    let (low, high) = (low / 1.15, high * 1.15);
    let x = |value: f64| LEFT + (WIDTH - LEFT - RIGHT) * share(value, first, last);
    let y = |value: f64| HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * share(value, low, high);
    let mut content = vec![text(LEFT, 26.0, "start", "head", TITLE)];
    for tick in ticks(first, last) {
        content.push(line([x(tick), TOP], [x(tick), HEIGHT - BOTTOM]));
        content.push(text(x(tick), HEIGHT - BOTTOM + 18.0, "middle", "small", &number(tick, 0)));
    }
    content.push(text((LEFT + WIDTH - RIGHT) / 2.0, HEIGHT - 12.0, "middle", "small", "events in the batch"));
    for tick in ticks(low, high) {
        content.push(line([LEFT, y(tick)], [WIDTH - RIGHT, y(tick)]));
        content.push(text(LEFT - 8.0, y(tick) + 4.0, "end", "small", &number(tick, 0)));
    }
    // From top to bottom, so that a name can give way to the one above it.
    let end = |points: &[[f64; 2]]| points.last().map_or(0.0, |[_, cpu]| *cpu);
    lines.sort_by(|(_, _, one), (_, _, other)| end(other).total_cmp(&end(one)));
    let mut label = 0.0_f64;
    for (name, shape, points) in &lines {
        let places: Vec<_> = points.iter().map(|[events, cpu]| [x(*events), y(*cpu)]).collect();
        let Some([end_x, end_y]) = places.last() else { continue };
        let path: Vec<_> = places.iter().map(|[x, y]| format!("{x:.1},{y:.1}")).collect();
        content.push(format!(r#"<g class="{}">"#, class(name)));
        content.push(format!(r#"<polyline class="line" points="{}"/>"#, path.join(" ")));
        content.extend(places.iter().map(|[x, y]| point(*shape, *x, *y)));
        let title = results.contenders.iter().find(|row| row.name == *name);
        label = end_y.max(label + 18.0);
        content.push(point(*shape, end_x + 14.0, label));
        content.push(text(end_x + 24.0, label + 4.0, "start", "", title.map_or(name, |row| &row.label)));
        content.push("</g>".to_owned());
    }
    picture(WIDTH, HEIGHT, TITLE, &content)
}

const TITLE: &str = "CPU per event in µs, by the size of the batch";

/// Number of events, and CPU per event in microseconds, in order.
fn points(results: &Results, contender: &str) -> Vec<[f64; 2]> {
    let batches = CASES.into_iter().chain(SIZES).filter(|case| matches!(case, Case::Batch(_)));
    let points = batches.filter_map(|case| {
        let cpu = results.summary(Measure::Cpu, Wire::Plain, case, contender)?;
        let events = f64::from(case.events());
        Some([events, cpu.median / 1e3 / events])
    });
    let mut points: Vec<_> = points.collect();
    points.sort_by(|[one, _], [other, _]| one.total_cmp(other));
    points
}

/// Place of a value on a logarithmic axis, from 0 to 1.
fn share(value: f64, low: f64, high: f64) -> f64 {
    if high > low { (value / low).ln() / (high / low).ln() } else { 0.5 }
}

/// Values 1, 2 and 5 of each power of ten within the axis.
fn ticks(low: f64, high: f64) -> impl Iterator<Item = f64> {
    let powers = (0..7).map(|power| 10.0_f64.powi(power));
    powers
        .flat_map(|power| [1.0, 2.0, 5.0].map(|digit| digit * power))
        .filter(move |tick| (low..=high).contains(tick))
}

fn point(shape: Shape, x: f64, y: f64) -> String {
    match shape {
        Shape::Circle => format!(r#"<circle class="fill" cx="{x:.1}" cy="{y:.1}" r="4"/>"#),
        Shape::Square => {
            format!(r#"<rect class="fill" x="{:.1}" y="{:.1}" width="7" height="7"/>"#, x - 3.5, y - 3.5)
        }
        Shape::Diamond => {
            format!(r#"<path class="fill" d="M{x:.1} {:.1}l5 5l-5 5l-5 -5z"/>"#, y - 5.0)
        }
    }
}
