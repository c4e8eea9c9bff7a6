"""One model picker on every page; the choice follows the person and is in the URL."""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

import streamlit as st

from llmcore.errors import LabError, NotFoundError
from llmcore.runs.reference import name_of, split_reference
from ui.marked import Markdown
from ui.page import plain
from ui.session import MODEL, MODEL_WRITTEN

if TYPE_CHECKING:
    from llmcore.models import Loaded, ModelEntry, Reference

_BY_KIND = "lab_model_by_kind"


def model_picker(
    kind: str | None = None,
    label: Markdown = "Model",
    key: str = "model_input",
    default: str | None = None,
) -> str:
    """A select box over the models of this machine; returns the chosen reference.

    kind: "language", "classifier" or None for all. A model that a link or the address names is
    taken, else the one chosen last on any page if it fits, else the one chosen last for this
    kind, else `default`, else the bundled default; what nobody chose is not kept for other pages.
    A reference in the URL that does not exist is said in one sentence and replaced by the default.
    Raises NotFoundError if there is no model at all.
    """
    from llmcore.models import list_models

    entries = {entry.ref: entry for entry in list_models(kind)}
    wanted = _wanted(entries)
    if not entries:
        what = f"{kind} model" if kind else "model"
        raise NotFoundError(f"There is no {what} yet: train one in the Build section first.")
    # A default stays while its page is open, whatever else would be the default by now.
    if st.session_state.get(key) not in entries or wanted not in (None, st.session_state[key]):
        known = [ref for ref in (wanted, default) if ref in entries]
        st.session_state[key] = known[0] if known else usual(entries)
    shown = st.session_state[key]
    chosen = partial(_chosen, key, kind)
    ref = model_select(label, entries, key, on_change=chosen)
    if ref != shown or ref == wanted:
        _remember(ref, kind)
    else:  # a default, which nobody chose
        _write_url(ref)
    return ref


def start_picker(key: str) -> str:
    """A select box over the language models to finetune: a link's `?start=` first, then the one
    chosen here last, then the bundled default. Raises LabError if there is none."""
    from llmcore.models import list_models

    entries = {entry.ref: entry for entry in list_models("language")}
    if not entries:
        raise LabError("There is no language model to start from yet: pretrain one first.")
    asked = name_of(st.query_params.get("start") or "")
    st.query_params.pop("start", None)
    if asked in entries:
        st.session_state[key] = asked
    elif asked:
        st.warning(
            f"There is no language model {plain(repr(asked[:80]))} here to start from: another "
            f"is chosen.",
            icon=":material/help:",
        )
    if st.session_state.get(key) not in entries:
        st.session_state[key] = usual(entries)
    return model_select("Language model to start from", entries, key, persist=True)


def model_select(
    label: Markdown,
    entries: "dict[str, ModelEntry]",
    key: str,
    persist: bool = False,
    on_change: Callable[[], None] | None = None,
) -> str:
    """The select box of every choice of one model; returns a reference of `entries`.

    key: of the widget; the session holds one of `entries` under it. persist: whether it stays
    chosen while another page is open."""
    shown = st.session_state[key]
    ref = st.selectbox(
        label,
        list(entries),
        format_func=lambda ref: _label(ref, entries),
        key=key,
        on_change=on_change,
        persist_state="session" if persist else None,
    )
    # The browser sends labels, and that of a live run may just have changed.
    return ref if ref in entries else shown


def choose_model(ref: str, kind: str | None = None) -> None:
    """Chooses a model for every page. Call it from a callback, before a picker is drawn."""
    _remember(ref, kind)


def load_model(ref: "str | Reference") -> "Loaded":
    """The model of a reference, from the shared cache or from disk, with a spinner meanwhile."""
    with st.spinner("Loading the model", show_time=True):
        from llmcore.models import load

        return load(ref)


def _wanted(entries: dict[str, "ModelEntry"]) -> str | None:
    """The reference to show; adds the entry of a `RUN@STEP` whose run is listed."""
    address = st.query_params.get("model")
    from_url = address is not None and address != st.session_state.get(MODEL_WRITTEN)
    ref = address if from_url else st.session_state.get(MODEL)
    if ref and ref not in entries:
        run = entries.get(name_of(ref))
        if run is not None and _exists(ref):
            entries[ref] = run
    if ref and ref in entries:
        return ref
    if ref and from_url and not _listed(ref):
        st.warning(
            f"There is no model {plain(repr(ref[:80]))} here, so the default is shown: "
            f"choose another below.",
            icon=":material/help:",
        )
    remembered = st.session_state.get(_BY_KIND, {})
    for kind in ("language", "classifier", None):
        if remembered.get(kind) in entries:
            return remembered[kind]
    return None


def _listed(ref: str) -> bool:
    """Whether the reference belongs to the store: a path in the address is never followed."""
    from llmcore.models import list_models

    known = {entry.ref for entry in list_models()}
    return ref in known or (name_of(ref) in known and _exists(ref))


def _exists(ref: str) -> bool:
    from llmcore.models import checkpoint_key

    try:
        checkpoint_key(ref)
    except LabError:
        return False
    return True


def usual(entries: dict[str, "ModelEntry"]) -> str:
    """The bundled default if it is among them, else the first one."""
    from llmcore.models import default_model

    preferred = default_model()
    return preferred if preferred in entries else next(iter(entries))


def _label(ref: str, entries: dict[str, "ModelEntry"]) -> str:
    entry = entries.get(ref)
    if entry is None:
        return ref
    if ref == entry.ref:
        return entry.label
    return f"{entry.name} · step {split_reference(ref)[1]}"


def _chosen(key: str, kind: str | None) -> None:
    _remember(st.session_state[key], kind)


def _remember(ref: str, kind: str | None) -> None:
    st.session_state[MODEL] = ref
    st.session_state.setdefault(_BY_KIND, {})[kind] = ref
    _write_url(ref)


def _write_url(ref: str) -> None:
    st.session_state[MODEL_WRITTEN] = ref
    if st.query_params.get("model") != ref:
        st.query_params["model"] = ref
