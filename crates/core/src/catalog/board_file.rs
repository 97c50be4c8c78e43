//! Reads the board of a service: which facts say how far its cases have come.

use super::check::Claim;
use super::service::Board;
use super::service_file::Outward;
use super::source::Sheet;
use super::subject::ValueKind;
use serde::Deserialize;
use toml::Spanned;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct BoardShape {
    contact: Spanned<String>,
    arrived: Spanned<String>,
    until: Spanned<String>,
}

pub(super) fn read_board(sheet: &Sheet<'_>, out: &mut Outward<'_>, row: BoardShape) -> Board {
    let (place, by) = (sheet.place(&row.contact.span()), sheet.stem.to_owned());
    out.claims.push(Claim::Remembered { place, by: by.clone(), attribute: row.contact.get_ref().clone() });
    for name in [&row.arrived, &row.until] {
        let (place, attribute) = (sheet.place(&name.span()), name.get_ref().clone());
        out.claims.push(Claim::OfKind { place, by: by.clone(), attribute, kind: ValueKind::Day });
    }
    Board { contact: row.contact.into_inner(), arrived: row.arrived.into_inner(), until: row.until.into_inner() }
}
