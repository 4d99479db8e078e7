//! Sizes, and whether everybody can read and tell apart what is drawn.

use super::*;

type Color = [f64; 3];

#[test]
fn a_marker_grows_with_its_rows_but_slowly() {
    assert_eq!([1, 10, 1_000, 30_000].map(|count| growth(count, 1)), [0, 3, 9, 13]);
    assert_eq!([1, 250, 2_500].map(|count| growth(count, 250)), [0, 0, 3]);
}

#[test]
fn the_key_shows_the_bands_as_they_look_on_paper() {
    assert_eq!(hex(BANDS[0]), "#08306b");
    assert_eq!(hex(on_paper([0, 255, 100])), "#80ffb2");
}

#[test]
fn words_are_readable_on_the_paper_which_is_the_same_in_every_theme() {
    for (name, color) in [("ink", INK), ("muted ink", MUTED_INK), ("pressed button", DATA)] {
        let ratio = contrast(rgb(color), rgb(PAPER));
        assert!(ratio >= 4.5, "{name}: {ratio:.1}");
    }
    // A card must not melt into a dark page, nor its grid lines into the card.
    assert!(contrast(rgb(PAPER), rgb("#111111")) > 10.0);
    assert!((1.1..1.6).contains(&contrast(rgb(GRID_LINE), rgb(PAPER))));
}

/// The colours that a figure asks a reader to tell apart, as they look where they are drawn.
#[test]
fn colours_that_mean_something_differ_for_every_kind_of_colour_vision() {
    let dark_band = BANDS[0].map(|part| f64::from(part) / 255.0);
    let light_band = BANDS[6].map(|part| f64::from(part) / 255.0);
    let on_band = |color: &str, band: Color| over(rgb(color), 0.7, over(band, BAND_OPACITY, rgb(PAPER)));
    let on_inside = |color: &str| over(rgb(color), 0.7, rgb(INSIDE));
    let pairs = [
        ("inliers and outliers inside", on_inside(INLIER), on_inside(OUTLIER)),
        ("inliers and outliers in the lightest band", on_band(INLIER, light_band), on_band(OUTLIER, light_band)),
        ("inliers and outliers in the darkest band", on_band(INLIER, dark_band), on_band(OUTLIER, dark_band)),
        ("inliers and their region", on_inside(INLIER), rgb(INSIDE)),
        ("training rows and the region", on_inside(INK), rgb(INSIDE)),
        ("training rows and the darkest band", on_band(INK, dark_band), over(dark_band, BAND_OPACITY, rgb(PAPER))),
        ("outliers and the darkest band", on_band(OUTLIER, dark_band), over(dark_band, BAND_OPACITY, rgb(PAPER))),
        ("the boundary and its region", rgb(BOUNDARY), rgb(INSIDE)),
        ("the region and the lightest band", rgb(INSIDE), over(light_band, BAND_OPACITY, rgb(PAPER))),
        ("a box and its outliers", rgb(DATA_FILL), rgb(DATA)),
    ];
    for (name, one, other) in pairs {
        for (vision, matrix) in VISIONS {
            let far = distance(seen(one, matrix), seen(other, matrix));
            assert!(far >= 20.0, "{name}, {vision}: {far:.1}");
        }
    }
}

#[test]
fn the_bands_grow_lighter_step_by_step_for_every_kind_of_colour_vision() {
    for (vision, matrix) in VISIONS {
        let lightness = BANDS.map(|band| lab(seen(on_paper(band).map(|part| f64::from(part) / 255.0), matrix))[0]);
        for pair in lightness.windows(2) {
            assert!(pair[1] - pair[0] >= 2.0, "{vision}: {lightness:?}");
        }
    }
}

/// What a colour becomes, in linear light, for full protanopia, deuteranopia and tritanopia (Machado, Oliveira and
/// Fernandes, "A Physiologically-based Model for Simulation of Color Vision Deficiency", 2009).
const VISIONS: [(&str, [Color; 3]); 4] = [
    ("usual vision", [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]),
    (
        "protanopia",
        [[0.152_286, 1.052_583, -0.204_868], [0.114_503, 0.786_281, 0.099_216], [-0.003_882, -0.048_116, 1.051_998]],
    ),
    (
        "deuteranopia",
        [[0.367_322, 0.860_646, -0.227_968], [0.280_085, 0.672_501, 0.047_413], [-0.011_820, 0.042_940, 0.968_881]],
    ),
    (
        "tritanopia",
        [[1.255_528, -0.076_749, -0.178_779], [-0.078_411, 0.930_809, 0.147_602], [0.004_733, 0.691_367, 0.303_900]],
    ),
];

/// A colour's name or `#rrggbb` as shares of full light on the screen.
fn rgb(color: &str) -> Color {
    let hex = match color {
        "darkred" => "#8b0000",
        "palevioletred" => "#db7093",
        hex => hex,
    };
    let part = |at: usize| f64::from(u8::from_str_radix(&hex[at..at + 2], 16).unwrap()) / 255.0;
    [part(1), part(3), part(5)]
}

fn over(color: Color, opacity: f64, below: Color) -> Color {
    std::array::from_fn(|i| opacity * color[i] + (1.0 - opacity) * below[i])
}

/// From the screen's numbers to light (sRGB).
fn linear(color: Color) -> Color {
    color.map(|part| if part <= 0.040_45 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) })
}

/// Linear light as a kind of vision takes it.
fn seen(color: Color, matrix: [Color; 3]) -> Color {
    let light = linear(color);
    matrix.map(|row| (row[0] * light[0] + row[1] * light[1] + row[2] * light[2]).clamp(0.0, 1.0))
}

/// Contrast of the Web Content Accessibility Guidelines: 1 to 21.
fn contrast(one: Color, other: Color) -> f64 {
    let luminance = |color| {
        let [red, green, blue] = linear(color);
        0.2126 * red + 0.7152 * green + 0.0722 * blue
    };
    let (one, other): (f64, f64) = (luminance(one), luminance(other));
    (one.max(other) + 0.05) / (one.min(other) + 0.05)
}

/// Linear light in CIELAB (white point D65).
fn lab([red, green, blue]: Color) -> Color {
    let x = (0.412_456 * red + 0.357_576 * green + 0.180_437 * blue) / 0.950_47;
    let y = 0.212_673 * red + 0.715_152 * green + 0.072_175 * blue;
    let z = (0.019_334 * red + 0.119_192 * green + 0.950_304 * blue) / 1.088_83;
    let [x, y, z] = [x, y, z].map(|t: f64| if t > 0.008_856 { t.cbrt() } else { 7.787 * t + 16.0 / 116.0 });
    [116.0 * y - 16.0, 500.0 * (x - y), 200.0 * (y - z)]
}

/// Distance of two colours in linear light; about 2 can just be told apart, side by side.
fn distance(one: Color, other: Color) -> f64 {
    let (one, other) = (lab(one), lab(other));
    (0..3).map(|i| (one[i] - other[i]).powi(2)).sum::<f64>().sqrt()
}
