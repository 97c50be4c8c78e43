//! Whole numbers, amounts and days, lane by lane: what overflows has no result.

use super::lanes::Lanes;
use super::program::Arithmetic;

/// Computes lane by lane; whether one of them has no result.
fn each(out: &mut Lanes, left: &[i64], right: &[i64], with: impl Fn(i64, i64) -> (i64, bool)) -> bool {
    let mut over = false;
    for (result, (a, b)) in out.values_mut().iter_mut().zip(left.iter().zip(right)) {
        let (value, fails) = with(*a, *b);
        *result = value;
        over |= fails;
    }
    over
}

pub(super) fn arithmetic(how: Arithmetic, a: &Lanes, b: &Lanes, lanes: usize, out: &mut Lanes) {
    let (left, right) = (&a.values()[..lanes], &b.values()[..lanes]);
    let over = match how {
        Arithmetic::Add => each(out, left, right, i64::overflowing_add),
        Arithmetic::Subtract => each(out, left, right, i64::overflowing_sub),
        Arithmetic::Multiply => each(out, left, right, i64::overflowing_mul),
        Arithmetic::Least => each(out, left, right, |a, b| (a.min(b), false)),
        Arithmetic::Greatest => each(out, left, right, |a, b| (a.max(b), false)),
        Arithmetic::Divide | Arithmetic::Remainder | Arithmetic::Share | Arithmetic::Without => true,
    };
    let known = out.known_mut();
    known.clone_from(a.known());
    known.keep(b.known());
    if !over {
        return;
    }
    // Some lane has no result, perhaps one that is not known anyway.
    let both = out.known().clone();
    out.known_mut().reset(lanes);
    for lane in both.lanes() {
        let (a, b) = (left[lane], right[lane]);
        let result = match how {
            Arithmetic::Add => a.checked_add(b),
            Arithmetic::Subtract => a.checked_sub(b),
            Arithmetic::Multiply => a.checked_mul(b),
            Arithmetic::Divide => a.checked_div(b),
            Arithmetic::Remainder => a.checked_rem(b),
            Arithmetic::Least => Some(a.min(b)),
            Arithmetic::Greatest => Some(a.max(b)),
            Arithmetic::Share => share(a, b),
            Arithmetic::Without => without(a, b),
        };
        if let Some(result) = result {
            out.set(lane, result);
        }
    }
}

/// What an amount is without a ratio of it in ten-thousandths that is added, rounded half up.
fn without(amount: i64, ratio: i64) -> Option<i64> {
    let whole = i128::from(ratio) + 10_000;
    let twice = i128::from(amount) * 20_000 + whole;
    (whole > 0).then(|| i64::try_from(twice.div_euclid(whole * 2)).ok()).flatten()
}

/// A ratio in ten-thousandths of an amount, rounded half up.
pub fn share(amount: i64, ratio: i64) -> Option<i64> {
    let twice = i128::from(amount) * i128::from(ratio) * 2 + 10_000;
    i64::try_from(twice.div_euclid(20_000)).ok()
}
