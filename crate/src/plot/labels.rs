//! The words on a figure.

/// Title and axis titles of a figure.
///
/// The texts are shown as they are: a `<` or `&` in a column name is a character, not markup. Long titles are broken
/// into lines.
///
/// ```
/// use isoforest::plot::Labels;
///
/// let labels = Labels::new("Spending of each user").x("mean (z-score)").y("sd (z-score)");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Labels {
    pub(super) title: String,
    pub(super) x: Option<String>,
    pub(super) y: Option<String>,
    pub(super) unit: Option<String>,
}

impl Labels {
    /// A figure's title; its axes keep their default names until [`x`](Self::x) and [`y`](Self::y) name them.
    pub fn new(title: impl Into<String>) -> Self {
        Self { title: title.into(), x: None, y: None, unit: None }
    }

    /// Names the horizontal axis: the feature of a histogram or a box plot, the first feature of the others.
    #[must_use]
    pub fn x(mut self, name: impl Into<String>) -> Self {
        self.x = Some(name.into());
        self
    }

    /// Names the vertical axis: the second feature, or what a histogram counts (`rows` by default).
    #[must_use]
    pub fn y(mut self, name: impl Into<String>) -> Self {
        self.y = Some(name.into());
        self
    }

    /// What the numbers are in, such as `z-score`: said behind the name of each column in a figure of several.
    #[must_use]
    pub fn unit(mut self, unit: impl Into<String>) -> Self {
        self.unit = Some(unit.into());
        self
    }

    /// A column's name with the unit, if there is one.
    pub(super) fn with_unit(&self, name: &str) -> String {
        match self.unit.as_deref() {
            Some(unit) if !unit.is_empty() => format!("{name} ({unit})"),
            _ => name.to_owned(),
        }
    }

    pub(super) fn x_or<'a>(&'a self, default: &'a str) -> &'a str {
        self.x.as_deref().unwrap_or(default)
    }

    pub(super) fn y_or<'a>(&'a self, default: &'a str) -> &'a str {
        self.y.as_deref().unwrap_or(default)
    }
}
