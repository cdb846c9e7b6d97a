"""From a recording to an `Analysis`: windows, stitching, the curves over time, climaxes. Generators, no callbacks."""
