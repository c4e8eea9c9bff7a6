"""LoRA: begins as the base, learns beside it, merges into it, and knows its own base."""

import pytest
import torch
from tiny import TINY_MODEL

from llmcore.config import LORA_TARGETS, LoraConfig, RunConfig
from llmcore.errors import DamagedError, LabError
from llmcore.nn.classifier import SequenceClassifier
from llmcore.nn.lora import (
    ADAPTER,
    ADAPTER_CONFIG,
    LoRALinear,
    add_lora,
    fingerprint,
    has_lora,
    load_lora,
    lora_state,
    merge_lora,
    save_lora,
    trainable_parameters,
)
from llmcore.nn.model import GPT, next_token_loss
from llmcore.nn.weights import named_weights

IDS = torch.randint(0, 300, (3, 12), generator=torch.Generator().manual_seed(1))
LENGTHS = torch.tensor([12, 5, 1])


def gpt(seed: int = 0, **changes: object) -> GPT:
    return GPT(TINY_MODEL.with_(**changes), torch.Generator().manual_seed(seed))


def classifier(seed: int = 0, targets: tuple[str, ...] = LORA_TARGETS) -> SequenceClassifier:
    model = SequenceClassifier(gpt(seed), 3)
    add_lora(model.trunk, 4, 8.0, targets)
    model.set_trainable("lora")
    return model


def learn(model: torch.nn.Module, steps: int = 5) -> list[float]:
    """A few steps on one batch, as language model or as classifier."""
    optimizer = torch.optim.AdamW([p for p in model.parameters() if p.requires_grad], lr=1e-2)
    losses = []
    for _ in range(steps):
        if isinstance(model, GPT):
            loss = next_token_loss(model, IDS[:, :-1], IDS[:, 1:])
        else:
            logits = model(IDS, LENGTHS)
            loss = torch.nn.functional.cross_entropy(logits, torch.tensor([0, 1, 2]))
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        losses.append(loss.item())
    return losses


@torch.no_grad()
def answers(model: torch.nn.Module) -> torch.Tensor:
    model.eval()
    return model(IDS) if isinstance(model, GPT) else model(IDS, LENGTHS)


def test_a_layer_is_the_formula_of_the_paper() -> None:
    base = torch.nn.Linear(6, 4)
    layer = LoRALinear(base, 2, 6.0, torch.Generator().manual_seed(0))
    with torch.no_grad():
        layer.lora_b.normal_(generator=torch.Generator().manual_seed(1))
    x = torch.randn(5, 7, 6)
    expected = x @ (base.weight + 6.0 / 2 * layer.lora_b @ layer.lora_a).T + base.bias
    torch.testing.assert_close(layer(x), expected)


def test_it_begins_as_its_base_and_only_the_thin_matrices_learn() -> None:
    model = gpt()
    before, weights = answers(model), {n: v.clone() for n, v in named_weights(model).items()}
    add_lora(model, 4, 8.0, LORA_TARGETS)
    assert torch.equal(answers(model), before)
    losses = learn(model.train())
    assert losses[-1] < losses[0] - 0.05
    for name, value in named_weights(model).items():
        plain = name.replace(".base.", ".")
        assert name.endswith(("lora_a", "lora_b")) or torch.equal(value, weights[plain]), name


@pytest.mark.parametrize("make", [lambda: gpt(), classifier])
def test_merging_gives_the_same_logits_and_a_plain_model(make) -> None:
    model = make()
    if isinstance(model, GPT):
        add_lora(model)
    names = set(named_weights(make())) if isinstance(model, GPT) else None
    learn(model.train())
    before = answers(model)
    merge_lora(model)
    assert not has_lora(model)
    assert names is None or set(named_weights(model)) == names
    assert (answers(model) - before).abs().max() < 1e-5


@pytest.mark.parametrize("targets", [("qkv",), ("output", "down"), LORA_TARGETS])
def test_the_trainable_parameters_are_those_that_were_announced(targets) -> None:
    model = classifier(targets=targets)
    adapters = LoraConfig(4, 8.0, targets).n_parameters(TINY_MODEL)
    assert trainable_parameters(model) == adapters + 3 * (TINY_MODEL.d_model + 1)
    assert trainable_parameters(model) == sum(
        tensor.numel() for tensor in lora_state(model).values()
    )


