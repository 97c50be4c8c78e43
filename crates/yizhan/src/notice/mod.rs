//! What hangs on the wall: what is on notice in a village, tips for everyday life, and posters to print with the name of the
//! place.
//!
//! Tips are catalog data (`catalog/tip/`), each with its days and whom it is for. The posters are our own drawings
//! (`web/posters/`), two series; each is printed on one A4 sheet.

pub mod announce;
pub mod board;
pub mod http;
pub mod model;
pub mod rule;
pub mod view;
