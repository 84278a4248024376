//! The report as one page that needs nothing else: style and pictures are in it, and its policy
//! forbids the browser to ask anybody for more.

use ossutil_client::protocol::operations::Part;

use super::data::{AGES, Report, Sum, cost};
use crate::{
    display::{binary_size, object_url, span, utc_time},
    uploads::Layout,
};

const STYLE: &str = include_str!("style.css");

/// How many folders are shown one by one.
const MAX_FOLDERS: usize = 25;

/// How many cells the picture of an upload's parts has at most.
const MAX_CELLS: usize = 500;

/// The page.
pub(super) fn page(report: &Report, maps: &[Vec<Part>], price: Option<f64>) -> String {
    let url = escape(&object_url(&report.url.bucket, &report.url.key));
    let page = Page { report, price };
    let sections = [
        page.tiles(),
        section("By folder", &page.folders()),
        section("By age", &histogram(&report.ages, "since they were begun")),
        section("By idleness", &histogram(&report.idle, "since a part arrived")),
        section("What a rule would free", &page.savings()),
        section("The largest uploads", &page.largest(maps)),
        section("The lifecycle rule", &page.rule()),
    ];
    format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; \
         style-src 'unsafe-inline'\">\
         <meta name=\"viewport\" content=\"width=device-width\">\
         <title>Unfinished uploads of {url}</title><style>{STYLE}</style></head>\n<body>\
         <header><h1>Unfinished uploads</h1><p>{url} &middot; {} UTC</p></header>\n\
         <main>{}</main></body></html>\n",
        utc_time(Some(report.now)),
        sections.join("\n")
    )
}

struct Page<'a> {
    report: &'a Report,
    price: Option<f64>,
}

impl Page<'_> {
    fn tiles(&self) -> String {
        let Sum { uploads, held } = self.report.total;
        let tile = |value: &str, name: &str| {
            format!("<div class=\"tile\"><b>{value}</b><span>{name}</span></div>")
        };
        let mut tiles = tile(&binary_size(held.bytes), "billed and shown by no listing")
            + &tile(&uploads.to_string(), "uploads")
            + &tile(&held.parts.to_string(), "parts");
        if let Some(price) = self.price {
            tiles += &tile(&cost(held.bytes, price), "a month");
        }
        format!("<div class=\"tiles\">{tiles}</div>")
    }

    fn money(&self, sum: &Sum) -> String {
        match self.price {
            Some(price) => format!("<td class=\"n\">{}</td>", cost(sum.held.bytes, price)),
            None => String::new(),
        }
    }

    fn money_heading(&self) -> &'static str {
        if self.price.is_some() { "<th class=\"n\">a month</th>" } else { "" }
    }

    fn folders(&self) -> String {
        let folders = &self.report.by_folder;
        let most = folders.first().map_or(0, |(_, sum)| sum.held.bytes);
        let row = |(prefix, sum): &(String, Sum)| {
            format!(
                "<tr><td>{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td>{}<td>{}</td></tr>",
                escape(&object_url(&self.report.url.bucket, prefix)),
                sum.uploads,
                binary_size(sum.held.bytes),
                self.money(sum),
                bar(sum.held.bytes, most)
            )
        };
        let rows: String = folders.iter().take(MAX_FOLDERS).map(row).collect();
        let more = match folders.len().saturating_sub(MAX_FOLDERS) {
            0 => String::new(),
            more => format!("<p>{more} more folders hold less.</p>"),
        };
        let money = self.money_heading();
        format!(
            "<table><tr><th>folder</th><th class=\"n\">uploads</th><th class=\"n\">size</th>{money}\
             <th></th></tr>{rows}</table>{more}"
        )
    }

    fn savings(&self) -> String {
        let cells = |sum: &Sum| {
            let size = binary_size(sum.held.bytes);
            format!(
                "<td class=\"n\">{}</td><td class=\"n\">{size}</td>{}",
                sum.uploads,
                self.money(sum)
            )
        };
        let rows: String = self
            .report
            .savings
            .iter()
            .map(|saving| {
                let (age, idle) = (cells(&saving.by_age), cells(&saving.by_idle));
                format!("<tr><td>{} days</td>{age}{idle}</tr>", saving.days)
            })
            .collect();
        let money = self.money_heading();
        let group = format!("<th class=\"n\">uploads</th><th class=\"n\">size</th>{money}");
        let span = if self.price.is_some() { 3 } else { 2 };
        format!(
            "<table><tr><th></th><th colspan=\"{span}\">begun longer ago (lifecycle rule)</th>\
             <th colspan=\"{span}\">idle for longer (abort --idle)</th></tr>\
             <tr><th></th>{group}{group}</tr>{rows}</table>"
        )
    }

    fn largest(&self, maps: &[Vec<Part>]) -> String {
        let upload = |(found, parts): (&crate::uploads::Found, &Vec<Part>)| {
            let held = found.held().unwrap_or_default();
            let layout = Layout::of(parts);
            let upload = &found.upload;
            format!(
                "<article><h3>{}</h3><p><code>{}</code></p><p>{} in {} parts, begun {}, idle for \
                 {}</p>{}<p class=\"note\">{}</p></article>",
                escape(&object_url(&upload.bucket, &upload.key)),
                escape(&upload.upload_id),
                binary_size(held.bytes),
                held.parts,
                utc_time(found.initiated),
                found.idle(self.report.now).map(span).unwrap_or_default(),
                map(parts, &layout),
                if parts.is_empty() { "no parts".to_owned() } else { layout.describe() },
            )
        };
        self.report.largest.iter().zip(maps).map(upload).collect()
    }

    fn rule(&self) -> String {
        let url = object_url(&self.report.url.bucket, &self.report.url.key);
        format!(
            "<p>It has the service abort uploads a week after they were begun.</p>\
             <pre>{}</pre><p>or</p><pre>ossutil lifecycle --abort-multipart-after 7d {}</pre>",
            escape(&self.report.rule()),
            escape(&url)
        )
    }
}

