"""The colours of the lab's figures and drawn parts: plain values that cost no import."""

# Mid tones with at least 3:1 contrast on both backgrounds (#FCFDFD and #10181D), ordered so that
# neighbours differ for people with red-green blindness as well.
SERIES = (
    "#12857E",  # petrol
    "#D17A1B",  # amber
    "#4B7BD1",  # blue
    "#B8527F",  # mulberry
    "#6A9A2D",  # moss
    "#8A63C9",  # violet
    "#C2524A",  # brick
    "#74838C",  # slate
)
PETROL, AMBER, BLUE, MULBERRY, MOSS, VIOLET, BRICK, SLATE = SERIES
RUST = "#B8690B"  # amber, as dark as petrol: the other end of a scale through nothing


def channels(colour: str) -> str:
    """The red, green and blue of `#RRGGBB`, as `rgb()` takes them.

    >>> channels(PETROL)
    '18, 133, 126'
    """
    return ", ".join(str(int(colour[at : at + 2], 16)) for at in (1, 3, 5))


def rgba(colour: str, opacity: float) -> str:
    """`#RRGGBB` as opaque as `opacity` (0 to 1) says.

    >>> rgba(PETROL, 0.16)
    'rgba(18, 133, 126, 0.16)'
    """
    return f"rgba({channels(colour)}, {opacity:g})"


# From nothing (transparent, so that it fits both themes) to full petrol.
SEQUENTIAL = (
    (0.0, rgba(PETROL, 0.04)),
    (0.25, rgba(PETROL, 0.30)),
    (0.5, rgba(PETROL, 0.58)),
    (1.0, "rgba(11, 110, 105, 1.0)"),
)


def css_variables() -> dict[str, str]:
    """The colours for style sheets and canvases, as the three numbers of `rgb()`, by their names;
    `sequential` holds that scale's stops, each with how opaque it is.

    >>> css_variables()["petrol"]
    '18, 133, 126'
    """
    names = ("petrol", "amber", "blue", "mulberry", "moss", "violet", "brick", "slate", "rust")
    made = {name: channels(colour) for name, colour in zip(names, (*SERIES, RUST), strict=True)}
    stops = (
        f"{at:g} {float(colour.rpartition(',')[2].rstrip(')')):g}" for at, colour in SEQUENTIAL
    )
    return made | {"sequential": ", ".join(stops)}
