//! The bills of a zone that stand, as `yizhan settle` takes them, or their slips as they were frozen, as it gives them: settled
//! again without a database, each bill comes to what its slip says.

use super::act::Answer;
use super::model::FIELDS;
use super::view::{self, Voice};
use crate::command::Common;
use clap::Args;
use std::fmt::Write as _;
use std::io::Write;
use yizhan_core::access::{Seen, Viewer};
use yizhan_core::image::Image;
use yizhan_core::settlement::{Entry, Kept, Policy, Settled, Slip};
use yizhan_core::waist::Reader;
use yizhan_core::waist::load::Depth;
use yizhan_core::zone::rebuild;
use yizhan_kit::Fen;

/// What `yizhan bills` takes.
#[derive(Args)]
pub struct Wishes {
    /// The policy by which they were settled.
    #[arg(long)]
    policy: String,
    /// The slips as they were frozen, in place of the bills.
    #[arg(long)]
    slips: bool,
    /// Add the arithmetic of each layer to the slips.
    #[arg(long)]
    trace: bool,
    /// The language of reasons: `zh` or `en`.
    #[arg(long, default_value = "zh", value_parser = super::lang)]
    lang: yizhan_kit::Lang,
}

/// Writes the bills of a zone to standard output; the zone may be served meanwhile.
///
/// # Errors
/// When it cannot be read, is damaged, or has no such policy.
pub fn run(common: &Common, wishes: &Wishes) -> Result<(), String> {
    let image = image(common)?;
    let catalog = image.catalog().ok_or("there is no zone yet")?;
    let policy = catalog.policies.get(&wishes.policy).cloned().ok_or_else(|| {
        let known = catalog.policies.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
        format!("no policy {}; there are: {known}", wishes.policy)
    })?;
    let program = Viewer::program();
    let seen = program.look(&image);
    let detail = if wishes.trace { view::Detail::Trace } else { view::Detail::Reason };
    let voice = wishes.slips.then_some(Voice { lang: wishes.lang, detail });
    let late = write(&seen, &policy, voice, std::io::stdout().lock()).map_err(|error| error.to_string())?;
    if late > 0 {
        eprintln!("{late} bills end before an earlier one of their person; settle them with --as-settled");
    }
    Ok(())
}

/// A zone as it is now, read and not opened.
///
/// # Errors
/// When it cannot be read, or its damage.
pub fn image(common: &Common) -> Result<Image, String> {
    let reader = Reader::open(&common.address())?;
    let rebuilt = rebuild(&reader, common.config()?.hash()?, Depth::Heads);
    if rebuilt.complete && rebuilt.faults.is_empty() {
        return Ok(rebuilt.image);
    }
    Err(rebuilt.faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
}

/// Writes the bills of a policy that stand in the order in which they were settled first, or their slips: how many of them end
/// before one of the same person that was settled earlier.
///
/// # Errors
/// When they cannot be written.
pub fn write(seen: &Seen<'_>, policy: &Policy, slips: Option<Voice>, output: impl Write) -> std::io::Result<usize> {
    let mut output = std::io::BufWriter::with_capacity(1 << 16, output);
    let mut entries: Vec<&Entry> = seen.slips().filter(|entry| entry.kept.policy == policy.name).collect();
    entries.sort_by_key(|entry| (entry.seq, entry.case));
    let (mut last, mut late, mut text) = (std::collections::HashMap::new(), 0, String::new());
    for (line, entry) in (1..).zip(entries) {
        let before = last.insert(entry.kept.person, entry.kept.discharged);
        if before.is_some_and(|before| before > entry.kept.discharged) {
            late += 1;
            last.extend(before.map(|before| (entry.kept.person, before)));
        }
        text.clear();
        match slips {
            None => bill(&entry.kept, &mut text),
            Some(voice) => slip(seen, policy, voice, line, entry, &mut text),
        }
        output.write_all(text.as_bytes())?;
    }
    output.flush()?;
    Ok(late)
}

/// A bill as a line of input.
fn bill(kept: &Kept, into: &mut String) {
    let [own_pay, over_limit, first_pay] = kept.out_fen.map(|out| Fen(out).to_string());
    let [admitted, discharged] = [kept.admitted, kept.discharged].map(|day| day.to_string());
    let (person, level, total) = (kept.person.to_string(), kept.level.to_string(), Fen(kept.total_fen).to_string());
    let values = [
        &person,
        &kept.category,
        &kept.kind,
        &level,
        &admitted,
        &discharged,
        &total,
        &own_pay,
        &over_limit,
        &first_pay,
    ];
    into.push('{');
    for (place, (name, value)) in FIELDS.iter().zip(values).enumerate() {
        let comma = if place > 0 { "," } else { "" };
        let _ = write!(into, "{comma}\"{name}\":");
        if *name == "level" { into.push_str(value) } else { view::text(value, into) }
    }
    into.push_str("}\n");
}

/// A slip as a line of output: the amounts as they were frozen, told on the account that the slips before it add up to.
fn slip(seen: &Seen<'_>, policy: &Policy, voice: Voice, line: u64, entry: &Entry, into: &mut String) {
    let kept = &entry.kept;
    let Some(bill) = kept.bill(policy) else { return };
    let mut slip = Slip { personal: Fen(kept.personal_fen), ..Slip::default() };
    let mut rest = bill.in_scope();
    for layer in 0..policy.layers.len() {
        (slip.base[layer], slip.pay[layer]) = (rest, kept.pay(layer));
        rest = Fen(rest.0 - kept.pay(layer).0);
    }
    let answer = Answer::Bill(Settled { line, bill, slip }, seen.before(policy, entry));
    view::write(policy, voice, &answer, into);
}