fn histogram(sums: &[Sum], what: &str) -> String {
    let most = sums.iter().map(|sum| sum.held.bytes).max().unwrap_or_default();
    let row = |(sum, (_, range)): (&Sum, &(i64, &str))| {
        format!(
            "<tr><td>{range}</td><td class=\"n\">{}</td><td class=\"n\">{}</td><td>{}</td></tr>",
            sum.uploads,
            binary_size(sum.held.bytes),
            bar(sum.held.bytes, most)
        )
    };
    let rows: String = sums.iter().zip(&AGES).map(row).collect();
    format!(
        "<table><tr><th>{what}</th><th class=\"n\">uploads</th><th class=\"n\">size</th>\
         <th></th></tr>{rows}</table>"
    )
}

fn section(heading: &str, content: &str) -> String {
    format!("<section><h2>{heading}</h2>{content}</section>")
}

fn bar(bytes: i128, most: i128) -> String {
    let width = if most > 0 { bytes * 240 / most } else { 0 };
    format!(
        "<svg width=\"240\" height=\"12\" role=\"img\" aria-hidden=\"true\">\
         <rect class=\"bar\" width=\"{width}\" height=\"12\" rx=\"2\"/></svg>"
    )
}

/// The part numbers as cells; a cell stands for several where there are many.
fn map(parts: &[Part], layout: &Layout) -> String {
    let highest = layout.highest as usize;
    if highest == 0 {
        return String::new();
    }
    let per_cell = highest.div_ceil(MAX_CELLS);
    let mut arrived = vec![0_usize; highest.div_ceil(per_cell)];
    for part in parts {
        arrived[(part.part_number as usize - 1) / per_cell] += 1;
    }
    let odd = |cell: usize| {
        let first = u32::try_from(cell * per_cell + 1).unwrap_or(u32::MAX);
        let last = u32::try_from((cell + 1) * per_cell).unwrap_or(u32::MAX);
        layout.odd.iter().any(|number| (first..=last).contains(number))
    };
    let cells: String = arrived
        .iter()
        .enumerate()
        .map(|(cell, count)| {
            let whole = per_cell.min(highest - cell * per_cell);
            let class = match *count {
                0 => "none",
                count if count < whole => "some",
                _ if odd(cell) => "odd",
                _ => "whole",
            };
            let (x, y) = (cell % 100 * 8, cell / 100 * 10);
            format!("<rect class=\"{class}\" x=\"{x}\" y=\"{y}\" width=\"7\" height=\"9\"/>")
        })
        .collect();
    let height = arrived.len().div_ceil(100) * 10;
    format!(
        "<svg class=\"map\" viewBox=\"0 0 800 {height}\" width=\"800\" role=\"img\" \
         aria-label=\"map of part numbers\">{cells}</svg>"
    )
}

/// Text that is no markup.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            _ => escaped.push(character),
        }
    }
    escaped
}
