//! Copying a zone act by act, from any engine to any other: a backup while it runs, a restore, a move to another engine.

use super::load::{Depth, every_act_until};
use super::{AppendError, Engine, Head, ReadError, Reader};
use crate::journal;
use crate::row::Rows;
use yizhan_kit::digest::HashKind;

/// How many acts are written in one commit.
const GROUP: usize = 4096;

/// Copies a zone to an empty place, up to the act that is the last when copying begins; its owner goes on meanwhile.
/// Keys that were destroyed are not copied, so that what was forgotten stays forgotten.
///
/// # Errors
/// A damaged row by name, or what an engine says. The copy is then not whole and is to be thrown away.
pub fn copy(from: &mut Reader, to: &mut Engine, kind: HashKind) -> Result<Head, String> {
    to.found(journal::genesis(kind))?;
    let mut at = to.head()?;
    if at.seq != 0 {
        return Err(format!("there is a zone already, up to act {}", at.seq));
    }
    let last = from.head()?.seq;
    let mut group = Rows::default();
    every_act_until(from, Depth::Bodies, last, |rows| {
        group.append(rows);
        if group.journal.len() < GROUP {
            return Ok(());
        }
        append(to, &mut at, std::mem::take(&mut group)).map_err(ReadError::Engine)
    })
    .map_err(|error: ReadError| error.to_string())?;
    append(to, &mut at, group)?;
    Ok(at)
}

fn append(to: &mut Engine, at: &mut Head, group: Rows) -> Result<(), String> {
    let Some(record) = group.journal.last() else { return Ok(()) };
    let (seq, hash) = (record.seq, record.hash);
    to.append(at.epoch, at.seq, hash, &group).map_err(|error| match error {
        AppendError::Fenced => "somebody else writes to the copy".to_owned(),
        AppendError::Refused(what)
        | AppendError::Full(what)
        | AppendError::Unreachable(what)
        | AppendError::Unknown(what) => what,
    })?;
    (at.seq, at.hash) = (seq, hash);
    Ok(())
}
