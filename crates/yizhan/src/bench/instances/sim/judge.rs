//! What must be true at the end, by what the database holds and an account kept apart from the program's own ledger.

use super::super::super::ledger::FUND;
use super::wish::Last;
use super::world::World;
use std::collections::{BTreeMap, HashMap};
use yizhan_core::access::Viewer;
use yizhan_core::waist::load::Depth;
use yizhan_core::zone;
use yizhan_kit::digest::HashKind;

/// Holds a world that has come to its end against the model.
pub fn judge(world: &World) -> Result<(), String> {
    for (ix, name) in world.zones.iter().enumerate() {
        let memory = &world.database.zones[name];
        let reader = world.database.engine(name).reader()?;
        let rebuilt = zone::rebuild(&reader, HashKind::Sha256, Depth::Bodies);
        if let Some(fault) = rebuilt.faults.first() {
            return Err(format!("{name}: {fault}"));
        }
        let rows = memory.rows();
        let mut kept: HashMap<_, u64> = HashMap::new();
        for record in &rows.journal {
            if let Some(key) = record.request_key
                && kept.insert(key, record.seq).is_some()
            {
                return Err(format!("{name}: a key is in the journal twice"));
            }
        }
        let mut balances: BTreeMap<u32, i64> = BTreeMap::new();
        for (key, (_, moves, last)) in world.told.iter().filter(|(_, (zone, ..))| *zone == ix) {
            let found = kept.remove(&world.digest(*key, moves));
            match last {
                Last::Kept(seq) if found != Some(*seq) => {
                    return Err(format!("{name}: act {key} was acknowledged as {seq} and is kept as {found:?}"));
                }
                // Who was refused may have been kept by a late copy of the same wish; never the other way round.
                Last::Kept(_) | Last::Refused => {}
            }
            for one in moves.iter().filter(|_| found.is_some()) {
                *balances.entry(one.from.0).or_default() -= one.amount;
                *balances.entry(one.to.0).or_default() += one.amount;
            }
        }
        if !kept.is_empty() {
            return Err(format!("{name}: {} acts are kept that nobody wanted", kept.len()));
        }
        let program = Viewer::program();
        let seen = program.look(&rebuilt.image);
        for (account, model) in balances {
            let held = seen.balance(FUND, yizhan_core::row::SubjectId(account)).map_or(0, |balance| balance.posted.0);
            if held != model {
                return Err(format!("{name}: account {account} holds {held}, the model {model}"));
            }
            if account != world.treasury.0 && model < 0 {
                return Err(format!("{name}: account {account} is below nothing"));
            }
        }
    }
    Ok(())
}
