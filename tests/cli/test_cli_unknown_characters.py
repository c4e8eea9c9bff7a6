"""A prompt with characters that a model of characters never saw: they are named."""

from tiny import TEXT, pretrain_config

from llmcore.execution import launch
from llmcore.runs import RunStore
from llmcore.tokenizers import END_OF_TEXT, Tokenizer
from llmcore.tokenizers.patterns import CHARACTERS_PATTERN


def test_generate_names_the_characters_that_are_new_to_the_model(lab):
    store = RunStore()
    directory = store.directory(store.mint_id("characters"))
    launch.run_foreground(directory, pretrain_config(), TEXT.encode())
    ranks = {**{bytes([byte]): byte for byte in range(256)}, "ß".encode(): 256}
    Tokenizer("characters", ranks, CHARACTERS_PATTERN, {END_OF_TEXT: 257}).save(
        directory / "tokenizer"
    )
    made = lab("generate", "--model", directory.name, "--prompt", "ß ï 😀", "--max-new-tokens", "2")
    assert made.status == 0, made.err
    assert "New to this model, whose text never had them: ï 😀" in made.err
    made = lab("generate", "--model", directory.name, "--prompt", "the ß", "--max-new-tokens", "2")
    assert "New to this model" not in made.err
