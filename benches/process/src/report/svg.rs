//! Parts of the plots: SVG that is readable on light and dark pages.

/// Picture of this size in pixels, with a title for readers that cannot see it.
pub(super) fn picture(width: f64, height: f64, title: &str, content: &[String]) -> String {
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" \
         height=\"{height}\" role=\"img\">\n<title>{title}</title>\n{STYLE}<rect class=\"page\" width=\"{width}\" \
         height=\"{height}\" rx=\"6\"/>\n{}\n</svg>\n",
        content.join("\n")
    )
}

/// Text at a place. `class` sets colour and size, `anchor` is `start`, `middle` or `end`.
pub(super) fn text(x: f64, y: f64, anchor: &str, class: &str, content: &str) -> String {
    format!(r#"<text class="{class}" x="{x:.1}" y="{y:.1}" text-anchor="{anchor}">{content}</text>"#)
}

/// Straight line of the grid.
pub(super) fn line([x1, y1]: [f64; 2], [x2, y2]: [f64; 2]) -> String {
    format!(r#"<line class="grid" x1="{x1:.1}" y1="{y1:.1}" x2="{x2:.1}" y2="{y2:.1}"/>"#)
}

/// Class of a contender, which sets its colour.
pub(super) fn class(contender: &str) -> &'static str {
    match contender {
        "receiver" | "receiver-metrics" => "receiver",
        "bare" => "bare",
        "equal-work" => "equal",
        _ => "script",
    }
}

/// Colours with a contrast of at least 4.5 to the page. The page has its own background, because a site may be dark on a
/// light system.
const STYLE: &str = "<style>
text { font: 13px system-ui, sans-serif; fill: #1f2328; }
.small { font-size: 12px; fill: #59636e; }
.head { font-weight: 600; }
.page { fill: #ffffff; stroke: #d1d9e0; }
.grid { stroke: #d1d9e0; }
.line { fill: none; stroke-width: 2; }
.receiver { --c: #0969da; } .bare { --c: #6e7781; } .equal { --c: #bc4c00; } .script { --c: #8250df; }
.line { stroke: var(--c); } .fill { fill: var(--c); }
@media (prefers-color-scheme: dark) {
text { fill: #f0f6fc; } .small { fill: #9198a1; }
.page { fill: #0d1117; stroke: #3d444d; } .grid { stroke: #3d444d; }
.receiver { --c: #4493f8; } .bare { --c: #9198a1; } .equal { --c: #f0883e; } .script { --c: #ab7df8; }
}
</style>
";
