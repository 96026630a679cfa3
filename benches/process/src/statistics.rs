//! Medians, quartiles, and ratios of paired measurements.

/// Median and quartiles of a sample.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Summary {
    /// First quartile.
    pub(crate) low: f64,
    /// Median.
    pub(crate) median: f64,
    /// Third quartile.
    pub(crate) high: f64,
}

impl Summary {
    /// Summary of these values; `None` without values.
    pub(crate) fn of(values: impl IntoIterator<Item = f64>) -> Option<Self> {
        let mut sorted: Vec<f64> = values.into_iter().collect();
        sorted.sort_by(f64::total_cmp);
        let at = |share| quantile(&sorted, share);
        Some(Self { low: at(0.25)?, median: at(0.5)?, high: at(0.75)? })
    }

    /// Summary of the ratios of two contenders. Values at the same index are of the same round, so that a disturbance of a
    /// whole round cancels out.
    pub(crate) fn of_ratios(values: &[f64], base: &[f64]) -> Option<Self> {
        Self::of(values.iter().zip(base).filter(|(_, base)| **base > 0.0).map(|(value, base)| value / base))
    }

    /// The same values in another unit.
    pub(crate) fn per(self, unit: f64) -> Self {
        Self { low: self.low / unit, median: self.median / unit, high: self.high / unit }
    }
}

/// Value below which this share of the sorted values lies, interpolated between neighbours.
fn quantile(sorted: &[f64], share: f64) -> Option<f64> {
    let last = sorted.len().checked_sub(1)?;
    let place = share * f64::from(u32::try_from(last).ok()?);
    let below = sorted.iter().enumerate().take_while(|(index, _)| to_f64(*index) <= place).last()?;
    let above = sorted.get((below.0 + 1).min(last))?;
    Some(below.1 + (above - below.1) * (place - to_f64(below.0)))
}

fn to_f64(index: usize) -> f64 {
    u32::try_from(index).map_or(f64::INFINITY, f64::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quartiles_are_interpolated() {
        let summary = |values: &[f64]| Summary::of(values.iter().copied());
        assert_eq!(summary(&[]), None);
        assert_eq!(summary(&[7.0]), Some(Summary { low: 7.0, median: 7.0, high: 7.0 }));
        assert_eq!(summary(&[4.0, 1.0, 3.0, 2.0]), Some(Summary { low: 1.75, median: 2.5, high: 3.25 }));
        assert_eq!(summary(&[5.0, 1.0, 4.0, 2.0, 3.0]), Some(Summary { low: 2.0, median: 3.0, high: 4.0 }));
    }

    #[test]
    fn a_ratio_pairs_the_values_of_a_round() {
        // The machine is ten times as slow in the last round, which the ratios of pairs do not show.
        let ratios = Summary::of_ratios(&[2.0, 4.0, 30.0], &[1.0, 2.0, 10.0]).unwrap();
        assert_eq!(ratios, Summary { low: 2.0, median: 2.0, high: 2.5 });
        assert_eq!(Summary::of_ratios(&[1.0], &[0.0]), None);
        // A slow contender takes part in the first rounds only.
        assert_eq!(Summary::of_ratios(&[3.0], &[1.0, 9.0]).unwrap().median, 3.0);
    }
}
