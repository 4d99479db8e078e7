//! The forest as one query for PostgreSQL.
//!
//! Each tree is a nested `CASE`, and the path lengths are added in the order of the trees, so that the sums have the bits of ours.
//! A table of nodes and a recursive query is 15 times slower: it writes a row for each step of each walk. What makes the query
//! quick, small and safe:
//!
//! - **No column is cast to `real`.** A forest compares values as `f32`; the same test on the `double precision` value needs
//!   another threshold, the largest `f64` that is rounded to an `f32` not above the forest's ([`threshold_of_f64`]). So
//!   it does not matter either whether the column is `real`, `double precision` or `numeric`.
//! - **`x <= t` is neither true nor false for NULL,** and `CASE` goes to its `ELSE`. Where missing values go left, the test is turned
//!   around. So they cost nothing.
//! - **The sum is cut into stages of [`STAGE`] trees,** each a subquery beside the one before. PostgreSQL goes down into `a + b + c + …`
//!   a level of its stack for each tree, and some thousands fill it. `OFFSET 0` keeps the planner from putting stages together again, and
//!   from writing an expression out wherever its name is mentioned. A stage reads each feature once, from outside, and not at each
//!   node: the planner keeps a list of what a subquery reads from others. (Stages inside each other are copied at every level of planning.)
//! - **Nothing but features is in sight of a tree.** All this is one subquery, joined to the table by `LATERAL`, in which the table's
//!   columns are mentioned in one place only, before anything of ours can be mistaken for one, or one for ours, whatever its name is.

use std::fmt::Write;

use super::{ExportError, denominator, inlier_sum};
use crate::IsolationForest;
use crate::data::Shortest;
use crate::forest::Tree;
use crate::scoring::largest_f32_not_above;

/// Longest name of a column in PostgreSQL, in bytes; longer ones are cut, and might then be equal.
const LONGEST_NAME: usize = 63;

/// Trees whose path lengths are added in one expression: a sixth of what fills PostgreSQL's stack of 2 MB.
const STAGE: usize = 500;

/// A query for PostgreSQL 12 or newer that gives each row of `table` with `score_samples`, `decision_function` and `predict`.
///
/// The table has a column for each feature, of its name, of any type of numbers; NULL and NaN are missing values. It may have any
/// other columns. If one of them is called `score_samples`, `decision_function` or `predict`, the result has two columns of that name,
/// the forest's behind the table's, and needs names of its own in a view or `CREATE TABLE AS`. `table` is
/// its name as the catalogue has it, such as `users` or `public.users`; a part with other signs in it is put in quotation
/// marks. Labels are those of [`IsolationForest::predict`], scores differ by the rounding of PostgreSQL's `power`, 2 units in the
/// last place. A number beyond the range of `f32`, an error here, is scored as the largest `f32`.
///
/// PostgreSQL's compiler of expressions (JIT), which it uses for large tables, takes longer for so large a query than it saves: twice the
/// processor time for 64,227 rows of ten columns (`tests_external/export_sql.py --time`). `SET jit = off;` before the query turns it off
/// for the session. 10,000 trees of 256 rows are a query of 40 MB, for which the server takes some gigabytes of memory.
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
    let features = (0..columns.len()).map(|column| format!("f{column}")).collect::<Vec<_>>().join(", ");
    let score = match denominator {
        0.0 => "-0.5::double precision".to_owned(),
        denominator => {
            format!("-power(2::double precision, -path_lengths / {}::double precision)", Shortest(denominator))
        }
    };
    let mut sql = format!(
        "-- An isolation forest of {} trees: for each row its score_samples (the lower the more anomalous), its decision_function\n\
         -- (below 0 for an outlier) and predict (-1 for an outlier, 1 for an inlier). Written by isoforest export --sql.\n\
         -- For many rows or trees, say SET jit = off; first: compiling so large a query takes longer than it saves.\n\
         SELECT isoforest_row.*, isoforest_scores.*\nFROM {table} AS isoforest_row\nCROSS JOIN LATERAL (\n  \
         SELECT score_samples,\n    score_samples - ({}::double precision) AS decision_function,\n    \
         CASE WHEN path_lengths < {}::double precision THEN -1 ELSE 1 END AS predict\n  \
         FROM (SELECT {} OFFSET 0) AS isoforest_features\n",
        forest.trees().len(),
        Shortest(forest.offset()),
        Shortest(inlier_sum(forest)),
        columns.join(", "),
    );
    let mut sum = None;
    for (number, trees) in forest.trees().chunks(STAGE).enumerate() {
        sql.push_str("  CROSS JOIN LATERAL (SELECT\n    ");
        let read = match sum.replace(format!("sum_{number}")) {
            None => features.clone(),
            Some(before) => {
                sql.push_str(&before);
                sql.push_str("\n    + ");
                format!("{features}, {before}")
            }
        };
        for (place, tree) in trees.iter().enumerate() {
            sql.push_str(if place == 0 { "" } else { "    + " });
            push_tree(&mut sql, tree);
            sql.push('\n');
        }
        // Writing to a String does not fail.
        let _ = write!(sql, "    AS sum_{number} FROM (SELECT {read} OFFSET 0) AS isoforest_read OFFSET 0) ");
        let _ = writeln!(sql, "AS isoforest_stage_{number}");
    }
    let _ = write!(
        sql,
        "  CROSS JOIN LATERAL (SELECT path_lengths, {score} AS score_samples\n    \
         FROM (SELECT {} AS path_lengths) AS isoforest_sum OFFSET 0) AS isoforest_score\n) AS isoforest_scores;\n",
        sum.unwrap_or_default(),
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
    fn many_trees_are_added_in_stages_each_from_the_sum_before_it() {
        let x = ndarray::array![[0.0], [1.0]];
        let sql = |n_estimators| {
            let forest = IsolationForest::builder().n_estimators(n_estimators).random_state(16).fit(x.view()).unwrap();
            to_sql(&forest, "users").unwrap()
        };
        for (n_estimators, stages) in [(1, 1), (STAGE, 1), (STAGE + 1, 2), (3 * STAGE, 3)] {
            let sql = sql(n_estimators);
            assert_eq!(sql.matches("AS isoforest_stage_").count(), stages);
            assert_eq!(sql.matches("CASE WHEN f0 ").count(), n_estimators);
            assert!(sql.contains(&format!("(SELECT sum_{} AS path_lengths)", stages - 1)));
        }
        let second = sql(STAGE + 1).split("CROSS JOIN LATERAL (SELECT\n").nth(2).unwrap().to_owned();
        assert!(
            second.starts_with("    sum_0\n    + CASE WHEN f0 ") && second.contains("f0, sum_0 OFFSET 0)"),
            "{second}"
        );
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
