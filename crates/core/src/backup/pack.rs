//! Rows as bytes and back: a letter for the table, then its columns.

use crate::row::{BadCell, CellReader, CellWriter, KeyRow, Record, Rows, Type};

/// What opens the evidence: one line of the part of secrets.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Secret {
    /// A key of a person and purpose.
    Key(KeyRow),
    /// Something of the working state: its kind, name and value.
    Working(String, String, Vec<u8>),
    /// The zone's key, wrapped under the master key.
    ZoneKey(Vec<u8>),
    /// The master key's file, of a demonstration only.
    MasterKey(Vec<u8>),
}

/// Adds an act: its record first.
pub(super) fn pack(act: &Rows, into: &mut Vec<u8>) {
    put(b'J', &act.journal, into);
    put(b'S', &act.subjects, into);
    put(b'F', &act.facts, into);
    put(b'P', &act.steps, into);
    put(b'T', &act.transfers, into);
    put(b'B', &act.bodies, into);
    put(b'O', &act.outbox, into);
}

/// Adds a secret.
pub(super) fn pack_secret(secret: &Secret, into: &mut Vec<u8>) {
    match secret {
        Secret::Key(row) => put(b'K', std::slice::from_ref(row), into),
        Secret::Working(kind, name, value) => {
            into.push(b'W');
            let mut cells = Packer(into);
            cells.text(kind);
            cells.text(name);
            cells.blob(value);
        }
        Secret::ZoneKey(bytes) => {
            into.push(b'Z');
            Packer(into).blob(bytes);
        }
        Secret::MasterKey(bytes) => {
            into.push(b'M');
            Packer(into).blob(bytes);
        }
    }
}

/// The acts of a frame.
pub(super) fn unpack(bytes: &[u8]) -> Result<Vec<Rows>, String> {
    let mut cells = Unpacker { bytes, column: 0 };
    let mut acts: Vec<Rows> = Vec::new();
    while let Some(table) = cells.next_table() {
        if table == b'J' {
            acts.push(Rows { journal: vec![read(&mut cells)?], ..Rows::default() });
            continue;
        }
        let act = acts.last_mut().ok_or("a row without an act")?;
        match table {
            b'S' => act.subjects.push(read(&mut cells)?),
            b'F' => act.facts.push(read(&mut cells)?),
            b'P' => act.steps.push(read(&mut cells)?),
            b'T' => act.transfers.push(read(&mut cells)?),
            b'B' => act.bodies.push(read(&mut cells)?),
            b'O' => act.outbox.push(read(&mut cells)?),
            _ => return Err(format!("a row of no table ({table})")),
        }
    }
    Ok(acts)
}

/// The secrets of a frame.
pub(super) fn unpack_secrets(bytes: &[u8]) -> Result<Vec<Secret>, String> {
    let mut cells = Unpacker { bytes, column: 0 };
    let mut secrets = Vec::new();
    let bad = |bad: BadCell| format!("column {} {}", bad.column, bad.what);
    while let Some(kind) = cells.next_table() {
        secrets.push(match kind {
            b'K' => Secret::Key(read(&mut cells)?),
            b'W' => Secret::Working(
                cells.text().map_err(bad)?,
                cells.text().map_err(bad)?,
                cells.opt_blob().map_err(bad)?.unwrap_or_default().to_vec(),
            ),
            b'Z' => Secret::ZoneKey(cells.opt_blob().map_err(bad)?.unwrap_or_default().to_vec()),
            b'M' => Secret::MasterKey(cells.opt_blob().map_err(bad)?.unwrap_or_default().to_vec()),
            _ => return Err(format!("a secret of no kind ({kind})")),
        });
    }
    Ok(secrets)
}

fn put<R: Record>(table: u8, rows: &[R], into: &mut Vec<u8>) {
    for row in rows {
        into.push(table);
        row.write(&mut Packer(into));
    }
}

fn read<R: Record>(cells: &mut Unpacker<'_>) -> Result<R, String> {
    cells.column = 0;
    R::read(cells).map_err(|bad| {
        let column = R::TABLE.columns.get(bad.column).map_or("?", |column| column.name);
        format!("{}: {column} {}", R::TABLE.name, bad.what)
    })
}

