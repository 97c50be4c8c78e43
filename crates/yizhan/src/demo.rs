//! stub
pub fn run(_: &crate::command::Common, _: usize, _: u64) -> Result<(), String> {
    Ok(())
}
