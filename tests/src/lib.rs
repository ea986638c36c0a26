//! The end-to-end suite: see `e2e/`.
