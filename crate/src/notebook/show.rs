use std::io::{self, Write};

use plotly::Plot;
use serde_json::Value;

use super::bundle::write_content;
use super::packed::packed_json;
use crate::plot::static_svg;

/// Shows a figure in the cell's output: interactive where plotly's JupyterLab extension is, else as a picture, else as a
/// line of text.
///
/// A cell keeps one figure: a second one takes the place of the first.
///
/// ```
/// use isoforest::notebook::show;
/// use isoforest::plot::{Labels, histogram};
///
/// show(&histogram([1.0, 2.0, 2.5], 3, &Labels::new("Three values").x("mean"))?);
/// # Ok::<(), isoforest::plot::PlotError>(())
/// ```
pub fn show(plot: &Plot) {
    // If the kernel cannot be reached, there is nobody to tell.
    let _ = write_plot(&mut io::stdout().lock(), plot);
}

/// Writes what [`show`] prints.
///
/// # Errors
///
/// Those of `output`.
///
/// # Example
///
/// ```
/// use isoforest::notebook::write_plot;
/// use isoforest::plot::{Labels, histogram};
///
/// let mut written = Vec::new();
/// write_plot(&mut written, &histogram([1.0, 2.0], 2, &Labels::new("Two values"))?)?;
/// let text = String::from_utf8(written)?;
/// assert!(text.starts_with("EVCXR_BEGIN_CONTENT application/vnd.plotly.v1+json\n{"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn write_plot(output: &mut impl Write, plot: &Plot) -> io::Result<()> {
    write_content(output, "application/vnd.plotly.v1+json", &packed_json(plot))?;
    // Not text/html: viewers prefer that to a picture, and it could hold no figure without a script.
    if let Some(picture) = static_svg(plot) {
        write_content(output, "image/svg+xml", &picture)?;
    }
    write_content(output, "text/plain", &summary(plot))?;
    output.flush()
}

/// A line for those who see neither the figure nor the picture.
fn summary(plot: &Plot) -> String {
    let layout: Value = serde_json::to_value(plot.layout()).unwrap_or_default();
    let title = layout.pointer("/title/text").and_then(Value::as_str).unwrap_or("untitled");
    let title = title.split("<br><span").next().unwrap_or(title).replace("<br>", " ");
    let title = title.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&");
    format!("[figure: {title}]")
}
