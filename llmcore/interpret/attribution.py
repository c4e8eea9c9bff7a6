"""How each token moved a classifier's decision, measured on the real model.

Two measures of the log-odds of one class, `log p / (1 - p)`:
- occlusion: what is lost when the token is taken out of the text (Li, Monroe and Jurafsky 2016);
- integrated gradients: gradients summed along a straight way from a text without content to the
  text; they add up to the difference between the two (Sundararajan, Taly and Yan 2017).
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from llmcore.errors import LabError
from llmcore.generation import check_ids
from llmcore.nn.classifier import SequenceClassifier
from llmcore.tasks.texts import Texts

if TYPE_CHECKING:
    from llmcore.models import Loaded

METHODS = ("occlusion", "integrated gradients")
BATCH = 64
FIRST_STEPS, MOST_STEPS = 32, 1024
RELATIVE_ERROR, ABSOLUTE_ERROR = 0.01, 0.005  # of the sum of integrated gradients


@dataclass(slots=True, frozen=True)
class Attribution:
    """values (T,): how much each of `ids` moved the log-odds of `label`, above zero towards it.

    log_odds: of the text; reference: of what the values are counted from (the text without its
    tokens; NaN for occlusion, whose values do not add up). n_steps: points on the way of the
    integrated gradients, 0 for occlusion. cut: the text was longer than the context.
    """

    method: str
    label: str
    ids: list[int]
    tokens: list[str]
    values: np.ndarray
    probability: float
    log_odds: float
    reference: float
    n_steps: int
    cut: bool

    @property
    def completeness_error(self) -> float:
        """How far the values miss what they should add up to, as a share of it."""
        owed = self.log_odds - self.reference
        return abs(float(self.values.sum()) - owed) / max(abs(owed), 1e-9)

    @property
    def contradicts(self) -> bool:
        """Whether the tokens together point away from the decision that they are shown for."""
        return float(self.values.sum()) * self.log_odds < 0


def attribute(
    loaded: "Loaded", text: str, method: str = "occlusion", label: str | None = None
) -> Attribution:
    """Each token's share in the decision for `label` (by default the one that was decided for).

    Raises LabError for a language model, an empty text, an unknown label or method.
    """
    model, labels = loaded.model, loaded.labels
    if labels is None or not isinstance(model, SequenceClassifier):
        raise LabError(f"{loaded.ref} is no classifier, so there is no decision to explain.")
    if method not in METHODS:
        raise LabError(f"There is no method {method!r}: choose one of {', '.join(METHODS)}.")
    ids = loaded.tokenizer.encode(text)
    if not ids:
        raise LabError("The text is empty: give at least one word.")
    limit = model.trunk.config.context_length
    cut, ids, beyond = len(ids) > limit, ids[:limit], ids[limit:]
    check_ids(model.trunk, [max(ids)])
    if label is not None and label not in labels:
        raise LabError(f"There is no class {label!r}: choose one of {', '.join(labels)}.")
    device = next(model.parameters()).device
    with torch.no_grad():
        logits = model(torch.tensor([ids], device=device), torch.tensor([len(ids)], device=device))
    if method == "occlusion":
        logits = _voted(logits, [ids + beyond], loaded)
    target = int(logits.argmax()) if label is None else labels.index(label)
    whole = float(_log_odds(logits, target))
    if method == "occlusion":
        values = _occlusion(model, ids, beyond, target, whole, loaded)
        reference, n_steps = float("nan"), 0
    else:
        values, reference, n_steps = _integrated(model, ids, target, whole, loaded.tokenizer.eot_id)
    return Attribution(
        method=method,
        label=labels[target],
        ids=ids,
        tokens=[loaded.tokenizer.token_label(token_id) for token_id in ids],
        values=values,
        probability=float(logits.softmax(-1)[0, target]),
        log_odds=whole,
        reference=reference,
        n_steps=n_steps,
        cut=cut,
    )


def _voted(logits: Tensor, ids: list[list[int]], loaded: "Loaded") -> Tensor:
    """(B, K) of the model, and the words of the same texts if those vote beside it."""
    if loaded.vote is None:
        return logits
    words, share = loaded.vote
    said = words.logits([loaded.tokenizer.decode(token_id) for token_id in ids])  # (B, K)
    return share * logits.log_softmax(-1) + torch.from_numpy(said).to(logits)


def _log_odds(logits: Tensor, target: int) -> Tensor:
    """(B, K) -> (B,): log p / (1 - p) of class `target`; for two classes the logits' difference."""
    others = torch.cat([logits[:, :target], logits[:, target + 1 :]], 1)  # (B, K - 1)
    return logits[:, target] - others.logsumexp(-1)


