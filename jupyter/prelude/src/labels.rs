use isoforest::plot;

/// The words on a figure: a title, and, unless the columns' names will do, the axes' titles.
///
/// Where a figure wants labels, a title alone is enough, and `()` leaves the words to the figure.
#[derive(Clone, Debug, Default)]
pub struct Labels {
    title: Option<String>,
    x: Option<String>,
    y: Option<String>,
    unit: Option<String>,
}

impl Labels {
    /// A title.
    pub fn new(title: &str) -> Self {
        Self { title: Some(title.to_owned()), ..Self::default() }
    }

    /// Names the horizontal axis.
    #[must_use]
    pub fn x(mut self, name: &str) -> Self {
        self.x = Some(name.to_owned());
        self
    }

    /// Names the vertical axis.
    #[must_use]
    pub fn y(mut self, name: &str) -> Self {
        self.y = Some(name.to_owned());
        self
    }

    /// What the numbers are in, such as `z-score`: said behind a column's name where it names an axis.
    #[must_use]
    pub fn unit(mut self, unit: &str) -> Self {
        self.unit = (!unit.is_empty()).then(|| unit.to_owned());
        self
    }

    /// The library's labels for a figure with columns on its axes.
    pub(crate) fn for_axes(&self, title: &str, x: &str, y: Option<&str>) -> plot::Labels {
        let named = |own: Option<&String>, column: &str| match (own, &self.unit) {
            (Some(own), _) => own.clone(),
            (None, Some(unit)) => format!("{column} ({unit})"),
            (None, None) => column.to_owned(),
        };
        let labels = self.for_panels(title).x(named(self.x.as_ref(), x));
        match (y, &self.y) {
            (Some(y), own) => labels.y(named(own.as_ref(), y)),
            // Rows are counted, in no unit.
            (None, Some(own)) => labels.y(own.clone()),
            (None, None) => labels,
        }
    }

    /// The library's labels for a figure that names its axes itself.
    pub(crate) fn for_panels(&self, title: &str) -> plot::Labels {
        plot::Labels::new(self.title.as_deref().unwrap_or(title)).unit(self.unit.as_deref().unwrap_or_default())
    }
}

/// What can stand for the words on a figure: a title, [`Labels`], or `()` for the figure's own.
#[diagnostic::on_unimplemented(
    message = "these are no words for a figure",
    label = "expected a title, such as \"Who spends what\", or Labels::new(\"Who spends what\").unit(\"EUR\"), or () to leave it to the figure"
)]
pub trait Title {
    /// The words.
    fn labels(self) -> Labels;
}

impl Title for Labels {
    fn labels(self) -> Labels {
        self
    }
}

impl Title for &Labels {
    fn labels(self) -> Labels {
        self.clone()
    }
}

impl Title for &str {
    fn labels(self) -> Labels {
        Labels::new(self)
    }
}

impl Title for String {
    fn labels(self) -> Labels {
        Labels::new(&self)
    }
}

impl Title for &String {
    fn labels(self) -> Labels {
        Labels::new(self)
    }
}

impl Title for () {
    fn labels(self) -> Labels {
        Labels::default()
    }
}
