//! A group of rows on its way to PostgreSQL: columns as arrays.

use crate::row::{CellWriter, Record, Type};
use bytes::BytesMut;
use tokio_postgres::types::{IsNull, Kind, ToSql, Type as SqlType};

/// The columns of a group, as `unnest` takes them: each an array in PostgreSQL's binary form, written as the rows come,
/// so that no cell is copied on its way.
pub(super) struct Columns(pub(super) Vec<Array>);

impl Columns {
    /// Those of some rows.
    pub(super) fn of<R: Record>(rows: &[R]) -> Self {
        let arrays = R::TABLE.columns.iter().map(|column| Array::new(column.kind, rows.len())).collect();
        let mut columns = Self(arrays);
        for row in rows {
            row.write(&mut ColumnWriter { columns: &mut columns, next: 0 });
        }
        columns
    }
}

/// One array. Source of the layout: PostgreSQL, `array_send`.
#[derive(Debug)]
pub(super) struct Array {
    element: SqlType,
    rows: usize,
    cells: Vec<u8>,
}

impl Array {
    fn new(kind: Type, rows: usize) -> Self {
        let (element, width) = match kind {
            Type::Int => (SqlType::INT8, 12),
            Type::Text => (SqlType::TEXT, 24),
            Type::Blob => (SqlType::BYTEA, 40),
        };
        Self { element, rows, cells: Vec::with_capacity(rows * width) }
    }

    fn push(&mut self, cell: &[u8]) {
        let length = i32::try_from(cell.len()).expect("no cell is as large as two gigabytes");
        self.cells.extend(length.to_be_bytes());
        self.cells.extend(cell);
    }

    fn push_null(&mut self) {
        self.cells.extend((-1_i32).to_be_bytes());
    }
}

impl ToSql for Array {
    fn to_sql(&self, _: &SqlType, out: &mut BytesMut) -> Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
        let (dimensions, may_hold_null, lower_bound) = (1_i32, 1_i32, 1_i32);
        for number in [dimensions, may_hold_null] {
            out.extend_from_slice(&number.to_be_bytes());
        }
        out.extend_from_slice(&self.element.oid().to_be_bytes());
        for number in [i32::try_from(self.rows)?, lower_bound] {
            out.extend_from_slice(&number.to_be_bytes());
        }
        out.extend_from_slice(&self.cells);
        Ok(IsNull::No)
    }

    fn accepts(kind: &SqlType) -> bool {
        matches!(kind.kind(), Kind::Array(_))
    }

    tokio_postgres::types::to_sql_checked!();
}

struct ColumnWriter<'a> {
    columns: &'a mut Columns,
    next: usize,
}

impl ColumnWriter<'_> {
    fn column(&mut self) -> &mut Array {
        self.next += 1;
        &mut self.columns.0[self.next - 1]
    }
}

impl CellWriter for ColumnWriter<'_> {
    fn int(&mut self, value: i64) {
        self.column().push(&value.to_be_bytes());
    }
    fn text(&mut self, value: &str) {
        self.column().push(value.as_bytes());
    }
    fn blob(&mut self, value: &[u8]) {
        self.column().push(value);
    }
    fn none(&mut self, _: Type) {
        self.column().push_null();
    }
}