# ---- occlusion


def _occlusion(
    model: SequenceClassifier,
    ids: list[int],
    beyond: list[int],
    target: int,
    whole: float,
    loaded: "Loaded",
) -> np.ndarray:
    """What the log-odds lose without each token, (T,): the others close up, as in a text that was
    written without it. A text of one token is compared with the empty one. beyond: tokens after
    those that the model reads; words that vote beside it read them as well."""
    fill = loaded.tokenizer.eot_id
    without = [np.array(ids[:i] + ids[i + 1 :] or [fill]) for i in range(len(ids))]
    texts = Texts(model, without, fill, str(next(model.parameters()).device))
    lost = []
    with torch.no_grad():
        for first in range(0, len(ids), BATCH):
            rows = np.arange(first, min(first + BATCH, len(ids)))
            left = [ids[:i] + ids[i + 1 :] + beyond for i in rows]
            logits = _voted(texts.logits(rows), left, loaded)
            lost.append(whole - _log_odds(logits, target).double().cpu().numpy())
    return np.concatenate(lost)


# ---- integrated gradients


def _integrated(
    model: SequenceClassifier, ids: list[int], target: int, whole: float, fill: int
) -> tuple[np.ndarray, float, int]:
    """Values (T,), the log-odds at the start of the way, and how many points were needed.

    The way leads from end-of-text tokens at every position to the tokens of the text; positions
    stay as they are. Points are doubled until the values add up to within RELATIVE_ERROR.
    """
    trunk, device = model.trunk, next(model.parameters()).device
    with torch.no_grad():
        tokens = torch.tensor([ids], device=device)
        end = trunk.embed(tokens)  # (1, T, C)
        start = trunk.embed(torch.full_like(tokens, fill))
        reference = float(_log_odds(model.from_block(start), target))
    owed = whole - reference
    n_steps = FIRST_STEPS
    while True:
        values = _along_the_way(model, start, end, target, n_steps)
        error = abs(float(values.sum()) - owed)
        good = error <= max(RELATIVE_ERROR * abs(owed), ABSOLUTE_ERROR)
        if good or n_steps >= MOST_STEPS:
            return values, reference, n_steps
        n_steps *= 2


def _along_the_way(
    model: SequenceClassifier, start: Tensor, end: Tensor, target: int, n_steps: int
) -> np.ndarray:
    """(end - start) · ∫ gradient, summed over the channels: (T,).

    Gauss-Legendre points: the integrand is smooth, so few of them do as well as many evenly
    spaced ones.
    """
    points, weights = np.polynomial.legendre.leggauss(n_steps)
    shares = torch.from_numpy((points + 1) / 2).to(start)  # of the way, in (0, 1)
    weights_t = torch.from_numpy(weights / 2).to(start)
    total = torch.zeros_like(start[0])  # (T, C)
    for first in range(0, n_steps, BATCH):
        part = shares[first : first + BATCH, None, None]  # (B, 1, 1)
        x = (start + part * (end - start)).detach().requires_grad_(True)  # (B, T, C)
        with torch.enable_grad():
            log_odds = _log_odds(model.from_block(x), target).sum()
        (gradient,) = torch.autograd.grad(log_odds, x)
        total += (weights_t[first : first + BATCH, None, None] * gradient).sum(0)
    return (total * (end - start)[0]).sum(-1).double().cpu().numpy()
