"""Runs and models in and out: zips between labs, models of other tools in and out."""

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from llmcore.errors import LabError
from llmcore.paths import exports_dir, slug
from ui.marked import Markdown, code
from ui.page import guarded, plain
from ui.runs.importing import ImportJob, begin_import, begin_import_of_file, newest_import
from ui.state import store

if TYPE_CHECKING:
    from llmcore.runs import RunInfo

REFRESH_SECONDS = 1.0
MAX_ZIP_BYTES = 300 << 20  # of a run that is zipped in memory for the browser
FORMATS = {
    "hf": ("For transformers", "A folder that transformers' AutoModel and AutoTokenizer load."),
    "gguf": ("For llama.cpp", "One GGUF file with the tokenizer inside."),
}
MAX_MODEL_MB = 600  # of a file that comes through the browser, which holds all of it in memory
_IMPORTED = "lab_imported_zip"
_BEGUN = "lab_imported_model"


def hand_out(info: "RunInfo") -> None:
    """A button that opens what this run can become elsewhere; nothing for a run without weights."""
    if info.is_live or not store().open(info.id).checkpoints():
        return
    with st.popover("Export", icon=":material/ios_share:", key=f"hand_out_{info.id}"):
        with guarded():
            _zip_button(info)
            for format, (title, about) in FORMATS.items():
                if st.button(title, key=f"export_{format}_{info.id}", help=about, width="stretch"):
                    _export(info, format)


def _zip_button(info: "RunInfo") -> None:
    if info.n_bytes > MAX_ZIP_BYTES:
        st.caption(
            "This run is too large for the browser: "
            + code(f"python -m llmcore runs export {info.id} --out run.zip")
            + " writes its zip."
        )
        return
    st.download_button(
        "As a zip for another lab",
        data=lambda: _zipped(info.id),
        file_name=f"{slug(info.name)}.zip",
        mime="application/zip",
        icon=":material/folder_zip:",
        key=f"zip_{info.id}",
        on_click="ignore",
        width="stretch",
        help="JSON and safetensors only: settings, metrics, tokenizer, best and latest weights.",
    )


def _zipped(run_id: str) -> bytes:
    from llmcore.exchange import export_run

    with tempfile.TemporaryDirectory() as folder:
        return export_run(store().open(run_id), Path(folder) / "run.zip").read_bytes()


def _export(info: "RunInfo", format: str) -> None:
    """Writes, reads back, and says how far the two are from each other."""
    with st.spinner("Writing, reading back and comparing", show_time=True):
        from llmcore.convert.export import export_model
        from llmcore.models import load

        made = export_model(load(info.id), format, _vacant(f"{slug(info.name)}-{format}"))
    st.success(
        f"{made.parameters:,} parameters, read back with a largest difference of "
        f"{made.max_abs_logit_difference:.2g} in the logits."
    )
    st.code(str(made.path), language=None, wrap_lines=True)
    for notice in made.notices:
        st.caption(plain(notice))


def _vacant(name: str) -> Path:
    """A folder for an export that does not exist yet."""
    root, number = exports_dir(), 1
    while (path := root / (name if number == 1 else f"{name}-{number}")).exists():
        number += 1
    return path


def bring_in() -> None:
    """A run from another lab's zip, or a model of another tool, becomes a run of this one."""
    job = newest_import()
    live = job is not None and job.is_live
    with st.expander(
        "Import a run or a model", icon=":material/download:", expanded=live, key="bring_in"
    ):
        left, right = st.columns(2, gap="large")
        with left, guarded():
            _zip_in()
        with right, guarded():
            st.fragment(_model_in, run_every=REFRESH_SECONDS if live else None)(live)


def _zip_in() -> None:
    file = st.file_uploader(
        "A run as a zip, from another lab",
        type=["zip"],
        key="import_zip",
        help="As **Export** or `python -m llmcore runs export` writes it. It gets a new id; a zip "
        "that holds anything but JSON and safetensors is refused.",
    )
    if file is None:
        return
    done: dict[str, str] = st.session_state.setdefault(_IMPORTED, {})
    if file.file_id not in done:
        from llmcore.exchange import import_run

        done[file.file_id] = import_run(file.getvalue(), store()).id
        st.rerun()  # the list above learns of it
    try:
        name = store().info(done[file.file_id]).name
    except LabError:
        return  # deleted since
    st.success(f"{plain(name)} is in the list above.")


def _model_in(was_live: bool) -> None:
    job = newest_import()
    live = job is not None and job.is_live
    if live != was_live:
        st.rerun()
    _file_in(live)
    source = st.text_input(
        "Or a path on this computer, or a name on the Hugging Face hub",
        value="gpt2",
        key="import_gpt2_source",
        max_chars=500,
        disabled=live,
        help="A GGUF file, or a folder with config.json and safetensors, of a GPT-2, Llama, "
        "Mistral, Qwen2, Qwen3 or SmolLM3. Names: gpt2 (124 million parameters, 550 MB), "
        "gpt2-medium, gpt2-large, gpt2-xl, organisation/model; they are looked up in the hub's "
        "cache first, then downloaded.",
    )
    st.button(
        "Import",
        icon=":material/input:",
        key="import_gpt2_now",
        on_click=_begin,
        disabled=live or not source.strip(),
    )
    if job is not None:
        _job(job)


def _file_in(live: bool) -> None:
    """A GGUF file that is dropped here is imported at once, each once in a session."""
    file = st.file_uploader(
        "A model as a GGUF file",
        type=["gguf"],
        key="import_gguf",
        max_upload_size=MAX_MODEL_MB,
        disabled=live,
        help="As llama.cpp, Ollama and LM Studio use it: F32, F16, BF16, Q8_0, Q4_0, Q4_1, Q4_K, "
        f"Q5_K or Q6_K. Of a file with more than {MAX_MODEL_MB} MB, type the path below.",
    )
    if file is None or live:
        return
    begun: set[str] = st.session_state.setdefault(_BEGUN, set())
    if file.file_id in begun:
        return
    begun.add(file.file_id)
    begin_import_of_file(file.name, file.getbuffer())
    st.rerun()


def _begin() -> None:
    """The field as it is at the click, which may be what left it."""
    begin_import(st.session_state["import_gpt2_source"])


def _job(job: ImportJob) -> None:
    if job.error:
        st.error(plain(job.error), icon=":material/error:")
    elif job.result:
        st.success(f"{plain(job.title)} is in the list above{_compared(job)}.")
        for notice in job.notices:
            st.caption(plain(notice))
    elif job.file:
        of = f" of {job.total / 1e6:,.0f} MB" if job.total else " MB"
        st.progress(job.share, text=f"{plain(job.file)}: {job.done / 1e6:,.0f}{of}")
    else:
        st.progress(0.0, text=f"Looking for {plain(job.title)}, then reading and comparing …")


def _compared(job: ImportJob) -> Markdown:
    """How far the new run is from its source, and by what that was measured."""
    if job.difference is None:
        return ""
    by = "the file's" if job.source.endswith(".gguf") else "transformers'"
    return f", logits within {job.difference:.2g} of {by}"
