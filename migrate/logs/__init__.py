"""A log and its copy, compared: fingerprints, alignment, translation, pace (pure); `reading` and `lag` read."""
