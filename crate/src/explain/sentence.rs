//! An explanation as a sentence, for a person.

use std::cmp::Ordering;

use super::{Direction, FeatureContribution};

/// A feature that makes up more than this share of the deviation explains the row by itself.
const MOST: f64 = 0.6;
/// Features are named until they make up this share of the deviation together …
const ENOUGH: f64 = 0.8;
/// … or until so many are named.
const MOST_NAMED: usize = 3;
/// What speaks against is worth a word from this share of the deviation on.
const WORTH_A_WORD: f64 = 0.05;

/// Says in one sentence why a row is unusual, or that it is not.
///
/// `subject` begins the sentence ("Row 4711"); `is_outlier` is the forest's own word on the row. A share "of the deviation" is the
/// part of a feature among all contributions above 0; what the others take back is said at the end.
///
/// ```
/// use isoforest::explain::{Direction, FeatureContribution, sentence};
///
/// let entry = |name: &str, value, contribution, direction| {
///     FeatureContribution { name: name.into(), value: Some(value), contribution, direction: Some(direction) }
/// };
/// let why = [entry("mean", 66.3, 3.55, Direction::High), entry("sd", 40.1, 1.45, Direction::High)];
/// assert_eq!(
///     sentence("Row 4711", &why, true),
///     "Row 4711 is unusual mostly because mean = 66.3 is high (71 % of the deviation)."
/// );
/// ```
pub fn sentence(subject: &str, contributions: &[FeatureContribution], is_outlier: bool) -> String {
    let mut towards: Vec<&FeatureContribution> =
        contributions.iter().filter(|entry| entry.contribution > 0.0).collect();
    // Stable, so that features that contribute alike stay in the model's order.
    towards.sort_by(|a, b| b.contribution.partial_cmp(&a.contribution).unwrap_or(Ordering::Equal));
    let deviation: f64 = towards.iter().map(|entry| entry.contribution).sum();
    let against: f64 =
        contributions.iter().map(|entry| entry.contribution).filter(|contribution| *contribution < 0.0).sum();
    if deviation + against <= 0.0 {
        let verdict = if is_outlier { "counts as an outlier at this threshold, but" } else { "is not unusual: it" };
        return format!("{subject} {verdict} is no easier to isolate than the average training row.");
    }

    let mut reasons: Vec<String> = Vec::new();
    let mut covered = 0.0;
    for entry in towards.iter().take(MOST_NAMED) {
        if covered >= if reasons.len() == 1 { MOST } else { ENOUGH } {
            break;
        }
        let share = entry.contribution / deviation;
        let of_what = if reasons.is_empty() { " of the deviation" } else { "" };
        reasons.push(format!("{} ({}{of_what})", what_is_unusual(entry), percent(share)));
        covered += share;
    }
    let verdict = if is_outlier { "is unusual" } else { "is no outlier; as far as it stands out, that is" };
    let because = if covered < MOST {
        "because many features add up: first of all,"
    } else if reasons.len() == 1 && towards.len() > 1 {
        "mostly because"
    } else {
        "because"
    };
    let against = -against / deviation;
    let taken_back = if against < WORTH_A_WORD {
        String::new()
    } else {
        format!("; what is usual about it takes {} of that back", percent(against))
    };
    format!("{subject} {verdict} {because} {}{taken_back}.", enumerate(&reasons))
}

/// "mean = 66.3 is high".
fn what_is_unusual(entry: &FeatureContribution) -> String {
    let name = &entry.name;
    let Some(value) = entry.value else { return format!("{name} is missing") };
    let how = match entry.direction {
        Some(Direction::High) => "is high",
        Some(Direction::Low) => "is low",
        None => "does not go with the rest",
    };
    format!("{name} = {} {how}", short(value))
}

/// "a", "a and b", "a, b and c".
fn enumerate(parts: &[String]) -> String {
    match parts {
        [first @ .., last] if !first.is_empty() => format!("{} and {last}", first.join(", ")),
        _ => parts.concat(),
    }
}

/// A share above 0 as a percentage without decimals.
fn percent(share: f64) -> String {
    match 100.0 * share {
        percent if percent < 1.0 => "less than 1 %".to_owned(),
        percent => format!("{percent:.0} %"),
    }
}

