//! Symbolic links that form a circle: a transfer that follows them would never end.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use serde::Serialize;

use crate::{
    context::Context,
    display::escape,
    error::{Error, Result},
    output::Record,
};

/// How the system says that there is nothing where a link leads.
const LEADS_NOWHERE: [io::ErrorKind; 2] = [io::ErrorKind::NotFound, io::ErrorKind::NotADirectory];

#[derive(Default, Serialize)]
struct CircleRecord {
    link: String,
    target: String,
}

impl Record for CircleRecord {
    const LIST: &'static str = "circles";
    const ITEM: &'static str = "circle";
}

/// A symbolic link, and the folder above it that it leads back to; none where it leads to itself.
#[derive(Debug, PartialEq, Eq)]
struct Circle {
    link: PathBuf,
    target: Option<PathBuf>,
}

/// Looks through a folder and says which links form circles.
pub(super) async fn look_through(context: &mut Context<'_>, folder: Option<&Path>) -> Result<()> {
    context.settings()?;
    let folder = folder.unwrap_or(Path::new(".")).to_owned();
    let name = folder.display().to_string();
    let look = move || circles(&folder);
    let circles = tokio::task::spawn_blocking(look).await.map_err(io::Error::other);
    let circles = circles
        .and_then(|circles| circles)
        .map_err(|error| Error::failed(format!("cannot look through {name}: {error}")))?;
    context.printer.list::<CircleRecord>()?;
    for Circle { link, target } in &circles {
        let target = target.as_ref().unwrap_or(link).display().to_string();
        let record = CircleRecord { link: link.display().to_string(), target };
        context.printer.record(&record, |out| {
            writeln!(out, "{} leads back to {}", escape(&record.link), escape(&record.target))
        })?;
    }
    context.printer.complete();
    match circles.len() {
        0 => Ok(context.printer.line("\n success")?),
        1 => Err(Error::failed("a symbolic link leads back to where it is")),
        count => Err(Error::failed(format!("{count} symbolic links lead back to where they are"))),
    }
    .map_err(|error: Error| error.hint("`cp --disable-all-symlink` passes over symbolic links"))
}

/// The links below `folder` that lead back to a folder they are in, or to themselves.
fn circles(folder: &Path) -> io::Result<Vec<Circle>> {
    let mut found = Vec::new();
    let mut above = vec![fs::canonicalize(folder)?];
    walk(folder, &mut above, &mut found)?;
    found.sort_unstable_by(|a, b| a.link.cmp(&b.link));
    Ok(found)
}

/// `above` are the real folders on the way here.
fn walk(folder: &Path, above: &mut Vec<PathBuf>, found: &mut Vec<Circle>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let is_link = path.is_symlink();
        let real = match fs::canonicalize(&path) {
            Ok(real) => real,
            // A link to nothing, or what went away meanwhile, is no circle.
            Err(error) if LEADS_NOWHERE.contains(&error.kind()) => continue,
            Err(error) if is_link && error.kind() != io::ErrorKind::PermissionDenied => {
                tracing::info!("{}: {error}", path.display());
                found.push(Circle { link: path, target: None });
                continue;
            }
            Err(error) => return Err(error),
        };
        if !real.is_dir() {
            continue;
        }
        if above.contains(&real) {
            found.push(Circle { link: path, target: Some(real) });
            continue;
        }
        above.push(real);
        walk(&path, above, found)?;
        above.pop();
    }
    Ok(())
}
