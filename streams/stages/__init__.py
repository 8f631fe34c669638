"""The two stages: pure folds over one partition's log."""
