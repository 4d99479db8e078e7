//! Numbers as text that gives back their bits.

use std::fmt;

/// A number with the fewest digits that give back the same bits when read: `0.1`, `-0`, `1e-7`, `1e300`.
///
/// ```
/// use isoforest::data::Shortest;
///
/// assert_eq!(Shortest(0.1 + 0.2).to_string(), "0.30000000000000004");
/// assert_eq!(Shortest(-5e-324).to_string(), "-5e-324");
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Shortest(
    /// The number.
    pub f64,
);

impl Shortest {
    /// Appends the number to `text`: what `to_string` gives, without the detour through a formatter.
    ///
    /// ```
    /// use isoforest::data::Shortest;
    ///
    /// let mut line = String::from("score ");
    /// Shortest(-0.25).append_to(&mut line);
    /// assert_eq!(line, "score -0.25");
    /// ```
    pub fn append_to(self, text: &mut String) {
        // Writing into a String cannot fail.
        let _ = self.write_to(text);
    }

    fn write_to(self, output: &mut impl fmt::Write) -> fmt::Result {
        let size = self.0.abs();
        // Scores and most data: with the standard library's digits `isoforest score` takes 1.4 times as much processor time. zmij
        // writes no exponent here, but ".0" behind whole numbers.
        if (1e-4..1e15).contains(&size) {
            let mut buffer = zmij::Buffer::new();
            let digits = buffer.format_finite(self.0);
            output.write_str(digits.strip_suffix(".0").unwrap_or(digits))
        } else if size == 0.0 || (1e15..1e16).contains(&size) {
            write!(output, "{}", self.0)
        } else {
            // An exponent saves a row of zeros.
            write!(output, "{:e}", self.0)
        }
    }
}

impl fmt::Display for Shortest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write_to(f)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::Shortest;

    /// The same by the standard library alone.
    fn by_the_standard_library(number: f64) -> String {
        let size = number.abs();
        if size == 0.0 || (1e-4..1e16).contains(&size) { format!("{number}") } else { format!("{number:e}") }
    }

    /// Checks that a number's text gives back its bits, and is as short and of the same form as the standard library's: of two
    /// such texts that are equally near, the two may choose different ones.
    fn check(number: f64) {
        let (text, expected) = (Shortest(number).to_string(), by_the_standard_library(number));
        assert_eq!(text.parse::<f64>().map(f64::to_bits), Ok(number.to_bits()), "{text}");
        let form = |text: &str| text.replace(|c: char| c.is_ascii_digit(), "0");
        assert_eq!(form(&text), form(&expected), "{text} and {expected}");
    }

    #[test]
    fn numbers_beside_a_change_of_form_are_written_in_the_right_one() {
        for edge in
            [1e-5, 1e-4, 1e-3, 1.0, 1e14, 1e15, 1e16, 1e17, 9_007_199_254_740_993.0, f64::MAX, f64::MIN_POSITIVE]
        {
            for number in [edge, edge.next_up(), edge.next_down(), -edge, edge * 1.5, 0.0, -0.0] {
                check(number);
            }
        }
        // Exactly between the two shortest texts.
        check(952_069_813_925_301.0 + 0.25);
    }

    proptest! {
        #[test]
        fn any_finite_number_comes_back(number in any::<f64>().prop_filter("finite", |number| number.is_finite())) {
            check(number);
        }

        #[test]
        fn numbers_in_the_range_of_data_and_scores_come_back(number in -1e6..1e6_f64, score in -1.0..0.0_f64) {
            for number in [number, score, (number * 1e3).round() / 1e3] {
                check(number);
            }
        }
    }
}
