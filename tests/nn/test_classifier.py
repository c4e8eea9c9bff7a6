import pytest
import torch

from llmcore.config import ModelConfig
from llmcore.errors import LabError
from llmcore.nn.attention import KVCache
from llmcore.nn.classifier import SequenceClassifier
from llmcore.nn.dropout import KeyedDropout, set_dropout_key
from llmcore.nn.hooks import watch
from llmcore.nn.model import GPT

CONFIG = ModelConfig(vocab_size=50, context_length=16, n_layers=3, n_heads=2, d_model=16,
                     dropout=0.1)  # fmt: skip


def make(reads_layers=False, **changes):
    model = SequenceClassifier(GPT(CONFIG.with_(**changes)), 3, reads_layers=reads_layers)
    if reads_layers:  # a probe begins at zero
        torch.nn.init.normal_(model.classifier_head.weight)
    return model


@pytest.mark.parametrize("reads_layers", [False, True])
@pytest.mark.parametrize("causal", [True, False])
@pytest.mark.parametrize("position", ["learned", "rope"])
def test_padding_of_any_length_and_content_does_not_matter(reads_layers, causal, position):
    model = make(reads_layers, causal=causal, position=position).eval()
    ids = torch.randint(0, 50, (4, 9))
    lengths = torch.tensor([9, 3, 1, 5])
    with torch.no_grad():
        expected = model(ids, lengths)
        for row, length in enumerate(lengths.tolist()):
            ids[row, length:] = 7
        wider = torch.cat([ids, torch.full((4, 7), 49)], 1)
        torch.testing.assert_close(model(wider, lengths), expected)
        alone = model(ids[1:2, :3], lengths[1:2])
    torch.testing.assert_close(alone[0], expected[1])


def test_a_probe_reads_mean_maximum_and_minimum_of_every_layer():
    model = make(reads_layers=True).eval()
    model.set_trainable("probe")
    ids, lengths = torch.randint(0, 50, (2, 9)), torch.tensor([9, 4])
    with torch.no_grad(), watch(model.trunk, lambda name: "residual_out" in name) as seen:
        read = model.frozen_part(ids, lengths)
    assert read.shape == (2, 3 * 4 * 16) == (2, *model.feature_shape(9))
    state = seen["blocks.1.residual_out"][1, :4]  # the second text, after the second block
    state = (state - state.mean(-1, True)) / (
        state.var(-1, unbiased=False, keepdim=True) + 1e-5
    ).sqrt()
    expected = torch.cat([state.mean(0), state.amax(0), state.amin(0)])
    torch.testing.assert_close(read[1, 2 * 48 : 3 * 48], expected, rtol=1e-4, atol=1e-5)
    with torch.no_grad():
        torch.testing.assert_close(model.learning_part(read, lengths), model(ids, lengths))
        alone = model.from_block(model.trunk.embed(ids[1:, :4]))
        torch.testing.assert_close(alone[0], model(ids, lengths)[1])
    names = {name for name, parameter in model.named_parameters() if parameter.requires_grad}
    assert names == {"classifier_head.weight", "classifier_head.bias"}
    for mode, classifier in (("all", model), ("probe", make())):
        with pytest.raises(LabError, match="reads every layer"):
            classifier.set_trainable(mode)


@pytest.mark.parametrize(
    ("mode", "learns"),
    [
        ("head", {"classifier_head"}),
        ("last-block", {"classifier_head", "trunk.blocks.2", "trunk.final_norm"}),
    ],
)
def test_only_the_chosen_parts_learn_and_the_rest_stays_in_eval_mode(mode, learns):
    model = make()
    model.set_trainable(mode)
    model.train()
    for name, parameter in model.named_parameters():
        assert parameter.requires_grad == name.startswith(tuple(learns)), name
    for name, module in model.named_modules():
        if isinstance(module, KeyedDropout):
            assert module.training == name.startswith(tuple(learns)), name
    logits = model(torch.randint(0, 50, (2, 5)), torch.tensor([5, 2]))
    torch.nn.functional.cross_entropy(logits, torch.tensor([0, 1])).backward()
    frozen = [
        parameter
        for name, parameter in model.named_parameters()
        if not name.startswith(tuple(learns))
    ]
    assert all(parameter.grad is None for parameter in frozen)


