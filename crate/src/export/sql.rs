//! The forest as one query for PostgreSQL.
//!
//! Each tree is a nested `CASE`, and the path lengths are added in the order of the trees, so that the sums have the bits of ours.
//! A table of nodes and a recursive query is 15 times slower: it writes a row for each step of each walk. Two things make the query
//! quick and small:
//!
//! - **No column is cast to `real`.** A forest compares values as `f32`; the same test on the `double precision` value needs
//!   another threshold, the largest `f64` that is rounded to an `f32` not above the forest's ([`threshold_of_f64`]). So
//!   it does not matter either whether the column is `real`, `double precision` or `numeric`.
//! - **`x <= t` is neither true nor false for NULL,** and `CASE` goes to its `ELSE`. Where missing values go left, the test is turned
//!   around. So they cost nothing.

use std::fmt::Write;

use super::{ExportError, denominator, inlier_sum};
use crate::IsolationForest;
use crate::data::Shortest;
use crate::forest::Tree;
use crate::scoring::largest_f32_not_above;

/// Longest name of a column in PostgreSQL, in bytes; longer ones are cut, and might then be equal.
const LONGEST_NAME: usize = 63;

/// A query for PostgreSQL 12 or newer that gives each row of `table` with `score_samples`, `decision_function` and `predict`.
///
/// The table has a column for each feature, of its name, of any type of numbers; NULL and NaN are missing values. `table` is
/// its name as the catalogue has it, such as `users` or `public.users`; a part with other signs in it is put in quotation
/// marks. Labels are those of [`IsolationForest::predict`], scores differ by the rounding of PostgreSQL's `power`, 2 units in the
/// last place. A number beyond the range of `f32`, an error here, is scored as the largest `f32`.
///
/// PostgreSQL's compiler of expressions (JIT) takes longer for so large a query than it saves: 46 seconds with it and 5 without for
/// 64,227 rows of ten columns (`tests_external/export_sql.py --time`). The text turns it off for the session.
///
/// # Errors
///
/// [`ExportError::Table`], [`ExportError::ColumnName`] for a feature whose name no column can have, or
/// [`ExportError::Hyperplanes`].
pub fn to_sql(forest: &IsolationForest, table: &str) -> Result<String, ExportError> {
    let table = table_name(table)?;
    let denominator = denominator(forest)?;
    let mut columns = Vec::new();
    for (column, name) in forest.feature_names().iter().enumerate() {
        if name.is_empty() || name.len() > LONGEST_NAME || name.contains('\0') {
            return Err(ExportError::ColumnName { column, name: name.clone() });
        }
        columns.push(format!("NULLIF({}::double precision, 'NaN') AS f{column}", quoted(name)));
    }
    let row = row_alias(forest.feature_names());
    let mut sql = format!(
        "-- An isolation forest of {} trees: for each row its score_samples (the lower the more anomalous), its decision_function\n\
         -- (below 0 for an outlier) and predict (-1 for an outlier, 1 for an inlier). Written by isoforest export --sql.\n\
         SET jit = off; -- compiling so large a query takes longer than it saves\n\
         WITH isoforest_rows AS MATERIALIZED (\n  SELECT {row}, {}\n  FROM {table} AS {row}\n),\n\
         isoforest_sums AS MATERIALIZED (\n  SELECT {row},\n",
        forest.trees().len(),
        columns.join(", "),
    );
    for (number, tree) in forest.trees().iter().enumerate() {
        sql.push_str(if number == 0 { "    " } else { "    + " });
        push_tree(&mut sql, tree);
        sql.push('\n');
    }
    sql.push_str("    AS path_lengths\n  FROM isoforest_rows\n),\n");
    let score = match denominator {
        0.0 => "-0.5::double precision".to_owned(),
        denominator => {
            format!("-power(2::double precision, -path_lengths / {}::double precision)", Shortest(denominator))
        }
    };
    // Writing to a String does not fail.
    let _ = write!(
        sql,
        "isoforest_scores AS (\n  SELECT {row}, path_lengths, {score} AS score_samples\n  FROM isoforest_sums\n)\n\
         SELECT ({row}).*,\n  score_samples,\n  score_samples - ({}::double precision) AS decision_function,\n  \
         CASE WHEN path_lengths < {}::double precision THEN -1 ELSE 1 END AS predict\nFROM isoforest_scores;\n",
        Shortest(forest.offset()),
        Shortest(inlier_sum(forest)),
    );
    Ok(sql)
}

