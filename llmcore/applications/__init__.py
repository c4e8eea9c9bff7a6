"""What language models are used for: eight jobs, each run and measured for real.

jobs: what each is, on which held-out rows it is measured, and which model serves it. measuring:
scores beside a trivial baseline. figures: what was measured, on disk. background: a measurement
that a page watches. Importing this package imports no torch.
"""

from llmcore.applications.figures import Figure, bundled_figures, figure_of, keep_own
from llmcore.applications.jobs import JOBS, Job, held_out, job_named, serving_model

__all__ = [
    "JOBS",
    "Figure",
    "Job",
    "bundled_figures",
    "figure_of",
    "held_out",
    "job_named",
    "keep_own",
    "serving_model",
]
