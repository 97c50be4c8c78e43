//! How a sum of the targets becomes single payments: pure arithmetic, exact to the fen, or a refusal that names the figure.

use yizhan_kit::Fen;
use yizhan_kit::id::SeededEntropy;

/// So many amounts whose sum is exactly a total, each within bounds and, but for one, in round steps.
///
/// # Errors
/// When no such amounts exist: what was asked.
pub fn split(
    total: Fen,
    count: usize,
    (least, most): (Fen, Fen),
    step: Fen,
    chance: &SeededEntropy,
) -> Result<Vec<Fen>, String> {
    let heads = i64::try_from(count).map_err(|error| error.to_string())?;
    let refused = || format!("{total} cannot be {count} payments of {least} to {most}");
    if heads == 0 {
        return if total == Fen(0) { Ok(Vec::new()) } else { Err(refused()) };
    }
    let fits = |each: Fen| each.0.checked_mul(heads);
    if fits(least).is_none_or(|sum| sum > total.0) || fits(most).is_none_or(|sum| sum < total.0) {
        return Err(refused());
    }
    let mean = total.0 / heads;
    // As far to one side as to the other, two by two; what is left over goes where there is room.
    let room = (mean - least.0).min(most.0 - mean).max(0) / step.0;
    let mut amounts = Vec::with_capacity(count);
    while amounts.len() < count {
        let away =
            if room > 0 { i64::try_from(chance.below(u64::try_from(room).unwrap_or(0) + 1)).unwrap_or(0) } else { 0 };
        let even = mean / step.0 * step.0;
        let even = if even < least.0 { mean } else { even };
        amounts.push((even + away * step.0).min(most.0));
        if amounts.len() < count {
            amounts.push((even - away * step.0).max(least.0));
        }
    }
    let mut rest = total.0 - amounts.iter().sum::<i64>();
    for amount in amounts.iter_mut().rev() {
        let moved = rest.clamp(least.0 - *amount, most.0 - *amount);
        *amount += moved;
        rest -= moved;
        if rest == 0 {
            break;
        }
    }
    if rest == 0 { Ok(amounts.into_iter().map(Fen).collect()) } else { Err(refused()) }
}

/// A kind of payment whose amount a rule fixes, and how many of it there may be at most.
#[derive(Clone, Copy, Debug)]
pub struct Kind {
    /// What one comes to.
    pub amount: Fen,
    /// How many at most.
    pub most: usize,
}

/// How many of each kind come to so many payments of such a sum; as even as can be.
pub fn mix(kinds: &[Kind], count: usize, total: Fen) -> Option<Vec<usize>> {
    let Some((last, first)) = kinds.split_last() else { return (count == 0 && total == Fen(0)).then(Vec::new) };
    if first.is_empty() {
        let fits = count <= last.most && i64::try_from(count).ok()?.checked_mul(last.amount.0)? == total.0;
        return fits.then(|| vec![count]);
    }
    if !reachable(kinds, count, total) {
        return None;
    }
    let even = count / kinds.len();
    let most = last.most.min(count);
    // The even share first, then farther and farther from it.
    (0..=count)
        .flat_map(|away| [even.checked_add(away), even.checked_sub(away.max(1))])
        .flatten()
        .filter(|n| *n <= most)
        .find_map(|n| {
            let rest = total.0.checked_sub(i64::try_from(n).ok()?.checked_mul(last.amount.0)?)?;
            let mut found = mix(first, count - n, Fen(rest))?;
            found.push(n);
            Some(found)
        })
}

/// Whether a sum lies between the least and the most that so many payments come to.
fn reachable(kinds: &[Kind], count: usize, total: Fen) -> bool {
    let mut sorted: Vec<Kind> = kinds.to_vec();
    sorted.sort_by_key(|kind| kind.amount);
    let sum = |kinds: &mut dyn Iterator<Item = &Kind>| {
        let (mut left, mut sum) = (count, 0_i64);
        for kind in kinds {
            let n = left.min(kind.most);
            sum += kind.amount.0 * i64::try_from(n).unwrap_or(0);
            left -= n;
        }
        (left == 0).then_some(sum)
    };
    let (least, most) = (sum(&mut sorted.iter()), sum(&mut sorted.iter().rev()));
    least.zip(most).is_some_and(|(least, most)| least <= total.0 && total.0 <= most)
}

/// A loan: to how many people it is tied, and how much for each of them.
pub type Loan = (usize, Fen);

/// So many loans that come to a total, for so many people in all, each with at most so much a head; a head's yield is whole fen.
///
/// # Errors
/// When no such loans exist.
pub fn loans(total: Fen, count: usize, people: usize, most: Fen, unit: Fen) -> Result<Vec<Loan>, String> {
    let refused = || format!("{total} cannot be {count} loans for {people} people");
    if count == 0 || people < count {
        return Err(refused());
    }
    let heads: Vec<usize> = (0..count).map(|n| people / count + usize::from(n < people % count)).collect();
    let wide = |n: usize| i64::try_from(n).unwrap_or(0);
    let mean = total.0 / wide(people) / unit.0 * unit.0;
    // The first ones are alike; the last two take up the rest, with numbers of people that have no common divisor.
    for shift in 0..people / count {
        let mut heads = heads.clone();
        if count > 1 {
            heads[count - 1] += shift;
            heads[count - 2] = heads[count - 2].checked_sub(shift).filter(|left| *left > 0).ok_or_else(refused)?;
        }
        let rest = total.0 - heads.iter().take(count.saturating_sub(2)).map(|n| wide(*n) * mean).sum::<i64>();
        let (one, other) = match heads.as_slice() {
            [.., one, other] => (wide(*one), wide(*other)),
            [other] => (0, wide(*other)),
            [] => return Err(refused()),
        };
        for away in 0..=wide(people) * 2 {
            for first in [mean + away * unit.0, mean - away * unit.0] {
                let left = rest - one * first;
                if first <= 0 || first > most.0 || left <= 0 || left % (other * unit.0) != 0 || left / other > most.0 {
                    continue;
                }
                let mut loans: Vec<Loan> = heads.iter().map(|n| (*n, Fen(mean))).collect();
                loans[count - 1].1 = Fen(left / other);
                if count > 1 {
                    loans[count - 2].1 = Fen(first);
                }
                return Ok(loans);
            }
        }
    }
    Err(refused())
}

/// Whether a place is one of so many, evenly spread over all.
pub fn one_of(count: usize, all: usize, place: usize) -> bool {
    let before = |place: usize| place * count / all.max(1);
    before(place) != before(place + 1)
}
