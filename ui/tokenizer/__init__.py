"""The views of the Tokenizer page. Each is a module here whose `show(text)` draws it."""

from ui.views import View

VIEWS = {
    view.name: view
    for view in (
        View(__name__, "compare", "Compare", ":material/compare_arrows:", ("encodings", "show")),
        View(__name__, "merges", "Merges", ":material/account_tree:", ("encoding", "word")),
        View(__name__, "train", "Train your own", ":material/fitness_center:", needs_text=False),
        View(__name__, "compression", "Compression", ":material/compress:", ("tokenizers",), False),
        View(__name__, "vocabulary", "Vocabulary", ":material/menu_book:", ("tokenizer",), False),
        View(__name__, "pairs", "Training pairs", ":material/view_column:", ("tokenizer",)),
        View(__name__, "embeddings", "Embeddings", ":material/scatter_plot:", needs_text=False),
    )
}