@pytest.mark.parametrize("tied", [True, False])
def test_with_all_every_used_parameter_gets_a_gradient(tied):
    model = make(tied_head=tied)
    model.set_trainable("all")
    model(torch.randint(0, 50, (2, 5)), torch.tensor([5, 2])).sum().backward()
    for name, parameter in model.named_parameters():
        assert (parameter.grad is not None) == parameter.requires_grad, name
    assert model.trunk.head.weight.requires_grad == tied


def test_another_word_is_refused():
    with pytest.raises(LabError, match="choose one of head, last-block, all"):
        make().set_trainable("nothing")


@pytest.mark.parametrize(("mode", "shape"), [("head", (4, 16)), ("last-block", (4, 9, 16))])
def test_the_frozen_and_the_learning_part_make_up_the_whole(mode, shape):
    model = make()
    model.set_trainable(mode)
    ids, lengths = torch.randint(0, 50, (4, 9)), torch.tensor([9, 3, 1, 5])
    for training in (False, True):
        model.train(training)
        set_dropout_key(model, 1, 1)
        expected = model(ids, lengths)
        set_dropout_key(model, 1, 1)
        features = model.frozen_part(ids, lengths)
        assert features.shape == shape and not features.requires_grad
        assert features[0].shape == model.feature_shape(9)
        torch.testing.assert_close(model.learning_part(features, lengths), expected)
    assert model.has_frozen_part
    model.set_trainable("all")
    assert not model.has_frozen_part


def test_a_causal_head_reads_the_last_token_and_one_to_both_sides_the_mean():
    causal = make().eval()
    both = SequenceClassifier(GPT(CONFIG.with_(causal=False)), 3).eval()
    both.load_state_dict(causal.state_dict())
    ids, lengths = torch.randint(0, 50, (2, 6)), torch.tensor([6, 6])
    with torch.no_grad():
        hidden = both.trunk.hidden(ids)
        torch.testing.assert_close(both(ids, lengths), both.classifier_head(hidden.mean(1)))
        later = ids.clone()
        later[:, -1] = (later[:, -1] + 1) % 50
        assert not torch.allclose(both.trunk.hidden(later)[:, 0], hidden[:, 0])
        hidden = causal.trunk.hidden(ids)
        torch.testing.assert_close(causal(ids, lengths), causal.classifier_head(hidden[:, -1]))
        torch.testing.assert_close(causal.trunk.hidden(later)[:, 0], hidden[:, 0])


def test_reading_to_both_sides_is_the_plain_formula_over_the_whole_text():
    both = make(causal=False).eval()
    ids = torch.randint(0, 50, (2, 7))
    with torch.no_grad(), watch(both.trunk, lambda name: name.endswith("weights")) as seen:
        plain = both.trunk.hidden(ids)
        for weights in seen.values():
            assert (weights > 0).all()
            torch.testing.assert_close(weights.sum(-1), torch.ones(weights.shape[:-1]))
    with torch.no_grad():
        torch.testing.assert_close(both.trunk.hidden(ids), plain)


@pytest.mark.parametrize("mode", ["head", "last-block"])
@pytest.mark.parametrize("causal", [True, False])
def test_the_two_parts_are_the_whole(mode, causal):
    model = make(causal=causal).eval()
    model.set_trainable(mode)
    ids, lengths = torch.randint(0, 50, (3, 8)), torch.tensor([8, 2, 5])
    with torch.no_grad():
        features = model.frozen_part(ids, lengths)
        torch.testing.assert_close(model.learning_part(features, lengths), model(ids, lengths))


def test_a_model_that_reads_to_both_sides_cannot_continue_a_text():
    trunk = GPT(CONFIG.with_(causal=False))
    with pytest.raises(LabError, match="cannot continue"):
        trunk(torch.zeros(1, 3, dtype=torch.long), KVCache(trunk.config))
