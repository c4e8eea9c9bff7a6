"""Keys of the session that more than one file reads or writes; all others are where they are
used. What is chosen with a widget is kept under the widget's own key."""

# The view that a page shows, by its name in the page's VIEWS.
ATTENTION_VIEW = "attention_view"
CLASSIFIER_VIEW = "classifier_view"
MODEL_VIEW = "model_view"
PRETRAIN_VIEW = "pretrain_view"
TOKENIZER_VIEW = "tokenizer_view"

# What follows from page to page.
TEXT = "lab_text"
MODEL = "lab_model"  # the reference that was chosen last
MODEL_WRITTEN = "lab_model_written"  # what a page put into the address itself

# Attention: `L2H1`, the token's position as text, what is switched off, the second model.
ATTENTION_HEAD = "lab_attention_head"
ATTENTION_TOKEN = "lab_attention_token"
ATTENTION_OFF = "lab_attention_off"
ATTENTION_WITH = "lab_attention_with"
ATTENTION_COMPARE = "attention_compare"  # two models, or two texts

# Pretrain: choices, what another page wants to be chosen, and answers by run.
PRETRAIN_PRESET = "pretrain_preset"
PRETRAIN_TOKENIZER = "pretrain_tokenizer"
PRETRAIN_REQUEST = "lab_pretrain_request"  # {"tokenizer": reference, "source": text}, taken up once
ANSWERS = "lab_answers"

APPLICATIONS_MODEL = "applications_model"
MERGES_PLAYED = "lab_merges_played"  # the word whose merges were all seen in a tour
MODEL_PLACE = "lab_model_place"  # Inside the model: step, layer, head and token
MODEL_SHAPE = "model_shape"  # Inside the model: the shape that Billions begins with