/// A number with four digits, or all of its whole part.
pub(crate) fn short(value: f64) -> String {
    let size = value.abs();
    if size > 0.0 && !(1e-4..1e15).contains(&size) {
        return format!("{value:.3e}");
    }
    let whole_digits = if size > 0.0 { size.log10().floor() as i32 + 1 } else { 1 };
    let decimals = usize::try_from(4 - whole_digits).unwrap_or(0);
    let text = format!("{value:.decimals$}");
    if decimals == 0 {
        return text;
    }
    match text.trim_end_matches('0').trim_end_matches('.') {
        "-0" => "0".to_owned(),
        text => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn why(entries: &[(&str, Option<f64>, f64, Option<Direction>)]) -> Vec<FeatureContribution> {
        let entry = |&(name, value, contribution, direction): &(&str, _, _, _)| FeatureContribution {
            name: name.to_owned(),
            value,
            contribution,
            direction,
        };
        entries.iter().map(entry).collect()
    }

    const HIGH: Option<Direction> = Some(Direction::High);
    const LOW: Option<Direction> = Some(Direction::Low);

    #[test]
    fn two_features_of_about_the_same_size_are_both_named() {
        let why = why(&[("sd", Some(40.0), 2.0, HIGH), ("n", Some(5.0), 0.1, HIGH), ("mean", Some(-0.15), 2.5, LOW)]);
        assert_eq!(
            sentence("Row 7", &why, true),
            "Row 7 is unusual because mean = -0.15 is low (54 % of the deviation) and sd = 40 is high (43 %)."
        );
    }

    #[test]
    fn features_that_contribute_alike_keep_their_order() {
        let why = why(&[("b", Some(1.0), 1.0, HIGH), ("a", Some(1.0), 1.0, LOW)]);
        assert_eq!(
            sentence("It", &why, true),
            "It is unusual because b = 1 is high (50 % of the deviation) and a = 1 is low (50 %)."
        );
    }

    #[test]
    fn many_small_contributions_are_said_to_add_up() {
        let names = ["a", "b", "c", "d", "e", "f", "g", "h"];
        let entries: Vec<_> = names.iter().map(|name| (*name, Some(2.0), 0.5, HIGH)).collect();
        assert_eq!(
            sentence("It", &why(&entries), true),
            "It is unusual because many features add up: first of all, a = 2 is high (12 % of the deviation), \
             b = 2 is high (12 %) and c = 2 is high (12 %)."
        );
    }

    #[test]
    fn what_speaks_against_is_said_if_it_is_much() {
        let mut entries = [("mean", Some(9.0), 2.0, HIGH), ("sd", Some(0.0), -0.5, LOW)];
        assert_eq!(
            sentence("It", &why(&entries), true),
            "It is unusual because mean = 9 is high (100 % of the deviation); what is usual about it takes 25 % of that back."
        );
        entries[1].2 = -0.01;
        assert_eq!(
            sentence("It", &why(&entries), true),
            "It is unusual because mean = 9 is high (100 % of the deviation)."
        );
    }

    #[test]
    fn a_missing_value_and_the_median_itself_are_told_as_what_they_are() {
        let entries = [("mean", None, 2.0, None), ("sd", Some(0.5), 1.9, None)];
        assert_eq!(
            sentence("It", &why(&entries), true),
            "It is unusual because mean is missing (51 % of the deviation) and sd = 0.5 does not go with the rest (49 %)."
        );
    }

    #[test]
    fn a_row_that_is_no_outlier_is_not_called_unusual() {
        let entries = [("mean", Some(2.0), 2.0, HIGH), ("sd", Some(1.0), 0.002, HIGH)];
        assert_eq!(
            sentence("It", &why(&entries), false),
            "It is no outlier; as far as it stands out, that is mostly because mean = 2 is high (100 % of the deviation)."
        );
        let usual = [("mean", Some(2.0), 0.2, HIGH), ("sd", Some(1.0), -0.3, LOW)];
        assert_eq!(
            sentence("It", &why(&usual), false),
            "It is not unusual: it is no easier to isolate than the average training row."
        );
        assert_eq!(
            sentence("It", &why(&usual), true),
            "It counts as an outlier at this threshold, but is no easier to isolate than the average training row."
        );
        assert_eq!(sentence("It", &[], false), sentence("It", &why(&usual), false));
    }

    #[test]
    fn numbers_are_short_and_keep_their_whole_part() {
        let shown = [0.0, -0.0, 66.324_76, -0.284_888, 64_227.4, 1234.0, 1e20, -2.5e-9, 100.0, 9.999_99].map(short);
        assert_eq!(shown, ["0", "0", "66.32", "-0.2849", "64227", "1234", "1.000e20", "-2.500e-9", "100", "10"]);
    }
}
