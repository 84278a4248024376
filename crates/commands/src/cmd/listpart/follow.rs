//! `listpart --follow`: an upload while another program sends it.

use std::{collections::VecDeque, time::Duration};

use futures_util::TryStreamExt;
use jiff::SignedDuration;
use ossutil_client::{listing, protocol::operations::Part};
use tokio::time::Instant;

use super::Arguments;
use crate::{
    context::Context,
    display::{mebibytes, span},
    error::{Error, Result},
    uploads::{Found, Held, Layout, Uploads, draw_map},
};

/// How far back the rate looks: long enough to be steady, short enough to be of now.
const WINDOW: Duration = Duration::from_secs(30);

impl Arguments {
    pub(super) async fn follow(
        &self,
        context: &mut Context<'_>,
        mut uploads: Uploads,
    ) -> Result<()> {
        let found = uploads.try_next().await?;
        let (Some(found), None) = (found, uploads.try_next().await?) else {
            return Err(Error::usage("--follow needs exactly one upload")
                .hint("name it: ossutil listpart --follow oss://bucket/object UPLOADID"));
        };
        let mut rate = Rate::default();
        let mut last = None;
        loop {
            let parts: Vec<Part> = match listing::entries(&found.client, found.upload.list_parts())
                .try_collect()
                .await
            {
                Ok(parts) => parts,
                Err(error) if error.has_code("NoSuchUpload") && last.is_some() => break,
                Err(error) => return Err(error.into()),
            };
            let held = Held::of(&parts);
            rate.add(held.bytes);
            let line = self.line(held, rate.per_second());
            match context.environment.is_stderr_terminal {
                true => {
                    let layout = Layout::of(&parts);
                    let map = draw_map(&parts, &layout, context.environment.columns());
                    context.printer.redraw(&format!("{map}{line}"))?;
                }
                // On a pipe a line whenever something has happened.
                false if last != Some(held) => context.printer.line(&line)?,
                false => {}
            }
            context.printer.flush()?;
            last = Some(held);
            tokio::time::sleep(self.interval).await;
        }
        ended(context, &found, last.unwrap_or_default())
    }

    fn line(&self, held: Held, per_second: Option<u64>) -> String {
        let mut line = format!("{} parts, {} MB", held.parts, mebibytes(held.bytes));
        if let Some(rate) = per_second {
            line += &format!(", {} MB/s", mebibytes(i128::from(rate)));
        }
        if let Some(total) = self.total {
            let left = u64::try_from(i128::from(total) - held.bytes).unwrap_or_default();
            let share = held.bytes * 1000 / i128::from(total.max(1));
            line += &format!(", {}.{} %", share / 10, share % 10);
            if let Some(rate) = per_second.filter(|rate| *rate > 0) {
                let seconds = i64::try_from(left / rate).unwrap_or(i64::MAX);
                line += &format!(", {} left", span(SignedDuration::from_secs(seconds)));
            }
        }
        line
    }
}

fn ended(context: &mut Context<'_>, found: &Found, held: Held) -> Result<()> {
    let (upload, size) = (&found.upload, mebibytes(held.bytes));
    let parts = held.parts;
    let text = format!("{upload}: completed or aborted; it held {parts} parts, {size} MB");
    Ok(context.printer.line(text)?)
}

/// Bytes over time, as far back as the window reaches.
#[derive(Default)]
struct Rate(VecDeque<(Instant, i128)>);

impl Rate {
    fn add(&mut self, bytes: i128) {
        let now = Instant::now();
        self.0.push_back((now, bytes));
        while self.0.len() > 2 && now.duration_since(self.0[0].0) > WINDOW {
            self.0.pop_front();
        }
    }

    /// Bytes a second; nothing before there are two looks.
    fn per_second(&self) -> Option<u64> {
        let ((from, first), (to, last)) = (*self.0.front()?, *self.0.back()?);
        let millis = i128::try_from(to.duration_since(from).as_millis()).ok()?;
        let rate = (last - first).checked_mul(1000)?.checked_div(millis)?;
        // A part that was sent again may be smaller than before.
        u64::try_from(rate).ok()
    }
}