def test_the_draw_hangs_on_its_generator_alone() -> None:
    def drawn(seed: int) -> torch.Tensor:
        model = gpt()
        add_lora(model, generator=torch.Generator().manual_seed(seed))
        return model.blocks[1].attention.qkv.lora_a

    torch.manual_seed(5)
    first = drawn(3)
    torch.manual_seed(6)
    assert torch.equal(first, drawn(3)) and not torch.equal(first, drawn(4))


@pytest.mark.parametrize("make", [classifier, lambda: gpt()])
def test_what_is_kept_is_small_and_comes_back_onto_its_base(make, tmp_path) -> None:
    model = make()
    if isinstance(model, GPT):
        add_lora(model, 4, 8.0, LORA_TARGETS)
    learn(model.train())
    save_lora(model, tmp_path)
    again = SequenceClassifier(gpt(), 3) if isinstance(model, SequenceClassifier) else gpt()
    load_lora(again, tmp_path)
    assert torch.equal(answers(again), answers(model))
    whole = sum(parameter.numel() for parameter in model.parameters()) * 4
    assert (tmp_path / ADAPTER).stat().st_size < whole / 2
    assert (tmp_path / ADAPTER_CONFIG).is_file()


def test_another_base_is_refused_in_one_sentence(tmp_path) -> None:
    save_lora(classifier(), tmp_path)
    for other, words in (
        (gpt(seed=9), "other weights"),
        (gpt(n_layers=3), "another shape .n_layers 2, here 3"),
        (gpt(context_length=8), "another shape"),
    ):
        with pytest.raises(LabError, match=words) as caught:
            load_lora(SequenceClassifier(other, 3), tmp_path)
        assert "\n" not in str(caught.value)
        assert not has_lora(other)
    with pytest.raises(DamagedError, match="shape"):  # a head for two classes
        load_lora(SequenceClassifier(gpt(), 2), tmp_path)
    (tmp_path / ADAPTER_CONFIG).write_text('{"rank": 4}')
    with pytest.raises(DamagedError, match="damaged"):
        load_lora(SequenceClassifier(gpt(), 3), tmp_path)


def test_the_fingerprint_is_of_the_base_alone() -> None:
    plain = fingerprint(gpt())
    model = classifier()
    assert fingerprint(model) == plain
    learn(model.train())
    assert fingerprint(model) == plain
    merge_lora(model)
    assert fingerprint(model) != plain


def test_wrong_settings_are_refused() -> None:
    for settings, words in (
        ((0, 8.0, ("qkv",)), "rank is 0"),
        ((4, 8.0, ("head",)), "must be some of qkv"),
        ((4, 8.0, ()), "none"),
    ):
        with pytest.raises(LabError, match=words):
            add_lora(gpt(), *settings)
    model = gpt()
    add_lora(model)
    with pytest.raises(LabError, match="already"):
        add_lora(model)
    with pytest.raises(LabError, match="no LoRA"):
        SequenceClassifier(gpt(), 2).set_trainable("lora")


def test_settings_survive_the_configuration_file() -> None:
    config = RunConfig.from_dict(
        {"kind": "classify", "name": "x", "model": {}, "train": {}, "data": {},
         "trainable": "lora", "lora": {"rank": 2, "alpha": 4.0, "targets": ["up"]}}
    )  # fmt: skip
    assert config.lora == LoraConfig(2, 4.0, ("up",))
    old = {"kind": "classify", "name": "x", "model": {}, "train": {}, "data": {}}
    assert RunConfig.from_dict(old).lora is None
    assert RunConfig.from_dict({**old, "trainable": "lora"}).lora == LoraConfig()


def test_with_lora_every_block_drops_and_nothing_counts_as_frozen() -> None:
    model = SequenceClassifier(gpt(dropout=0.5), 3)
    add_lora(model.trunk)
    model.set_trainable("lora")
    model.train()
    assert not model.has_frozen_part and model.trunk.blocks[0].feed_forward.dropout.training
