from dataclasses import replace

from tiny import pretrain_config

from llmcore.runs.differences import differing_settings


def test_only_what_differs_is_named_with_the_values_in_order():
    first = pretrain_config(steps=8)
    second = replace(pretrain_config(steps=9, learning_rate=1e-2), name="other")
    found = differing_settings([first, second])
    assert found == {"steps": [8, 9], "learning_rate": [3e-3, 1e-2]}


def test_rhythm_and_names_are_no_difference_and_sizes_are():
    first = pretrain_config()
    same = replace(pretrain_config(log_every=5, eval_every=2), name="again")
    assert differing_settings([first, same]) == {}
    wide = replace(first, model=first.model.with_(d_model=32))
    assert list(differing_settings([first, wide, first])) == ["d_model", "parameters"]
    turned = replace(first, model=first.model.with_(position="rope", n_kv_heads=1))
    found = differing_settings([first, turned])
    assert found["position"] == ["learned", "rope"] and found["n_kv_heads"] == [0, 1]
