import pytest
from tiny import pretrain_config

from llmcore.config import DataConfig, ModelConfig, RunConfig, TrainConfig
from llmcore.errors import LabError
from llmcore.settings import help_for


def test_untied_head_is_counted():
    config = ModelConfig(vocab_size=300, d_model=32, n_heads=2, tied_head=False)
    from llmcore.nn.model import GPT

    assert config.n_parameters() == sum(parameter.numel() for parameter in GPT(config).parameters())


def test_bad_numbers_are_refused_with_number_and_bound():
    with pytest.raises(LabError, match="steps is 0 but must be at least 1"):
        TrainConfig(steps=0)
    with pytest.raises(LabError, match="dropout is 0.95 but must be at most 0.9"):
        ModelConfig(dropout=0.95)
    with pytest.raises(LabError, match="learning_rate is nan"):
        TrainConfig(learning_rate=float("nan"))
    with pytest.raises(LabError, match="d_model 30 is not divisible by n_heads 4"):
        ModelConfig(d_model=30, n_heads=4)
    with pytest.raises(LabError, match="batch_size 10 is not divisible by accumulation 3"):
        TrainConfig(batch_size=10, accumulation=3)
    with pytest.raises(LabError, match="precision is 'fp8' but must be one of fp32, bf16, auto"):
        TrainConfig(precision="fp8")
    with pytest.raises(LabError, match="must be one of none, equal"):
        DataConfig(balance="some")


def test_a_run_s_configuration_survives_json_and_unknown_keys():
    import json

    config = pretrain_config(dropout=0.1)
    values = json.loads(json.dumps(config.to_dict()))
    values["from_the_future"] = 1
    values["model"]["rope"] = True
    assert RunConfig.from_dict(values) == config


def test_every_field_has_a_line_of_help():
    from dataclasses import fields

    for owner in (ModelConfig, TrainConfig, DataConfig):
        assert all(help_for(owner, field.name) for field in fields(owner))


def test_with_leaves_out_none():
    assert TrainConfig().with_(steps=None, seed=3) == TrainConfig(seed=3)


def test_auto_precision_follows_the_chip_and_the_rest_is_taken_at_its_word(monkeypatch):
    import torch

    from llmcore.device import choose_precision

    for chip, expected in (({"avx512_bf16": True}, "bf16"), ({"avx512_f": True}, "fp32")):
        monkeypatch.setattr(torch.cpu, "get_capabilities", lambda chip=chip: chip)
        assert choose_precision("auto", "cpu") == expected
        assert choose_precision("bf16", "cpu") == "bf16"
        assert choose_precision("fp32", "cpu") == "fp32"
    assert choose_precision("auto", "mps") == "fp32"
