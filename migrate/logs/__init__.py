"""Two logs side by side: fingerprints, alignment, translation, pace (pure); `reading` and `lag` read them."""
