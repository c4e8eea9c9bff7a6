"""Flags that exchange a part of GPT-2 for a newer one; None means that the preset decides."""

from typing import Annotated

import typer

from llmcore.cli.options import one_of, within
from llmcore.config import FEED_FORWARDS, NORMS, POSITIONS, ModelConfig
from llmcore.settings import help_for

Position = Annotated[
    str | None,
    typer.Option(help=help_for(ModelConfig, "position"), callback=one_of(POSITIONS)),
]
Norm = Annotated[
    str | None, typer.Option(help=help_for(ModelConfig, "norm"), callback=one_of(NORMS))
]
FeedForwardKind = Annotated[
    str | None,
    typer.Option("--feed-forward", help=help_for(ModelConfig, "feed_forward"),
                 callback=one_of(FEED_FORWARDS)),
]  # fmt: skip
KVHeads = Annotated[int | None, within(ModelConfig, "n_kv_heads", "--n-kv-heads")]
