//! Keyed digests: of subjects, and of what was asked and released.
