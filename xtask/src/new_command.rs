//! Begins a command: its file, its line in the registry, and its end-to-end test.

use std::fs;

use crate::{Failure, root};

/// Writes them, and says what is next.
pub(crate) fn run(name: &str) -> Result<(), Failure> {
    let is_name = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    if !name.starts_with(|c: char| c.is_ascii_lowercase()) || !name.chars().all(is_name) {
        return Err(format!("`{name}` is no name for a command: a-z, 0-9 and _ make one"));
    }
    let file = root().join(format!("crates/commands/src/cmd/{name}.rs"));
    if file.exists() {
        return Err(format!("{} is there already", file.display()));
    }
    let registry = root().join("crates/commands/src/cmd/mod.rs");
    let tests = root().join("tests/main.rs");
    edit(&registry, |text| insert_sorted(text, "commands! {", &format!("    {name},")))?;
    edit(&tests, |text| insert_sorted(text, "// One module a topic.", &format!("mod {name};")))?;
    let word = name.replace('_', "-");
    write(&file, &COMMAND.replace("@name@", &word))?;
    write(&root().join(format!("tests/{name}.rs")), &TEST.replace("@name@", &word))?;
    println!(
        "wrote crates/commands/src/cmd/{name}.rs and tests/{name}.rs, and registered both\n\
         next:\n  1. cargo test --test e2e {name}::    (it fails: the command says nothing yet)\n  \
         2. in crates/commands/src/cmd/{name}.rs replace the error in `run`:\n     \
         Ok(context.printer.line(\"hello\")?)\n  \
         3. cargo test --test e2e {name}::    (it passes)\n  \
         4. write its description, arguments and examples, and test what a user can see"
    );
    Ok(())
}

fn write(path: &std::path::Path, text: &str) -> Result<(), Failure> {
    fs::write(path, text).map_err(|error| format!("{}: {error}", path.display()))
}

fn edit(
    path: &std::path::Path,
    change: impl FnOnce(&str) -> Option<String>,
) -> Result<(), Failure> {
    let text = fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
    let changed = change(&text).ok_or_else(|| format!("{}: no list to add to", path.display()))?;
    write(path, &changed)
}

/// Adds `line` to the lines behind the one that ends in `mark`, in their order.
fn insert_sorted(text: &str, mark: &str, line: &str) -> Option<String> {
    let mut lines: Vec<&str> = text.lines().collect();
    let start = lines.iter().position(|candidate| candidate.ends_with(mark))? + 1;
    let is_end = |candidate: &&str| candidate.is_empty() || candidate.trim() == "}";
    let length = lines[start..].iter().position(is_end).unwrap_or(lines.len() - start);
    let list = &lines[start..start + length];
    let at = start + list.iter().position(|candidate| *candidate > line).unwrap_or(length);
    lines.insert(at, line);
    Some(lines.join("\n") + "\n")
}

const COMMAND: &str = r#"//! `@name@`: one sentence on what it is for.

use clap::Args;

use crate::{context::Context, error::Result, registry::Command};

/// One line on what it does, which is its help
#[derive(Args)]
pub(super) struct Arguments {}

impl Command for Arguments {
    const NAME: &'static str = "@name@";
    const EXAMPLES: &'static [(&'static str, &'static str)] =
        &[("ossutil @name@", "what this does")];
    const USES_SERVICE: bool = false;

    async fn run(self, context: &mut Context<'_>) -> Result<()> {
        Err(crate::error::Error::failed("@name@ does nothing yet"))
    }
}
"#;

const TEST: &str = r#"//! `ossutil @name@`.

use crate::support::World;

#[test]
fn says_hello() {
    let world = World::new();
    let run = world.run(&["@name@"]);
    run.ok();
    assert_eq!(run.stdout, "hello\n");
}
"#;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_goes_to_its_place() {
        let text = "commands! {\n    abort,\n    ls,\n}\n";
        for (line, expected) in [
            ("    hello,", "commands! {\n    abort,\n    hello,\n    ls,\n}\n"),
            ("    zap,", "commands! {\n    abort,\n    ls,\n    zap,\n}\n"),
        ] {
            assert_eq!(insert_sorted(text, "commands! {", line).as_deref(), Some(expected));
        }
        assert_eq!(insert_sorted(text, "no such list", "x"), None);
    }
}
