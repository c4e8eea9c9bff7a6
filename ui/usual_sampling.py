"""How a page draws tokens until somebody chooses otherwise.

At temperature 0.8 alone, tokens far down the list are drawn now and then, and one of them spoils a
sentence of a small model; top-p keeps to the likeliest that together reach a share (Holtzman et
al. 2020). The command line has SamplingConfig's own defaults.
"""

TEMPERATURE, TOP_P = 0.8, 0.95
