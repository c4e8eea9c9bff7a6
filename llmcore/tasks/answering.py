"""The likeliest answers to many prompts at once: batched greedy decoding.

Prompts of like length share a batch, padded on the left so that all rows end, and go on, together.
The cache holds keys and values of the whole batch; a row that has ended leaves it.
"""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from llmcore.generation import check_ids
from llmcore.nn.attention import KVCache, causal_mask
from llmcore.nn.model import GPT
from llmcore.tokenizers import Tokenizer

BATCH_ROWS = 64
KEPT_SHARE = 0.75  # ended rows leave a batch once no more than this share of it goes on


def greedy_answers(
    model: GPT,
    tokenizer: Tokenizer,
    prompts: Sequence[Sequence[int]],
    max_new_tokens: int,
    batch_rows: int = BATCH_ROWS,
    should_stop: Callable[[], bool] | None = None,
) -> list[list[int]]:
    """For each prompt (its ids) the ids that `generate` gives at temperature 0, in order.

    A row ends at the end of a text or a turn (not among its ids), after `max_new_tokens`, or when
    the context is full; of a prompt that leaves no room only the last context_length - 1 ids are
    read. The model must be in eval mode. `should_stop` is asked between batches; what is not done
    stays empty.
    """
    limit = model.config.context_length
    rows = [list(ids)[-(limit - 1) :] or [tokenizer.start_id] for ids in prompts]
    check_ids(model, [max(row) for row in rows])
    answers: list[list[int]] = [[] for _ in rows]
    order = sorted(range(len(rows)), key=lambda i: len(rows[i]))
    for first in range(0, len(order), batch_rows):
        if should_stop is not None and should_stop():
            break
        chosen = order[first : first + batch_rows]
        made = _greedy_batch(model, tokenizer, [rows[i] for i in chosen], max_new_tokens)
        for i, answer in zip(chosen, made, strict=True):
            answers[i] = answer
    return answers


class _Batch:
    """Rows that are still being answered, and their place in the list they came in."""

    def __init__(self, model: GPT, prompts: list[list[int]], max_new_tokens: int, fill: int):
        parameter = next(model.parameters())
        self.model, self.device = model, parameter.device
        width = max(map(len, prompts))
        pads = [width - len(prompt) for prompt in prompts]
        self.ids = torch.tensor(
            [[fill] * pad + prompt for pad, prompt in zip(pads, prompts, strict=True)],
            device=self.device,
        )  # (B, T)
        self.pads = torch.tensor(pads, device=self.device)  # (B,)
        self.rows = torch.arange(len(prompts))
        self.has_pads = max(pads) > 0
        capacity = width + max_new_tokens
        self.cache = KVCache(
            model.config, len(prompts), self.device, parameter.dtype, capacity=capacity
        )

    def next_logits(self) -> Tensor:
        """(B, V) scores of what follows each row."""
        start, T = self.cache.length, self.ids.size(1)
        places = torch.arange(start, start + T, device=self.device)
        # A row whose context is full may wait here for others; what it gets is not used.
        last = self.model.config.context_length - 1
        positions = (places - self.pads[:, None]).clamp(0, last)  # (B, T)
        hidden = self.model.hidden(self.ids, self.cache, positions, self._visible(start, T))
        return self.model.unembed(hidden[:, -1]).float()

    def _visible(self, start: int, T: int) -> Tensor | None:
        """(B, 1, T, S): the true tokens up to each one; None if there is no padding.

        A token of padding sees itself, since a softmax over nothing is no number."""
        if not self.has_pads:
            return None
        S = start + T
        keys = torch.arange(S, device=self.device)
        true = keys >= self.pads[:, None]  # (B, S)
        visible = causal_mask(T, S, self.device) & true[:, None, :]  # (B, T, S)
        own = keys == torch.arange(start, S, device=self.device)[:, None]  # (T, S)
        return (visible | own)[:, None]

    def keep(self, going: Tensor) -> None:
        """Goes on with the rows that `going` (B,) marks."""
        kept = going.nonzero().flatten()
        self.cache.keep(kept)
        self.pads, self.rows = self.pads[kept], self.rows[kept.cpu()]


def _greedy_batch(
    model: GPT, tokenizer: Tokenizer, prompts: list[list[int]], max_new_tokens: int
) -> list[list[int]]:
    answers: list[list[int]] = [[] for _ in prompts]
    room = torch.tensor([model.config.context_length - len(prompt) for prompt in prompts])
    room = room.clamp(max=max_new_tokens)  # (B,) tokens that each row may still get
    ended = room <= 0
    with torch.inference_mode():
        batch = _Batch(model, prompts, max_new_tokens, tokenizer.eot_id)
        while not bool(ended[batch.rows].all()):
            logits = batch.next_logits()
            logits[:, tokenizer.vocab_size :] = float("-inf")  # rows without a token
            chosen = logits.argmax(-1)  # (B,)
            for row, token in zip(batch.rows.tolist(), chosen.tolist(), strict=True):
                if ended[row]:
                    continue
                if token in tokenizer.ends:
                    ended[row] = True
                    continue
                answers[row].append(token)
                ended[row] = len(answers[row]) >= room[row]
            batch.ids = chosen[:, None]
            going = ~ended[batch.rows]
            if 0 < int(going.sum()) <= KEPT_SHARE * len(going):
                batch.ids = batch.ids[going.to(batch.device)]
                batch.keep(going.to(batch.device))
    return answers
