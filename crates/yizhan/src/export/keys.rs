//! The keys of a zone as they are needed in order, some pages at a time.

use std::collections::{HashMap, VecDeque};
use yizhan_core::row::KeyRow;
use yizhan_core::vault::{Closed, Vault};
use yizhan_core::waist::Reader;

/// Keys in a page.
const PAGE: u64 = 4096;
/// Pages that are held.
const PAGES: usize = 16;

/// Opens what is sealed.
pub struct Keys<'a> {
    reader: Reader,
    vault: &'a Vault,
    pages: VecDeque<(u64, HashMap<u64, KeyRow>)>,
}

impl<'a> Keys<'a> {
    /// Keys of a zone, under its vault.
    pub fn new(reader: Reader, vault: &'a Vault) -> Self {
        Self { reader, vault, pages: VecDeque::new() }
    }

    /// Opens bytes sealed under a key; nothing when it was forgotten.
    ///
    /// # Errors
    /// When the key or the bytes are damaged.
    pub fn open(&mut self, key: u64, sealed: &[u8]) -> Result<Option<Vec<u8>>, String> {
        let page = key / PAGE;
        if !self.pages.iter().any(|(held, _)| *held == page) {
            let after = i64::try_from(page * PAGE).unwrap_or(i64::MAX) - 1;
            let limit = usize::try_from(PAGE).expect("a page is small");
            let rows = self.reader.page::<KeyRow>(after, limit).map_err(|error| error.to_string())?;
            if self.pages.len() == PAGES {
                self.pages.pop_front();
            }
            self.pages.push_back((page, rows.into_iter().map(|row| (row.n, row)).collect()));
        }
        let found = self.pages.iter().find(|(held, _)| *held == page).and_then(|(_, rows)| rows.get(&key));
        match self.vault.unseal(found, sealed) {
            Ok(plain) => Ok(Some(plain)),
            Err(Closed::Forgotten) => Ok(None),
            Err(Closed::Damaged) => Err(format!("what is sealed under key {key} cannot be opened")),
        }
    }
}
