"""The user's own models on disk: as one file, renamed, noted, in the bin and back."""
