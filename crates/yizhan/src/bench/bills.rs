//! `yizhan bench bills`: the page's bills of five years planned, let happen through the hospital's desk on each engine, and settled
//! again without it: every slip is repeated, byte for byte.

use super::cluster::Cluster;
use super::world::{Place, tell_disk};
use super::{Figures, Options};
use crate::demo::page::medical::alone;
use crate::settle::act::Order;
use crate::settle::view::{Detail, Voice};
use crate::settle::{export, settle};
use std::time::Instant;
use yizhan_kit::Lang;

/// Runs it on each engine. The short form plays a hundredth of the bills; `--acts` is one of how many are played.
///
/// # Errors
/// A figure that is not met, or a slip that is not repeated.
pub fn run(options: &Options) -> Result<Figures, String> {
    let mut figures = Figures::default();
    let one_of = options.acts(1, 100);
    let cluster = options.engines.iter().any(|engine| engine == "postgres").then(Cluster::start).transpose()?;
    for engine in &options.engines {
        let zone = format!("{engine}-bills");
        let server = cluster.as_ref().filter(|_| engine == "postgres").map(|cluster| cluster.address(&zone));
        let place = Place::new(&zone, server)?;
        tell_disk(&place.folder);
        let common = place.common();
        let played = alone(&common, one_of, 1)?;
        let (planned, seconds) = (played.planned.as_secs_f64(), played.played.as_secs_f64());
        figures.add(&format!("{engine}: bills"), played.bills as f64);
        figures.add(&format!("{engine}: acts"), played.acts as f64);
        figures.add(&format!("{engine}: planned, s"), planned);
        let name = format!("{engine}: let happen, s");
        figures.add(&name, seconds);
        figures.at_most(&name, 90.0);
        figures.add(&format!("{engine}: acts/s"), played.acts as f64 / seconds);
        let began = Instant::now();
        let again = repeated(&common)?;
        if again != played.bills {
            return Err(format!("{} bills were settled, {again} again", played.bills));
        }
        figures.add(&format!("{engine}: written out and settled again, s"), began.elapsed().as_secs_f64());
    }
    Ok(figures)
}

/// The bills of all policies settled again: how many, once their slips are the same.
fn repeated(common: &crate::command::Common) -> Result<usize, String> {
    let image = export::image(common)?;
    let program = yizhan_core::access::Viewer::program();
    let seen = program.look(&image);
    let voice = Voice { lang: Lang::Zh, detail: Detail::Trace };
    let mut all = 0;
    for policy in image.catalog().ok_or("no catalog")?.policies.values() {
        let [bills, slips] = [None, Some(voice)].map(|voice| {
            let mut text = Vec::new();
            export::write(&seen, policy, voice, &mut text).map(|_| text).map_err(|error| error.to_string())
        });
        let (bills, slips, mut again) = (bills?, slips?, Vec::new());
        let refused = settle(policy, voice, Order::ByDischarge, &bills[..], &mut again);
        if refused.map_err(|error| error.to_string())? > 0 || slips != again {
            return Err(format!("{}: a slip is not repeated", policy.name));
        }
        all += bills.split(|byte| *byte == b'\n').count() - 1;
    }
    Ok(all)
}
