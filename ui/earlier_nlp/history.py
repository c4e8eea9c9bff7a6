"""What came before: each earlier model in two sentences, what it cannot do, and a timeline."""

from dataclasses import dataclass

import streamlit as st


@dataclass(frozen=True, slots=True)
class Earlier:
    """A kind of model of the comparison, in plain words."""

    name: str
    year: str
    what: str
    cannot: str


MODELS = (
    Earlier(
        "n-gram model, Kneser-Ney",
        "1913; smoothing 1995",
        "It counts which word followed the last few words in a text, and guesses accordingly. "
        "Kneser and Ney's smoothing says how far to trust rare counts; with it these were the "
        "language models to beat until neural networks came.",
        "It sees a handful of words back and no further, and a phrase that it never saw teaches it "
        "nothing about a similar one: so it writes lines that sound right and lead nowhere.",
    ),
    Earlier(
        "Bag of words, naive Bayes",
        "1961; for spam 1998",
        "It counts how often each word stands in the texts of each class, and multiplies these "
        "chances as if words came independently. It learns in a second from a few hundred texts.",
        "The order of words is lost (*not good, bad* and *not bad, good* are one), and it answers "
        "with a label of the one task it was counted for: it has no word to say.",
    ),
    Earlier(
        "Bag of words, logistic regression",
        "1958; for texts the 1990s",
        "It gives every word a weight for each class and adds them up. The weights are learned "
        "together, so that words which always come in company do not count twice.",
        "It loses the order as well, a word that training did not hold has no weight, and another "
        "task needs labels and weights of its own.",
    ),
)

TIMELINE = (
    ("1913", "Counting letters", "Markov counts which letter follows which in a novel in verse: "
     "the first n-grams.", "Markov 1913"),
    ("1948", "n-grams of words", "Shannon lets people and tables guess the next letter, and "
     "measures in bits how far a text can be foretold: the measure of this page.", "Shannon 1948"),
    ("1954", "Bag of words", "A text as the counts of its words, without their order; search and "
     "spam filters lived on it for decades.", "Harris 1954; Maron 1961"),
    ("1995", "Smoothed n-grams", "What to think of phrases never seen: count in how many contexts "
     "a word occurs, not how often.", "Kneser and Ney 1995; Chen and Goodman 1999"),
    ("1997", "LSTM", "A recurrent network reads word by word and keeps a memory that gates open "
     "and close, so that it can last for many words.", "Elman 1990; Hochreiter and Schmidhuber "
     "1997"),
    ("2003", "Neural language model", "Words become vectors that are learned with the task: "
     "similar words share what is learned.", "Bengio et al. 2003"),
    ("2013", "Word vectors", "Vectors from billions of words, cheap enough for everybody; one "
     "vector a word, whatever it means here.", "Mikolov et al. 2013 (word2vec)"),
    ("2014", "Attention", "A translating network looks back at the words of the source, each time "
     "at those that matter now.", "Bahdanau et al. 2014"),
    ("2017", "Transformer", "Attention alone, without recurrence: all places of a text are "
     "computed at once, so training scales.", "Vaswani et al. 2017"),
    ("2018", "GPT", "Pretrain a transformer to predict the next token, then finetune it: one "
     "model for many tasks.", "Radford et al. 2018; also BERT, Devlin et al. 2018"),
    ("2020", "GPT-3", "Large enough that a task can be given in words, with a few examples and no "
     "finetuning.", "Brown et al. 2020"),
    ("2022", "Assistants", "Finetuned on instructions and on what people prefer: it writes the "
     "e-mail when asked.", "Ouyang et al. 2022"),
)  # fmt: skip


def show() -> None:
    st.header("The rivals of this page", anchor=False)
    for column, model in zip(st.columns(len(MODELS)), MODELS, strict=True):
        with column.container(border=True, height="stretch"):
            st.markdown(f"**{model.name}**")
            st.caption(model.year)
            st.markdown(model.what)
            st.markdown(f"**What it cannot do, and why.** {model.cannot}")
    st.header("How it came to GPT", anchor=False)
    rows = [
        f"| **{year}** | **{title}.** {what} | {source} |" for year, title, what, source in TIMELINE
    ]
    st.markdown("\n".join(["| Year | What was new | Source |", "| --- | --- | --- |", *rows]))
