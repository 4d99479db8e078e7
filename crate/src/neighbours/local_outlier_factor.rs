use super::error::NeighbourError;
use super::places::Places;
use super::search::{Found, Search};

/// Added to each mean distance, as scikit-learn does, so that no density is infinite.
const LEAST_DISTANCE: f64 = 1e-10;

/// How densely the training rows lie around each of their places (Breunig, Kriegel, Ng, Sander 2000, definitions 3 to 7).
///
/// Rows that coincide would have infinite densities. The paper's remedy is done here: the k-distance reaches to the k-th other
/// *place* (its k-distinct-distance), while a neighbourhood has all *rows* within it, so that a place weighs as much as it has
/// rows. It also has all rows that are as far as the last. Without ties and coinciding rows this is scikit-learn's
/// `LocalOutlierFactor`, number by number.
#[derive(Debug, Clone)]
pub(super) struct Densities {
    /// Distance of each place to the k-th other one.
    k_distance: Vec<f64>,
    /// Local reachability density of each place.
    density: Vec<f64>,
}

impl Densities {
    /// The densities, and the factor of each place among the others. There are more than `k` places.
    pub fn fit(places: &Places, search: &Search<'_>, k: usize) -> Result<(Self, Vec<f64>), NeighbourError> {
        let neighbours: Vec<Vec<Found>> =
            (0..places.len()).map(|place| search.nearest_others(place, k)).collect::<Result<_, _>>()?;
        let k_distance = neighbours.iter().map(|found| found.last().map_or(0.0, |last| last.distance)).collect();
        let mut densities = Self { k_distance, density: Vec::new() };
        // A row has the others at its own place for neighbours, too.
        let weighted = |place: usize| {
            let same = Found { place, distance: 0.0 };
            let others = neighbours[place].iter().map(|&found| (found, places.counts[found.place]));
            others.chain(std::iter::once((same, places.counts[place] - 1)))
        };
        densities.density = (0..places.len()).map(|place| densities.density_from(weighted(place))).collect();
        let factors =
            (0..places.len()).map(|place| densities.factor_from(densities.density[place], weighted(place))).collect();
        Ok((densities, factors))
    }

    /// The factor of a new row, whose neighbours are `found`.
    pub fn factor(&self, places: &Places, found: &[Found]) -> f64 {
        let weighted = || found.iter().map(|&found| (found, places.counts[found.place]));
        self.factor_from(self.density_from(weighted()), weighted())
    }

    /// One over the mean reachability distance to weighted neighbours.
    fn density_from(&self, neighbours: impl Iterator<Item = (Found, usize)>) -> f64 {
        let reach = |found: Found| found.distance.max(self.k_distance[found.place]);
        1.0 / (mean(neighbours.map(|(found, weight)| (reach(found), weight))) + LEAST_DISTANCE)
    }

    /// The mean density of weighted neighbours over one's own.
    fn factor_from(&self, own: f64, neighbours: impl Iterator<Item = (Found, usize)>) -> f64 {
        mean(neighbours.map(|(found, weight)| (self.density[found.place], weight))) / own
    }
}

fn mean(weighted: impl Iterator<Item = (f64, usize)>) -> f64 {
    let (sum, n) = weighted.fold((0.0, 0), |(sum, n), (value, weight)| (sum + value * weight as f64, n + weight));
    sum / n as f64
}
