//! `sluice catalog schema`.

#![allow(clippy::print_stdout, reason = "a command's answer goes to the terminal")]

use std::process::ExitCode;

use clap::{Args, ValueEnum};

use crate::catalog::schema;

/// Print the JSON Schema of a catalog's files, for editors
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  sluice catalog schema entry > entry.schema.json

In a file, editors with a YAML language server then complete keys and mark mistakes:
  # yaml-language-server: $schema=../entry.schema.json")]
pub(super) struct SchemaArgs {
    /// The kind of file: entry, the registry departments.yaml, or procedure.yaml
    #[arg(value_enum)]
    file: File,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum File {
    Entry,
    Registry,
    Procedure,
}

pub(super) fn run(args: &SchemaArgs) -> ExitCode {
    let schema = match args.file {
        File::Entry => schema::entry(),
        File::Registry => schema::registry(),
        File::Procedure => schema::procedure(),
    };
    say!("{schema:#}");
    ExitCode::SUCCESS
}
