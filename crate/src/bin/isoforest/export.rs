//! `isoforest export`: a model for other programs.

use std::{
    io::{self, IsTerminal, Write},
    path::PathBuf,
};

use anyhow::Context;
use clap::Args;
use isoforest::{
    ModelFile,
    export::{to_onnx, to_sql, tree_to_dot},
};

use crate::output::Output;

/// Write a model for other programs: onnxruntime, PostgreSQL, Graphviz.
#[derive(Args)]
#[command(after_help = "\
Examples:
  isoforest export model.json --onnx --output model.onnx
  isoforest export model.json --sql --table users --output model.sql && psql --file model.sql
  isoforest export model.json --dot --tree 0 | dot -Tsvg > tree.svg

The labels are the same as this program's. The ONNX model takes `features` (float, one row each, NaN for missing) and gives
score_samples, decision_function and predict. The query adds these three to each row of the table, behind its own columns;
NULL is missing. For many rows or trees, say `SET jit = off;` first: compiling so large a query takes longer than it saves.")]
pub struct Export {
    /// Model file, as written by `isoforest train`.
    model: PathBuf,
    #[command(flatten)]
    format: Format,
    /// The table whose rows the query scores, named as in PostgreSQL's catalogue: users, public.users.
    #[arg(long, value_name = "TABLE", required_if_eq("sql", "true"), conflicts_with_all = ["onnx", "dot"])]
    table: Option<String>,
    /// The tree to draw, counted from 0.
    #[arg(long, value_name = "N", default_value_t = 0, conflicts_with_all = ["onnx", "sql"])]
    tree: usize,
    /// File to write; `-` is standard output.
    #[arg(short, long, value_name = "FILE", default_value = "-")]
    output: PathBuf,
}

/// Exactly one of these.
#[derive(Args)]
#[group(required = true, multiple = false)]
struct Format {
    /// An ONNX model.
    #[arg(long)]
    onnx: bool,
    /// A query for PostgreSQL.
    #[arg(long)]
    sql: bool,
    /// A tree as a Graphviz graph.
    #[arg(long)]
    dot: bool,
}

impl Export {
    /// Reads and writes.
    pub fn run(self) -> anyhow::Result<()> {
        let is_standard = self.output.as_os_str() == "-";
        anyhow::ensure!(
            !(self.format.onnx && is_standard && io::stdout().is_terminal()),
            "an ONNX model is binary, not text for a terminal; use --output model.onnx"
        );
        let model = ModelFile::read(&self.model)
            .with_context(|| format!("cannot use the model file {}", self.model.display()))?;
        let forest = model.forest();
        let bytes = if self.format.onnx {
            to_onnx(forest)?
        } else if let Some(table) = &self.table {
            to_sql(forest, table)?.into_bytes()
        } else {
            tree_to_dot(forest, self.tree)?.into_bytes()
        };
        let mut output = Output::create(&self.output, &[&self.model])?;
        output.write_all(&bytes)?;
        output.complete()
    }
}
