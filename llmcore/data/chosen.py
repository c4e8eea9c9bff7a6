"""The labelled texts that a run's settings choose: built in, the user's file, or an upload."""

from llmcore.config import DataConfig
from llmcore.data.labelled import LabelledSet, labelled_from_table, load_labelled
from llmcore.data.reading.labels import ReadingOptions


def reading_options(data: DataConfig) -> ReadingOptions:
    return ReadingOptions(data.encoding, data.keep_spellings, data.keep_markup, data.sample)


def read_labelled(data: DataConfig, table: bytes | None, training: bool = True) -> LabelledSet:
    """The labelled set of a configuration: the uploaded table's bytes, a name or a file.

    `training` asks for two classes at least. Raises LabError where it cannot be read.
    """
    columns, options = (data.text_column, data.label_column), reading_options(data)
    if table is not None:
        return labelled_from_table(table, data.source, *columns, training, options)
    return load_labelled(data.source, *columns, training, options)
