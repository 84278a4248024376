//! The report on a terminal, and as records.

use ossutil_client::protocol::operations::Part;
use serde::Serialize;

use super::data::{AGES, Report, Sum, cost};
use crate::{
    context::Context,
    display::{binary_size, object_url, span},
    error::Result,
    output::Record,
    uploads::{HeldUploadRecord, Layout, Totals, draw_map},
};

/// How wide the longest bar is.
const BAR: i128 = 30;

#[derive(Default, Serialize)]
struct GroupRecord<'a> {
    bucket: &'a str,
    prefix: &'a str,
    uploads: u64,
    parts: u64,
    bytes: i64,
}

impl Record for GroupRecord<'_> {
    const LIST: &'static str = "groups";
    const ITEM: &'static str = "group";
}

#[derive(Default, Serialize)]
struct AgeRecord<'a> {
    range: &'a str,
    uploads_by_age: u64,
    bytes_by_age: i64,
    uploads_by_idle: u64,
    bytes_by_idle: i64,
}

impl Record for AgeRecord<'_> {
    const LIST: &'static str = "ages";
    const ITEM: &'static str = "age";
}

#[derive(Default, Serialize)]
struct SavingRecord {
    days: i64,
    uploads_by_age: u64,
    bytes_by_age: i64,
    uploads_by_idle: u64,
    bytes_by_idle: i64,
}

impl Record for SavingRecord {
    const LIST: &'static str = "savings";
    const ITEM: &'static str = "saving";
}

/// Prints the report.
pub(super) fn print(
    context: &mut Context<'_>,
    report: &Report,
    maps: &[Vec<Part>],
    price: Option<f64>,
) -> Result<()> {
    let money = |sum: &Sum| match price {
        Some(price) => format!("  {:>10} a month", cost(sum.held.bytes, price)),
        None => String::new(),
    };
    let total = &report.total;
    let totals = Totals::new(total.uploads, Some(total.held));
    context.printer.fact("totals", &totals, |out| {
        let size = binary_size(total.held.bytes);
        let (uploads, parts) = (total.uploads, total.held.parts);
        writeln!(out, "{uploads} unfinished uploads, {parts} parts, {size}{}", money(total))
    })?;
    folders(context, report, &money)?;
    ages(context, report)?;
    savings(context, report, &money)?;
    largest(context, report, maps)?;
    let rule = report.rule();
    context.printer.fact("lifecycle_rule", &rule, |out| {
        writeln!(out, "\nThe lifecycle rule that aborts uploads after a week:\n\n{rule}\n")?;
        let url = object_url(&report.url.bucket, &report.url.key);
        writeln!(out, "ossutil lifecycle --abort-multipart-after 7d {url}")
    })?;
    Ok(())
}

fn folders(
    context: &mut Context<'_>,
    report: &Report,
    money: &dyn Fn(&Sum) -> String,
) -> Result<()> {
    context.printer.line("\nBy folder")?;
    context.printer.list::<GroupRecord<'_>>()?;
    let most = report.by_folder.first().map_or(0, |(_, sum)| sum.held.bytes);
    let bucket = &*report.url.bucket;
    for (prefix, sum) in &report.by_folder {
        let Sum { uploads, held } = *sum;
        let record = GroupRecord { bucket, prefix, uploads, parts: held.parts, bytes: held.size() };
        let (size, bar) = (binary_size(held.bytes), bar(held.bytes, most));
        let (money, url) = (money(sum), object_url(bucket, prefix));
        context.printer.record(&record, |out| {
            writeln!(out, "{size:>12} {uploads:>8} uploads{money}  {bar:<30}  {url}")
        })?;
    }
    Ok(())
}

fn ages(context: &mut Context<'_>, report: &Report) -> Result<()> {
    context.printer.line("\nBy age, and by how long nothing has happened")?;
    context.printer.list::<AgeRecord<'_>>()?;
    let sums = || report.ages.iter().chain(&report.idle);
    let most = sums().map(|sum| sum.held.bytes).max().unwrap_or_default();
    for ((_, range), (age, idle)) in AGES.iter().zip(report.ages.iter().zip(&report.idle)) {
        let record = AgeRecord {
            range,
            uploads_by_age: age.uploads,
            bytes_by_age: age.held.size(),
            uploads_by_idle: idle.uploads,
            bytes_by_idle: idle.held.size(),
        };
        let cell = |sum: &Sum| {
            let bar = bar(sum.held.bytes, 2 * most);
            format!("{:>10} {bar:<15}", binary_size(sum.held.bytes))
        };
        let (age, idle) = (cell(age), cell(idle));
        context.printer.record(&record, |out| writeln!(out, "{range:>18}  {age}  {idle}"))?;
    }
    Ok(())
}

fn savings(
    context: &mut Context<'_>,
    report: &Report,
    money: &dyn Fn(&Sum) -> String,
) -> Result<()> {
    context.printer.line("\nWhat a rule would free")?;
    context.printer.list::<SavingRecord>()?;
    for saving in &report.savings {
        let (age, idle) = (&saving.by_age, &saving.by_idle);
        let record = SavingRecord {
            days: saving.days,
            uploads_by_age: age.uploads,
            bytes_by_age: age.held.size(),
            uploads_by_idle: idle.uploads,
            bytes_by_idle: idle.held.size(),
        };
        let cell = |sum: &Sum| {
            let size = binary_size(sum.held.bytes);
            format!("{size:>10} of {:>6} uploads{}", sum.uploads, money(sum))
        };
        let (days, age, idle) = (saving.days, cell(age), cell(idle));
        context
            .printer
            .record(&record, |out| writeln!(out, "{days:>4} d  older: {age}   idle: {idle}"))?;
    }
    Ok(())
}

fn largest(context: &mut Context<'_>, report: &Report, maps: &[Vec<Part>]) -> Result<()> {
    context.printer.line("\nThe largest")?;
    context.printer.list::<HeldUploadRecord<'_>>()?;
    let columns = context.environment.columns();
    for (found, parts) in report.largest.iter().zip(maps) {
        let held = found.held().unwrap_or_default();
        let idle = found.idle(report.now).map(span).unwrap_or_default();
        let layout = Layout::of(parts);
        context.printer.record(&HeldUploadRecord::of(found, report.now), |out| {
            let (upload, size) = (&found.upload, binary_size(held.bytes));
            writeln!(out, "\n{upload}\n{size} in {} parts, idle for {idle}", held.parts)?;
            match parts.is_empty() {
                true => Ok(()),
                false => write!(out, "{}", draw_map(parts, &layout, columns)),
            }
        })?;
    }
    Ok(())
}

fn bar(bytes: i128, most: i128) -> String {
    let width = if most > 0 { (bytes * BAR + most - 1) / most } else { 0 };
    "█".repeat(usize::try_from(width).unwrap_or_default())
}
