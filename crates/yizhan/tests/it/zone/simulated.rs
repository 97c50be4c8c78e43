//! Instances on simulated time: whatever is lost, doubled, late, dead or asleep, what was acknowledged is there once.

use yizhan::bench::instances::sim::{Base, Tally, run};

#[test]
fn instances_keep_their_word_whatever_happens() {
    let base = Base::new().unwrap();
    let mut total = Tally::default();
    for seed in 0..16 {
        let one = run(&base, seed).unwrap();
        total.acknowledged += one.acknowledged;
        total.taken += one.taken;
        total.crashes += one.crashes;
        total.fenced += one.fenced;
    }
    // The seeds do what they are for.
    assert!(total.acknowledged > 500 && total.taken > 50 && total.crashes > 16 && total.fenced > 0, "{total:?}");
}
