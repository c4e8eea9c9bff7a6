"""What the layers think: the residual stream read as a prediction, and a logit taken apart.

The residual stream is a sum: embeddings plus what each head and each MLP adds. So two readings:
- the logit lens (nostalgebraist 2020): the last norm and the head are applied to the stream after
  each block, as if the model ended there;
- direct logit attribution (Elhage et al. 2021): the logit of a token is the sum of what each part
  wrote along that token's direction, once the last norm is held at the scale that it had.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from llmcore.errors import LabError
from llmcore.nn.hooks import hook_points, watch
from llmcore.nn.model import GPT

_LOGITS = 32 << 20  # numbers held at once by the lens


@dataclass(slots=True, frozen=True)
class Lens:
    """Row 0 reads the embeddings, row l + 1 the stream after block l; L + 1 rows, T columns.

    ids, probabilities (L+1, T, k): the likeliest next tokens. truth_rank, truth_probability
    (L+1, T): of the token that does come next; rank 0 and NaN at the last position, which has
    none. divergence (L+1, T): KL in nats from the row to the last row's prediction, so the last
    is 0. entropy (L+1, T) in nats.
    """

    ids: np.ndarray
    probabilities: np.ndarray
    truth_rank: np.ndarray
    truth_probability: np.ndarray
    divergence: np.ndarray
    entropy: np.ndarray


@torch.no_grad()
def logit_lens(model: GPT, ids: Sequence[int], k: int = 10) -> Lens:
    """The lens of one text of T tokens (at most the context)."""
    streams = residual_streams(model, ids)  # (L+1, T, C)
    targets = torch.tensor([*ids[1:], -1], device=streams.device)  # (T,)
    width = max(1, _LOGITS // (len(streams) * model.config.vocab_size))
    parts = [
        _read(model, streams[:, at : at + width], targets[at : at + width], k)
        for at in range(0, len(ids), width)
    ]
    joined = [torch.cat(part, dim=1).cpu().numpy() for part in zip(*parts, strict=True)]
    return Lens(*joined)


@torch.no_grad()
def residual_streams(model: GPT, ids: Sequence[int]) -> Tensor:
    """The stream that enters the first block and that after each: (L+1, T, C)."""
    names = ["embedding", *(f"blocks.{i}.residual_out" for i in range(model.config.n_layers))]
    with watch(model, names) as seen:
        model.hidden(torch.tensor([list(ids)], device=next(model.parameters()).device))
    return torch.stack([seen[name][0] for name in names])


def lens_log_probabilities(model: GPT, streams: Tensor) -> Tensor:
    """Streams (…, C) -> log probabilities of the next token (…, V), as if the model ended there."""
    return model.unembed(model.final_norm(streams)).float().log_softmax(-1)


def _read(model: GPT, streams: Tensor, targets: Tensor, k: int) -> tuple[Tensor, ...]:
    """The fields of a Lens for some of the positions; streams (L+1, t, C), targets (t,)."""
    logs = lens_log_probabilities(model, streams)  # (L+1, t, V)
    top = logs.topk(min(k, logs.size(-1)))
    wanted = targets.clamp(min=0).expand(len(logs), -1)[..., None]  # (L+1, t, 1)
    truth = logs.gather(-1, wanted)
    rank = (logs > truth).sum(-1) + 1
    none = targets < 0
    probabilities = logs.exp()
    last = logs[-1]
    divergence = (last.exp() * (last - logs)).sum(-1).clamp(min=0.0)
    entropy = -(probabilities * logs).sum(-1)
    return (
        top.indices,
        top.values.exp(),
        rank.masked_fill(none, 0),
        truth[..., 0].exp().masked_fill(none, float("nan")),
        divergence,
        entropy,
    )


# ---- direct logit attribution

EMBEDDING, POSITION, HEAD, MLP, BIAS = "embedding", "position", "head", "mlp", "bias"


@dataclass(slots=True, frozen=True)
class Share:
    """What one part wrote towards the token. layer and head are -1 if there is none."""

    kind: str
    value: float
    layer: int = -1
    head: int = -1


@dataclass(slots=True, frozen=True)
class LogitShares:
    """Shares that add up to `logit`: of `token`, or of `token` minus that of `against`."""

    token: int
    against: int | None
    shares: list[Share]
    logit: float

    @property
    def total(self) -> float:
        return sum(share.value for share in self.shares)


@torch.no_grad()
def logit_shares(
    model: GPT, ids: Sequence[int], position: int, token: int, against: int | None = None
) -> LogitShares:
    """How embedding, position, each head, each MLP and the biases make up a logit.

    position: the token after which `token` is scored. The last norm is linear once its scale is
    held at what was measured there: LayerNorm takes out each part's own mean and divides by the
    common deviation, RMSNorm only divides. Raises LabError for a position or token out of range.
    """
    _check(model, ids, position, token, against)
    n_layers = model.config.n_layers
    names = ["token_part", "position_part", *(
        f"blocks.{i}.{point}" for i in range(n_layers)
        for point in ("attention.head_outputs", "feed_forward_out", "residual_out")
    )]  # fmt: skip
    known = hook_points(model)
    with watch(model, [name for name in names if name in known]) as seen:
        hidden = model.hidden(torch.tensor([list(ids)], device=next(model.parameters()).device))
    rows = model.head.weight.double()
    direction = rows[token] - (rows[against] if against is not None else 0.0)  # (C,)
    stream = seen[f"blocks.{n_layers - 1}.residual_out"][0, position].double()
    towards, constant = frozen_norm(model.final_norm, stream, direction)

    def share(kind: str, written: Tensor, layer: int = -1, head: int = -1) -> Share:
        return Share(kind, float(written.double() @ towards), layer, head)

    shares = [share(EMBEDDING, seen["token_part"][0, position])]
    if "position_part" in seen:
        shares.append(share(POSITION, seen["position_part"].reshape(-1, len(stream))[position]))
    for layer, block in enumerate(model.blocks):
        outputs = seen[f"blocks.{layer}.attention.head_outputs"][0, :, position]  # (H, D)
        for head, written in enumerate(head_writes(block.attention.output, outputs)):
            shares.append(share(HEAD, written, layer, head))
        if block.attention.output.bias is not None:
            shares.append(share(BIAS, block.attention.output.bias, layer))
        shares.append(share(MLP, seen[f"blocks.{layer}.feed_forward_out"][0, position], layer))
    shares.append(Share(BIAS, constant))
    return LogitShares(token, against, shares, float(hidden[0, position].double() @ direction))


def head_writes(output: nn.Linear, outputs: Tensor) -> Tensor:
    """What each head adds to the stream: (H, D) -> (H, C). The bias, which no head owns, is not
    in it: the writes and the bias together are `output` of the heads side by side."""
    H, D = outputs.shape
    weight = output.weight.view(-1, H, D)  # (C, H, D)
    return torch.einsum("hd,chd->hc", outputs, weight)


def frozen_norm(norm: nn.Module, stream: Tensor, direction: Tensor) -> tuple[Tensor, float]:
    """The last norm as a linear map: (towards (C,), constant) with

        direction · norm(stream) = towards · stream + constant

    and the same `towards` for each part that `stream` (C,) is a sum of. direction (C,).
    """
    weight, bias = getattr(norm, "weight", None), getattr(norm, "bias", None)
    towards = direction if weight is None else direction * weight.double()
    eps = float(getattr(norm, "eps", None) or 0.0)
    if isinstance(norm, nn.LayerNorm):
        towards = towards - towards.mean()  # centring is symmetric: it moves to this side
        scale = (stream.var(unbiased=False) + eps).sqrt()
    else:
        scale = (stream.pow(2).mean() + eps).sqrt()
    constant = 0.0 if bias is None else float(direction @ bias.double())
    return towards / scale, constant


def _check(model: GPT, ids: Sequence[int], position: int, token: int, against: int | None) -> None:
    if not 0 <= position < len(ids):
        raise LabError(f"There is no position {position}: the text has {len(ids)} tokens.")
    for wanted in (token, against):
        if wanted is not None and not 0 <= wanted < model.config.vocab_size:
            raise LabError(
                f"There is no token {wanted}: the model knows {model.config.vocab_size} tokens."
            )
