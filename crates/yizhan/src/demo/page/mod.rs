//! Five years of ordinary records (2016–2020), whose totals are what a file of targets says: the newspaper page's, unless
//! another is named. Amounts are chosen here; totals are written nowhere, they follow from the records.

pub mod medical;
mod targets;
