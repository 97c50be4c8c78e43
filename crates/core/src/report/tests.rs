//! Counting on small zones.
