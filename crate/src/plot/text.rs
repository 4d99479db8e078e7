//! Words in a figure: escaped, broken into lines, and with readable numbers.

/// Makes a text show as it is: plotly reads some HTML tags in titles.
pub(super) fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// A feature's name inside a hover template, where `%{…}` would be a variable.
pub(super) fn hover_name(name: &str) -> String {
    escape(name).replace("%{", "%&#123;")
}

/// Escapes a text and breaks it into lines of at most `width` letters: between words, and within a word that is longer.
pub(super) fn wrap(text: &str, width: usize) -> String {
    let mut wrapped = String::new();
    let mut column = 0;
    for word in text.split_whitespace() {
        let letters: Vec<char> = word.chars().collect();
        for (i, piece) in letters.chunks(width.max(1)).enumerate() {
            if i > 0 || (column > 0 && column + 1 + piece.len() > width) {
                wrapped.push_str("<br>");
                column = 0;
            } else if column > 0 {
                wrapped.push(' ');
                column += 1;
            }
            wrapped.push_str(&escape(&piece.iter().collect::<String>()));
            column += piece.len();
        }
    }
    wrapped
}

/// Number of lines of a wrapped text.
pub(super) fn lines(wrapped: &str) -> usize {
    wrapped.matches("<br>").count() + 1
}

/// `64227` as `64,227`.
pub(crate) fn thousands(number: usize) -> String {
    let digits = number.to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// `1 row`, `2,000 rows`.
pub(super) fn rows(number: usize) -> String {
    format!("{} row{}", thousands(number), if number == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_in_a_name_is_shown_not_obeyed() {
        assert_eq!(escape("a<b> & c"), "a&lt;b&gt; &amp; c");
        assert_eq!(hover_name("%{x}"), "%&#123;x}");
    }

    #[test]
    fn long_texts_break_between_words() {
        assert_eq!(wrap("one two three four", 9), "one two<br>three<br>four");
        assert_eq!(lines(&wrap("one two three four", 9)), 3);
        assert_eq!(wrap("", 9), "");
        assert_eq!(wrap("a_word_without_a_space & more", 9), "a_word_wi<br>thout_a_s<br>pace &amp;<br>more");
    }

    #[test]
    fn numbers_are_grouped_by_thousands() {
        assert_eq!([0, 999, 1_000, 64_227, 1_000_000].map(thousands), ["0", "999", "1,000", "64,227", "1,000,000"]);
        assert_eq!([1, 2_000].map(rows), ["1 row", "2,000 rows"]);
    }
}
