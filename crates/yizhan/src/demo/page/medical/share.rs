//! A sum taken apart into payments that differ as payments do, to the fen.

use super::wanted::Amount;
use yizhan_kit::id::SeededEntropy;

/// How unlike payments are: the largest weight is so many times the smallest.
const WEIGHTS: (u64, u64) = (40, 160);

/// So many payments of at least a fen each that come to the sum.
///
/// # Errors
/// When they cannot: the figure.
pub fn share(amount: &Amount, chance: &SeededEntropy) -> Result<Vec<i64>, String> {
    let Amount { times_id, sum_id, times, sum } = *amount;
    let n = i64::try_from(times).map_err(|_| format!("{times_id}: {times} are too many"))?;
    let over = sum.0 - n;
    if over < 0 || (n == 0 && sum.0 != 0) {
        return Err(format!("{sum_id}: {sum} yuan cannot be paid in {times} times ({times_id}) of a fen or more"));
    }
    let weights: Vec<i64> = (0..times).map(|_| weight(chance)).collect();
    let all: i64 = weights.iter().sum::<i64>().max(1);
    let part = |weight: i64| i64::try_from(i128::from(over) * i128::from(weight) / i128::from(all)).unwrap_or(0);
    let mut pays: Vec<i64> = weights.iter().map(|weight| 1 + part(*weight)).collect();
    // What dividing left over is less than a fen for each.
    let left = usize::try_from(sum.0 - pays.iter().sum::<i64>()).unwrap_or(0);
    pays.iter_mut().take(left).for_each(|pay| *pay += 1);
    Ok(pays)
}

fn weight(chance: &SeededEntropy) -> i64 {
    i64::try_from(WEIGHTS.0 + chance.below(WEIGHTS.1 - WEIGHTS.0)).unwrap_or(1)
}
