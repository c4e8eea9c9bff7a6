"""Arrays in, Plotly figures out. No Streamlit, no torch."""

# Whole, before the first figure: Plotly looks for pandas among the loaded modules without its
# import lock, and finds it half imported if another session is just importing it.
import pandas  # noqa: F401
