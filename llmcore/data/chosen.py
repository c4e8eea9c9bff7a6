"""The rows that a run's settings choose: built in, the user's file, or an upload."""

from llmcore.config import DataConfig
from llmcore.data import (
    INSTRUCTIONS,
    InstructionSplits,
    Splits,
    instructions_from_bytes,
    load_instructions,
    split_instructions,
    split_labelled,
)
from llmcore.data.instructions import Columns, load_builtin
from llmcore.data.labelled import LabelledSet, labelled_from_table, load_labelled
from llmcore.data.reading.labels import ReadingOptions


def reading_options(data: DataConfig) -> ReadingOptions:
    return ReadingOptions(data.encoding, data.keep_spellings, data.keep_markup, data.sample)


def read_labelled(data: DataConfig, table: bytes | None, training: bool = True) -> LabelledSet:
    """The labelled set of a configuration: the uploaded table's bytes, a name or a file.

    `training` asks for two classes at least. Raises LabError if it cannot be read.
    """
    columns, options = (data.text_column, data.label_column), reading_options(data)
    if table is not None:
        return labelled_from_table(table, data.source, *columns, training, options)
    return load_labelled(data.source, *columns, training, options)


def read_splits(data: DataConfig, seed: int, table: bytes | None) -> Splits:
    """Training, validation and test rows, the same for the same configuration and seed."""
    return splits_of(read_labelled(data, table), data, seed)


def splits_of(labelled: LabelledSet, data: DataConfig, seed: int) -> Splits:
    """The same for rows that were read already."""
    return split_labelled(labelled, data.validation, data.test, seed, data.balance)


def instruction_columns(data: DataConfig) -> Columns:
    """The columns that were chosen."""
    return Columns(
        data.instruction_column, data.input_column, data.output_column, data.system_column
    )


def read_instructions(data: DataConfig, seed: int, table: bytes | None) -> InstructionSplits:
    """The rows of a configuration in training, validation and test: a built-in set as its
    generator split it, a user's by the seed."""
    if table is None and data.source in INSTRUCTIONS:
        return load_builtin(data.source)
    columns = instruction_columns(data)
    if table is not None:
        rows = instructions_from_bytes(table, data.source, columns, data.encoding)
    else:
        rows = load_instructions(data.source, columns, data.encoding)
    return split_instructions(rows, data.validation, data.test, seed)
