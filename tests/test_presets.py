import pytest

from llmcore.errors import LabError
from llmcore.nn.model import GPT
from llmcore.presets import DEFAULT_PRESET, PRESETS, preset_named

# As published with the weights (Radford et al. 2019 give them rounded).
GPT2_PARAMETERS = {
    "gpt2": 124_439_808,
    "gpt2-medium": 354_823_168,
    "gpt2-large": 774_030_080,
    "gpt2-xl": 1_557_611_200,
}
LAPTOP = [name for name in PRESETS if name not in GPT2_PARAMETERS]


@pytest.mark.parametrize("name", LAPTOP)
def test_parameter_counts_equal_the_real_model_s(name):
    config = PRESETS[name].model
    assert config.n_parameters() == sum(parameter.numel() for parameter in GPT(config).parameters())


@pytest.mark.parametrize("name", GPT2_PARAMETERS)
def test_gpt2_s_shapes_have_the_published_parameter_counts(name):
    assert PRESETS[name].model.n_parameters() == GPT2_PARAMETERS[name]
    assert PRESETS[name].tokenizer == "gpt2"


def test_the_default_stays_under_a_million_also_with_the_vocabulary_of_base():
    config = preset_named(DEFAULT_PRESET).model
    assert config.with_(vocab_size=PRESETS["base"].model.vocab_size).n_parameters() < 1_000_000


def test_an_unknown_name_is_refused_with_the_known_ones():
    with pytest.raises(LabError, match="no preset 'huge': choose one of tiny, small, base"):
        preset_named("huge")