struct Packer<'a>(&'a mut Vec<u8>);

impl Packer<'_> {
    fn bytes(&mut self, tag: u8, bytes: &[u8]) {
        self.0.push(tag);
        self.0.extend(u32::try_from(bytes.len()).expect("a cell is shorter than 4 GiB").to_le_bytes());
        self.0.extend(bytes);
    }
}

impl CellWriter for Packer<'_> {
    fn int(&mut self, value: i64) {
        self.0.push(b'i');
        self.0.extend(value.to_le_bytes());
    }
    fn text(&mut self, value: &str) {
        self.bytes(b't', value.as_bytes());
    }
    fn blob(&mut self, value: &[u8]) {
        self.bytes(b'b', value);
    }
    fn none(&mut self, _: Type) {
        self.0.push(b'n');
    }
}

struct Unpacker<'a> {
    bytes: &'a [u8],
    column: usize,
}

impl<'a> Unpacker<'a> {
    fn next_table(&mut self) -> Option<u8> {
        let (table, rest) = self.bytes.split_first()?;
        self.bytes = rest;
        Some(*table)
    }

    fn take(&mut self, count: usize) -> Result<&'a [u8], BadCell> {
        let bad = BadCell { column: self.column.saturating_sub(1), what: "is cut off" };
        let (taken, rest) = self.bytes.split_at_checked(count).ok_or(bad)?;
        self.bytes = rest;
        Ok(taken)
    }

    /// The bytes of a cell that must be of a type, unless it is nothing.
    fn cell(&mut self, wanted: u8, what: &'static str) -> Result<Option<&'a [u8]>, BadCell> {
        self.column += 1;
        let tag = self.take(1)?[0];
        if tag == b'n' {
            return Ok(None);
        }
        if tag != wanted {
            return Err(BadCell { column: self.column - 1, what });
        }
        let length = match tag {
            b'i' => 8,
            _ => u32::from_le_bytes(self.take(4)?.try_into().expect("four bytes were taken")) as usize,
        };
        self.take(length).map(Some)
    }
}

impl CellReader for Unpacker<'_> {
    fn opt_int(&mut self) -> Result<Option<i64>, BadCell> {
        let bytes = self.cell(b'i', "is no integer")?;
        Ok(bytes.map(|bytes| i64::from_le_bytes(bytes.try_into().expect("eight bytes were taken"))))
    }
    fn opt_text(&mut self) -> Result<Option<&str>, BadCell> {
        let bytes = self.cell(b't', "is no text")?;
        let bad = BadCell { column: self.column - 1, what: "is no text" };
        bytes.map(|bytes| std::str::from_utf8(bytes).map_err(|_| bad)).transpose()
    }
    fn opt_blob(&mut self) -> Result<Option<&[u8]>, BadCell> {
        self.cell(b'b', "is no bytes")
    }
    fn position(&self) -> usize {
        self.column.saturating_sub(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::row::SubjectId;

    #[test]
    fn what_is_packed_is_unpacked_and_what_is_cut_off_is_refused() {
        let row = KeyRow {
            n: 7,
            seq: 3,
            subject: SubjectId(9),
            purpose: "register".into(),
            wrapped: [1, 2, 3].into(),
            blind: [4; 16].into(),
        };
        let secrets = vec![
            Secret::ZoneKey(vec![5; 3]),
            Secret::Key(row),
            Secret::Working("credential".into(), "王工".into(), Vec::new()),
        ];
        let mut bytes = Vec::new();
        secrets.iter().for_each(|secret| pack_secret(secret, &mut bytes));
        assert_eq!(unpack_secrets(&bytes), Ok(secrets));
        for end in 1..bytes.len() {
            let whole = unpack_secrets(&bytes[..end]).is_ok_and(|some| some.len() < 3);
            assert!(whole || unpack_secrets(&bytes[..end]).is_err(), "cut off after {end}");
        }
        assert!(unpack(&bytes).is_err(), "no acts");
    }
}
