//! Self-service terminals: enrolled by a one-time code, heard every fifteen seconds, shown on a wall, told what to do, mended
//! by cases.
//!
//! That a device and its hall are there is the register's, and evidence. What a device says, its alarms, what it is told and
//! its configuration are working state: lost with the process, or kept beside sessions, and nobody's evidence.

pub mod act;
pub mod enrol;
pub mod http;
pub mod live;
pub mod model;
pub mod rule;
pub mod tell;
pub mod view;