/// A tree as an expression. A stack of our own, as the depth is the file's.
fn push_tree(sql: &mut String, tree: &Tree) {
    enum Step {
        Node(usize),
        Text(&'static str),
    }
    let path_lengths = tree.path_lengths();
    let mut open = vec![Step::Node(0)];
    while let Some(step) = open.pop() {
        let node = match step {
            Step::Text(text) => {
                sql.push_str(text);
                continue;
            }
            Step::Node(node) => node,
        };
        let feature = tree.feature.get(node).copied().unwrap_or_default();
        let threshold = Shortest(threshold_of_f64(tree.threshold.get(node).copied().unwrap_or_default()));
        // Writing to a String does not fail.
        let _ = match tree.children(node) {
            Some((left, right)) => {
                let missing_left = tree.missing_left.get(node).copied().unwrap_or_default();
                let (sign, then, or) = if missing_left { (">", right, left) } else { ("<=", left, right) };
                let rest = [Step::Text(" END"), Step::Node(or), Step::Text(" ELSE "), Step::Node(then)];
                open.extend(rest);
                write!(sql, "CASE WHEN f{feature} {sign} {threshold} THEN ")
            }
            None => write!(sql, "{}::float8", Shortest(path_lengths.get(node).copied().unwrap_or_default())),
        };
    }
}

/// The largest `f64` that, rounded to `f32`, is not above `threshold`: for every `x` that is finite as `f32`, `x <= this` says what
/// `(x as f32) <= threshold` says.
fn threshold_of_f64(threshold: f64) -> f64 {
    let below = largest_f32_not_above(threshold);
    if below == f32::MAX {
        return f64::MAX;
    }
    if below == f32::NEG_INFINITY {
        return f64::MIN;
    }
    let middle = f64::midpoint(f64::from(below), f64::from(below.next_up()));
    // Halfway between two, the even one is next.
    if middle as f32 <= below { middle } else { middle.next_down() }
}

/// A table's name as SQL: its parts in quotation marks, so that no sign in them means anything.
fn table_name(table: &str) -> Result<String, ExportError> {
    let refused = || ExportError::Table(table.to_owned());
    let mut parts = Vec::new();
    let mut rest = table;
    loop {
        let (part, after) = match rest.strip_prefix('"') {
            Some(inside) => {
                let end = inside.find('"').ok_or_else(refused)?;
                (&inside[..end], &inside[end + 1..])
            }
            None => rest.split_at(rest.find('.').unwrap_or(rest.len())),
        };
        if part.is_empty() || part.len() > LONGEST_NAME || part.contains(['\0', '"']) {
            return Err(refused());
        }
        parts.push(quoted(part));
        match after.strip_prefix('.') {
            Some(next) => rest = next,
            None if after.is_empty() && parts.len() <= 3 => return Ok(parts.join(".")),
            None => return Err(refused()),
        }
    }
}

/// A name for a whole row of the table: not a feature's, as a column hides a row of its name.
fn row_alias(feature_names: &[String]) -> String {
    let mut alias = "isoforest_row".to_owned();
    while feature_names.contains(&alias) {
        alias.push('_');
    }
    alias
}

/// An identifier of SQL.
fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_f64_threshold_splits_every_f64_as_the_cast_to_f32_does() {
        let thresholds =
            [0.1, -0.1, 1.0, -0.0, 0.0, 1e-46, -1e-46, 1e-45, 1e300, -1e300, f64::from(f32::MAX), 16_777_217.0];
        for threshold in thresholds {
            let here = threshold_of_f64(threshold);
            let near = f64::from(largest_f32_not_above(threshold));
            for value in [here, here.next_up(), here.next_down(), threshold, near, 0.0, -0.0, 3e38, -3e38] {
                if (value as f32).is_finite() {
                    assert_eq!(value <= here, f64::from(value as f32) <= threshold, "{value:e} against {threshold:e}");
                }
            }
        }
    }

    #[test]
    fn a_table_s_name_is_quoted_part_by_part() {
        assert_eq!(table_name("users").unwrap(), "\"users\"");
        assert_eq!(table_name("public.Users").unwrap(), "\"public\".\"Users\"");
        assert_eq!(table_name("\"a.b\".\"c; DROP\"").unwrap(), "\"a.b\".\"c; DROP\"");
        assert_eq!(quoted("a\"b"), "\"a\"\"b\"");
        for wrong in ["", ".", "a.", ".a", "a..b", "\"a", "\"a\"b", "a\"b", "a.b.c.d", "a\0", "\"\""] {
            assert_eq!(table_name(wrong), Err(ExportError::Table(wrong.to_owned())));
        }
    }
}
