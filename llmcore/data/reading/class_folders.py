"""Which folder names a file's class, if there are several levels of them.

The class is the folder next to the file. Folders named train and test are parts; folders below
which the same classes come again are sources; years and the folders of a mail box are neither.
"""

import re
from collections import Counter, defaultdict
from dataclasses import dataclass

from llmcore.data.reading.json_forms import split_of
from llmcore.data.reading.report import Notices, listed
from llmcore.errors import LabError

Folder = tuple[str, ...]

UNLABELLED = re.compile(r"unsup(?:ervised)?|un-?label?led|no[-_ ]?labels?|unknown", re.IGNORECASE)
_BOX = frozenset({"cur", "new", "tmp"})  # of a Maildir
_NO_CLASS = re.compile(
    r"(?:19|20)\d\d(?:[-_]?[01]\d){0,2}|(?:part|fold|batch|chunk|shard|disk|vol)[-_ ]?\d+",
    re.IGNORECASE,
)
_PART = re.compile(r"(?:part|fold|batch|chunk|shard|disk|vol)[-_ ]?\d+", re.IGNORECASE)
_SPAM_ASSASSIN = re.compile(r"(?:(?:easy|hard)[-_ ]?)?(ham|spam)(?:[-_ ]?\d+)?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class FolderPlace:
    """What a folder's own files are. label: None for those that have none. split: "" for none."""

    label: str | None
    split: str = ""
    loose: bool = False


def places_of(counts: Counter[Folder], name: str, notices: Notices) -> dict[Folder, FolderPlace]:
    """The class and the part of the files in each folder. counts: files in each folder.

    Says what it decided wherever there is more than one level. Raises LabError if no folder
    can name a class.
    """
    above = {count[:at] for count in counts for at in range(len(count))}
    leaves = [count for count in counts if count not in above]
    top = _common(leaves)
    splits = _split_levels(leaves, top)
    rest = {leaf: _without(leaf, top, splits.get(leaf)) for leaf in leaves}
    rest = _to_class_level(rest)
    if not any(rest.values()):
        parts = listed([leaf[-1] for leaf in leaves if leaf])
        if not parts:
            raise LabError(f"The files of {name} lie in no sub-folder: {ADVICE}.")
        raise LabError(f"The folders {parts} of {name} hold no folders of classes: {ADVICE}.")
    rest = _to_class_level(rest)
    labels = {leaf: path[-1] if path else None for leaf, path in rest.items()}
    named = sorted({label for label in labels.values() if label})
    if all(map(_PART.fullmatch, named)):
        raise LabError(f"The folders {listed(named)} of {name} are parts, not classes: {ADVICE}.")
    places = {
        leaf: FolderPlace(_known(label), splits.get(leaf, (0, ""))[1])
        for leaf, label in labels.items()
    }
    below: dict[Folder, set[FolderPlace]] = defaultdict(set)
    for leaf, place in places.items():
        for at in range(top + 1, len(leaf)):
            below[leaf[:at]].add(place)
    for folder in counts:
        if folder not in places:
            places[folder] = _above(folder, below[folder])
    _say_levels(rest, places, name, notices)
    return _ham_or_spam(places, name, notices)


ADVICE = "put the files of each class into a sub-folder that is named after it"


def _known(label: str | None) -> str | None:
    return None if label is None or UNLABELLED.fullmatch(label) else label


def _common(leaves: list[Folder]) -> int:
    """How many folders all share, as long as one is left to name a class."""
    top = 0
    shortest = min(map(len, leaves))
    while top + 1 < shortest and len({leaf[top] for leaf in leaves}) == 1:
        top += 1
    return top


# ---- parts


def _split_levels(leaves: list[Folder], top: int) -> dict[Folder, tuple[int, str]]:
    """Leaf → the level that names its part, and the part (train, validation or test), if
    folders side by side are named so."""
    below: dict[Folder, set[str]] = defaultdict(set)
    for leaf in leaves:
        for at in range(top, len(leaf)):
            below[leaf[:at]].add(leaf[at])
    parts: dict[Folder, dict[str, str]] = {}
    for folder, names in below.items():
        found = {name: split for name in names if (split := split_of(name))}
        if "train" in found.values() and len(set(found.values())) > 1:
            parts[folder] = found
    splits = {}
    for leaf in leaves:
        for at in range(top, len(leaf)):
            if split := parts.get(leaf[:at], {}).get(leaf[at]):
                splits[leaf] = (at, split)
                break
    return splits


def _without(leaf: Folder, top: int, split: tuple[int, str] | None) -> Folder:
    """The folders below the common ones, without the one that names the part."""
    return tuple(
        part for at, part in enumerate(leaf) if at >= top and (not split or at != split[0])
    )


# ---- classes


def _to_class_level(rest: dict[Folder, Folder]) -> dict[Folder, Folder]:
    """Each path cut so that its last folder is the class."""
    rest = _without_boxes(_named_boxes(rest))
    while True:
        paths = [path for path in rest.values() if path]
        last = {path[-1] for path in paths}
        above = {path[-2] for path in paths if len(path) > 1}
        deep = all(len(path) > 1 for path in paths) and len(above) > 1
        if not deep or all(map(_NO_CLASS.fullmatch, above)):
            break
        if len(last) > 1 and not all(map(_NO_CLASS.fullmatch, last)):
            break
        rest = {leaf: path[:-1] for leaf, path in rest.items()}
    lengths = {len(path) for path in rest.values() if path}
    if len(lengths) > 1 and not _come_again(rest):  # some classes have their own folders
        shortest = min(lengths)
        cut = {leaf: path[:shortest] for leaf, path in rest.items()}
        if len({path[-1] for path in cut.values() if path}) > 1:
            return cut
    return rest


def _named_boxes(rest: dict[Folder, Folder]) -> dict[Folder, Folder]:
    """Paths up to the mail box, if all are in folders of Apple Mail: Work.mbox/…/Messages."""
    boxes = {}
    for leaf, path in rest.items():
        at = next((at for at, part in enumerate(path) if part.lower().endswith(".mbox")), None)
        if at is None:
            return rest
        boxes[leaf] = (*path[:at], path[at][: -len(".mbox")])
    return boxes


def _without_boxes(rest: dict[Folder, Folder]) -> dict[Folder, Folder]:
    """Paths without the folders cur, new and tmp of a Maildir."""
    beside: dict[Folder, set[str]] = defaultdict(set)
    for path in rest.values():
        if path:
            beside[path[:-1]].add(path[-1])
    return {
        leaf: path[:-1] if path and beside[path[:-1]] <= _BOX else path
        for leaf, path in rest.items()
    }


def _come_again(rest: dict[Folder, Folder]) -> bool:
    """Whether a name is below several parents."""
    parents: dict[str, set[Folder]] = defaultdict(set)
    for path in rest.values():
        if path:
            parents[path[-1]].add(path[:-1])
    return any(len(parent) > 1 for parent in parents.values())


def _above(folder: Folder, below: set[FolderPlace]) -> FolderPlace:
    """What files beside folders are: of the one class of all that is below, if
    this folder names it; else loose."""
    place = next(iter(below), None)
    is_named = place is not None and len(below) == 1 and place.label == folder[-1]
    return place if place and is_named else FolderPlace(None, loose=True)


def _ham_or_spam(
    places: dict[Folder, FolderPlace], name: str, notices: Notices
) -> dict[Folder, FolderPlace]:  # fmt: skip
    """SpamAssassin's easy_ham, hard_ham, spam_2 as ham and spam."""
    labels = {place.label for place in places.values() if place.label}
    found = {label: _SPAM_ASSASSIN.fullmatch(label) for label in labels}
    if not labels or not all(found.values()):
        return places
    plain = {label: str(match[1]).lower() for label, match in found.items() if match}
    if all(label == item for label, item in plain.items()) or len(set(plain.values())) < 2:
        return places
    notices.add("merged_folders", "The folders {folders} of {file} are read as ham and spam",
                file=name, folders=listed(sorted(labels)))  # fmt: skip
    return {
        folder: FolderPlace(plain[place.label], place.split) if place.label else place
        for folder, place in places.items()
    }


# ---- what was decided


def _say_levels(
    rest: dict[Folder, Folder], places: dict[Folder, FolderPlace], name: str, notices: Notices
) -> None:  # fmt: skip
    labels = sorted({place.label for place in places.values() if place.label})
    above = sorted({"/".join(path[:-1]) for path in rest.values() if len(path) > 1})
    splits = sorted({place.split for place in places.values() if place.split})
    shown = listed(labels)
    if splits:
        notices.add("splits", "The folders of {file} are parts of one set: {splits}; the classes "
                    "are {labels}", file=name, splits=listed(splits), labels=shown)  # fmt: skip
    if above:
        notices.add("class_folders", "The class of each file of {file} is the folder next to it "
                    "({labels}); the folders above ({above}) are not classes",
                    file=name, labels=shown, above=listed(above))  # fmt: skip
    deeper = [leaf for leaf, path in rest.items() if path and leaf[-1] != path[-1]
              and not split_of(leaf[-1])]  # fmt: skip
    if deeper:
        inner = listed(sorted({leaf[-1] for leaf in deeper}))
        notices.add("inner_folders", "The folders {inner} of {file} are taken as parts of the "
                    "class above them", file=name, inner=inner)  # fmt: skip
