//! Detectors side by side on planted anomalies and on labelled files.
#![cfg(feature = "compare")]

use isoforest::compare::{Contender, Kind, measure, planted};

#[test]
fn print() {
    for kind in Kind::ALL {
        let mut line = format!("{:>14}", kind.name());
        for c in Contender::all(0.05) {
            let m: Vec<_> = (1..=10).map(|seed| measure(&c, &planted(kind, seed), seed as u32).unwrap()).collect();
            let mean = m.iter().map(|m| m.roc_auc).sum::<f64>() / 10.0;
            let sd = (m.iter().map(|m| (m.roc_auc - mean).powi(2)).sum::<f64>() / 9.0).sqrt();
            let ap = m.iter().map(|m| m.average_precision).sum::<f64>() / 10.0;
            line += &format!("  {} {mean:.3}±{sd:.3} {ap:.3}", c.name);
        }
        println!("{line}");
    }
}
